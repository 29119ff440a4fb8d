import ClickModel
import Testing

@testable import Enrichment

@Suite(.enabled(if: TestTables.areThere, "needs .data/tables: run scripts/setup"))
struct VisitorFactsTests {
    private static let agents = [
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
        "Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/12.1 Mobile/15E148 Safari/604.1",
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36",
        "Mozilla/5.0 (Linux; Android 13; SM-X200) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
        "Mozilla/5.0 (SMART-TV; Linux; Tizen 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Version/5.0 TV Safari/537.36",
        "curl/8.5.0", "-", "",
    ]

    /// Country, language, system and device as an event has them.
    static func said(_ event: String) throws -> [String] {
        try ["location.country", "language", "agent.os.name", "agent.device.name"].map {
            try EncodedClicks.member("client.\($0)", of: event)
        }
    }

    /// The same as rules are told them.
    static func told(_ click: TestClick, _ facts: StandardVisitorFacts) -> [String] {
        var told: [String?] = []
        click.group().forEach { click, request in
            let agent = facts.agent(of: request)
            told = [
                click.address.flatMap { facts.country(of: $0) },
                facts.language(of: request[.acceptLanguage]), agent.system, agent.device,
            ]
        }
        return told.map { $0 ?? "null" }
    }

    private func agent(_ userAgent: String) throws -> VisitorAgent? {
        let facts = StandardVisitorFacts(tables: try TestTables.load())
        var click = TestClick()
        click.set(.userAgent, userAgent)
        var agent: VisitorAgent?
        click.group().forEach { agent = facts.agent(of: $1) }
        return agent
    }

    @Test func `rules are told what the event says`() throws {
        let facts = StandardVisitorFacts(tables: try TestTables.load())
        let addresses = ["200.160.2.3", "8.8.8.8", "2001:4860:4860::8888", "10.0.0.1"]
        let languages = ["pt-BR,pt;q=0.9", "iw", "de;q=0.5, fr;q=0.8", "*", nil]
        var seen: Set<[String]> = []
        for (index, userAgent) in Self.agents.enumerated() {
            var click = TestClick(address: IPAddress(addresses[index % addresses.count]))
            click.set(.userAgent, userAgent)
            click.set(.acceptLanguage, languages[index % languages.count])
            let event = try #require(EncodedClicks([click]).events.first)
            #expect(try Self.said(event) == Self.told(click, facts), "\(userAgent)")
            try seen.insert(Self.said(event))
        }
        #expect(seen.contains(["br", "pt", "ios", "smartphone"]))
        #expect(seen.count > 6)
    }

    @Test func `client hints count`() throws {
        let facts = StandardVisitorFacts(tables: try TestTables.load())
        var click = TestClick(address: nil)
        click.set(.userAgent, Self.agents[2])
        click.set(.secCHUAFormFactors, "\"Tablet\"")
        #expect(Self.told(click, facts) == ["null", "null", "android", "tablet"])
    }

    @Test(arguments: [
        "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
        "Twitterbot/1.0", "WhatsApp/2.23.20.0 A", "TelegramBot (like TwitterBot)",
        "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
        "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
        "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
        """
        Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) \
        Version/9.0.1 Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0
        """,
    ])
    func `fetchers of previews are known`(userAgent: String) throws {
        #expect(try agent(userAgent)?.isPreview == true)
    }

    @Test(arguments: agents + ["Mozilla/5.0 (compatible; Googlebot/2.1)", "UptimeRobot/2.0"])
    func `nobody else fetches previews`(userAgent: String) throws {
        #expect(try agent(userAgent)?.isPreview == false)
    }

    @Test func `several threads ask at once`() async throws {
        let facts = StandardVisitorFacts(tables: try TestTables.load())
        var clicks: [TestClick] = []
        for userAgent in Self.agents {
            var click = TestClick()
            click.set(.userAgent, userAgent)
            clicks.append(click)
        }
        let expected = clicks.map { Self.told($0, facts) }
        await withTaskGroup(of: [[String]].self) { [clicks] group in
            for _ in 0..<8 {
                group.addTask {
                    var told: [[String]] = []
                    for _ in 0..<20 { told = clicks.map { Self.told($0, facts) } }
                    return told
                }
            }
            for await told in group { #expect(told == expected) }
        }
    }
}
