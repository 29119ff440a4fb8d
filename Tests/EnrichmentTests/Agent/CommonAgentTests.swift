import ClickModel
import Testing

@testable import Enrichment

@Suite(.enabled(if: TestTables.areThere, "needs .data/tables: run scripts/setup"))
struct CommonAgentTests {
    private func common(_ userAgent: String) -> CommonAgent? {
        Array(userAgent.utf8).withUnsafeBufferPointer { CommonAgent($0) }
    }

    private func facts(_ userAgent: String) throws -> AgentFacts {
        var click = TestClick()
        click.set(.userAgent, userAgent)
        var facts = AgentFacts()
        let parser = try TestTables.load().agents
        click.group().forEach { _, request in facts = parser.parse(request) }
        return facts
    }

    /// The same user agent with another version of its browser.
    private func changing(_ userAgent: String, _ common: CommonAgent, to version: String) -> String
    {
        var bytes = Array(userAgent.utf8)
        bytes.replaceSubrange(common.version, with: version.utf8)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What has to hold for every user agent of a common form.
    private func check(_ userAgent: String) throws -> Bool {
        guard let common = common(userAgent) else { return false }
        let bytes = Array(userAgent.utf8)
        let version = String(decoding: bytes[common.version], as: UTF8.self)
        var wanted = try facts(userAgent)
        guard wanted.browserVersion == version else { return false }
        let isLong = "\(CommonAgent.forms[common.form])".contains("#")
        let others =
            isLong
            ? ["10.0.0.1", "18.0.1025.166", "99.0.0.0", "131.0.6778.39"]
            : ["10.0", "18.5.1", "99.0", "131.0.6778.39"]
        for other in others {
            wanted.browserVersion = other
            let changed = changing(userAgent, common, to: other)
            guard self.common(changed) != nil else { continue }
            let got = try facts(changed)
            guard got.browserVersion == other else { continue }
            #expect(got == wanted, "\(changed)")
        }
        return true
    }

    @Test(.enabled(if: Fixtures.areThere, "needs CONFORMANCE, a folder with fixtures"))
    func `nothing but the version follows from the version`() throws {
        var count = 0
        for file in try Fixtures.files(in: "ua") + Fixtures.files(in: "bots")
            + Fixtures.files(in: "realworld")
        {
            // One of a form and platform stands for all.
            var seen: Set<String> = []
            for row in try Fixtures.rows(file) {
                guard let common = common(row.input) else { continue }
                let platform = Array(row.input.utf8)[common.platform]
                guard seen.insert("\(common.form) \(platform)").inserted else { continue }
                if try check(row.input) { count += 1 }
            }
        }
        print("common forms: \(count) platforms")
        #expect(count > 1500)
    }

    @Test func `each form is recognised, with its version`() throws {
        for (index, form) in CommonAgent.forms.enumerated() {
            let rest = "\(form)".replacing("#", with: "22.3.4.5").replacing("%", with: "22.3.4.5")
                .replacing("~", with: "99.0")
                .replacing("@", with: "15E148")
            let cut = try #require(self.common("Mozilla/5.0 (X; Y) \(rest)"), "\(form)")
            #expect(cut.form == index)
            let bytes = Array("Mozilla/5.0 (X; Y) \(rest)".utf8)
            #expect(String(decoding: bytes[cut.version], as: UTF8.self) == "22.3.4.5")
            #expect(String(decoding: bytes[cut.platform], as: UTF8.self) == "X; Y")
        }
    }

    @Test(arguments: [
        "", "Mozilla/5.0 (", "Mozilla/5.0 ()", "Mozilla/5.0 (a) ", "Mozilla/5.0 (a)",
        "Mozilla/5.0 (a) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/ Safari/537.36",
        "Mozilla/5.0 (a) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/12. Safari/537.36",
        "Mozilla/5.0 (a) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/.12 Safari/537.36",
        "Mozilla/5.0 (a) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/12.0 Safari/537.36 ",
        "Mozilla/5.0 (a) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/12.0 Safari/537.3",
        "Mozilla/5.0 (a) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/12.0",
        "Mozilla/5.0 (a) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120 Safari/537.36",
        "Mozilla/5.0 (a) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/9.1 Safari/537.36",
        "Mozilla/5.0 (a) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1",
    ])
    func `anything else is left to the lists`(userAgent: String) {
        #expect(common(userAgent) == nil)
    }

    @Test func `what one agent is says nothing of another that only looks alike`() throws {
        let encoder = try StandardEncoder(tables: TestTables.load())
        let agent = { (platform: String, version: String) in
            "Mozilla/5.0 (\(platform)) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/\(version) Safari/537.36"
        }
        let list = ClickHeader.secCHUAFullVersionList
        let model = String(decoding: [ClickHeader.secCHUAModel.rawValue, 5, 0], as: UTF8.self)
        let clicks: [[ClickHeader: String]] = [
            // A platform that holds what other agents' hints would be in the key.
            [.userAgent: agent("Linux; Android 14; K", "131.0.0.0"), .secCHUAModel: "SM-X1"],
            [.userAgent: agent("Linux; Android 14; K\u{0}131\(model)SM-X1", "131.0.0.0")],
            // A version that was whole by chance.
            [.userAgent: agent("X", "131.0.0.0"), list: "\"Google Chrome\";v=\"131.0.0.0\""],
            [.userAgent: agent("X", "131.0.0.1"), list: "\"Google Chrome\";v=\"131.0.0.0\""],
        ]
        for headers in clicks {
            var click = TestClick()
            for (header, value) in headers { click.set(header, value) }
            let (shared, alone) = (
                EncodedClicks([click], with: encoder), try EncodedClicks([click])
            )
            let got = try EncodedClicks.member("client.agent", of: shared.events[0])
            #expect(got == (try EncodedClicks.member("client.agent", of: alone.events[0])))
            #expect(shared.details == alone.details)
        }
    }

    @Test(arguments: [
        ("\"Brave\";v=\"=HYPERLINK(1)\"", "brave", "131.0.0.0"),
        ("\"Google Chrome\";v=\"131.<b>\"", "chrome", "131.0.0.0"),
        ("\"Brave\";v=\"\"", "brave", "131.0.0.0"),
        ("\"Brave\";v=\"1.73.89\"", "brave", "1.73.89"),
    ])
    func `a brand's version is numbers, or none`(
        list: String,
        name: String,
        version: String
    ) throws {
        var click = TestClick()
        click.set(
            .userAgent,
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
        )
        click.set(.secCHUAFullVersionList, list)
        let agent = try EncodedClicks.member("client.agent", of: EncodedClicks([click]).events[0])
        let text = "\(agent)"
        #expect(text.contains(name))
        #expect(text.contains(version))
        #expect(!text.contains("<b>") && !text.contains("HYPERLINK"))
    }

    @Test func `what a source says is what the parser says`() throws {
        let tables = try TestTables.load()
        let agents = [
            "Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/# Mobile Safari/537.36",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/#",
            "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/# Mobile Safari/537.36",
        ]
        let hints: [[String: String]] = [
            [:], ["sec-ch-ua-platform": "\"Windows\"", "sec-ch-ua-platform-version": "\"15.0.0\""],
            ["sec-ch-ua-full-version-list": "\"Google Chrome\";v=\"131.0.6778.86\""],
            ["sec-ch-ua": "\"Brave\";v=\"131\""], ["sec-purpose": "prefetch"],
            ["x-requested-with": "com.facebook.katana"],
        ]
        let encoder = try StandardEncoder(tables: tables)
        for agent in agents {
            for headers in hints {
                for version in ["130.0.0.0", "131.0.0.0", "131.0.0.1", "9.1", "10.1"] {
                    var click = TestClick()
                    click.set(headers)
                    click.set(.userAgent, agent.replacing("#", with: version))
                    let shared = EncodedClicks([click], with: encoder)
                    let alone = try EncodedClicks([click])
                    for member in ["client.agent"] {
                        let got = try EncodedClicks.member(member, of: shared.events[0])
                        #expect(got == (try EncodedClicks.member(member, of: alone.events[0])))
                    }
                    #expect(shared.details == alone.details)
                }
            }
        }
    }
}
