import ClickModel
import Foundation
import Testing

@testable import Enrichment

@Suite(.enabled(if: TestTables.areThere, "needs .data/tables: run scripts/setup"))
struct StandardEncoderTests {
    private func event(_ click: TestClick) throws -> (event: String, details: String) {
        let encoded = try EncodedClicks([click])
        return (try #require(encoded.events.first), try #require(encoded.details.first))
    }

    private func member(_ path: String, _ json: String) throws -> String {
        try EncodedClicks.member(path, of: json)
    }

    @Test func `what nobody knows is null, and every member is there`() throws {
        let (event, details) = try event(TestClick(address: nil))
        #expect(
            event == """
                {"timestamp":"2019-07-02T14:07:06.981094Z","client":{"language":null,\
                "location":{"country":null},"agent":{"browser":{"name":null,"version":null},\
                "os":{"name":null,"version":null},"device":{"name":null},"type":"bot"},\
                "session":{"started":"2019-07-02T14:07:06.981094Z","first":true}},\
                "referral":{"hostname":null,"protocol":null,"path":null,\
                "origin":{"type":"direct","name":"direct"}},"route":{"id":null,"slashtag":null,\
                "creator":{"id":null,"workspace":{"id":null,"name":null}},\
                "domain":{"id":null,"raw":null},"destination":{"raw":null,"protocol":null,\
                "hostname":null,"path":null,"params":{"query":null}}}}
                """
        )
        #expect(
            details == """
                {"location":{"region":null,"city":null,"latitude":null,"longitude":null,\
                "timezone":null},"agent":{"engine":null,"brand":null,"model":null,\
                "category":null,"reason":"no-user-agent"},"link":{"shortUrl":null,"title":null,\
                "tags":null,"createdAt":null,"query":null,"rule":null,"variant":null},\
                "privacy":{"gpc":null,"dnt":null}}
                """
        )
    }

    @Test func `the destination is the one really redirected to`() throws {
        var click = GoldenEventTests.click
        click.query = "id=1&id=2&q=a+b"
        click.location = "https://x.example/p?a=b&id=1&id=2&q=a+b#top"
        let (event, details) = try event(click)
        let destination = "route.destination"
        #expect(try member("\(destination).raw", event) == click.location)
        #expect(try member("\(destination).hostname", event) == "x.example")
        #expect(
            event.hasSuffix(
                #""params":{"query":{"a":["b"],"id":["1","2"],"q":["a b"]}}}}}"#
            )
        )
        #expect(try member("link.query", details) == "id=1&id=2&q=a+b")
    }

    @Test func `the details name the rule that sent the visitor there`() throws {
        var click = GoldenEventTests.click
        (click.query, click.location) = ("a=b", "https://rule.example/?a=b")
        let (_, plain) = try event(click)
        #expect(try member("link.rule", plain) == "null")
        click.rule = "7\"c\n"
        let (event, details) = try event(click)
        #expect(try member("link.rule", details) == "7\"c\n")
        #expect(try member("link.query", details) == "a=b")
        #expect(try member("route.destination.hostname", event) == "rule.example")
        // No other member moves.
        #expect(details.replacing(#""rule":"7\"c\n""#, with: #""rule":null"#) == plain)
        click.rule = String(repeating: "\u{1}", count: 5000)
        #expect(try member("link.rule", self.event(click).details) == click.rule)
    }

    private static let adCases: [(String?, String?, String)] = [
        ("gclid=x", nil, "paid"), ("fbclid=x", nil, "social"), ("gclid=", nil, "social"),
        ("utm_medium=CPC", nil, "paid"), ("utm_medium=paid_social", nil, "paid"),
        ("utm_medium=unpaid", nil, "social"), (nil, "https://x.example/?ttclid=1", "paid"),
        (nil, "https://x.example/#?gclid=1", "social"), ("utm%5Fmedium=cpc", nil, "paid"),
        ("utm_medium=%63pc", nil, "paid"), ("a=b&utm_medium=cpc%20", nil, "paid"),
        ("utm_medium=+cpc", nil, "paid"), ("g%63lid=1&x", nil, "paid"),
        ("utm_medium=c+pc", nil, "social"), ("utm_medium=%", nil, "social"),
    ]

    @Test(arguments: adCases)
    func `ads are known by their click ids and their medium`(
        query: String?,
        location: String?,
        type: String
    ) throws {
        var click = GoldenEventTests.click
        (click.query, click.location) = (query, location)
        let event = try event(click).event
        #expect(try member("referral.origin.type", event) == type)
        #expect(try member("referral.origin.name", event) == "facebook")
    }

    @Test func `the details tell the link's own`() throws {
        var click = GoldenEventTests.click
        click.route = Route(
            id: "1",
            slashtag: "a\"b",
            creatorID: nil,
            workspace: WorkspaceIdentity(number: 1, id: nil, name: nil),
            domain: DomainIdentity(id: nil, raw: "go.acme.com"),
            destination: "mailto:a@b",
            details: LinkDetails(
                title: "Spring",
                tags: ["x", "y"],
                createdAt: Timestamp(microseconds: 1)
            )
        )
        let (event, details) = try event(click)
        #expect(event.contains(#""destination":{"raw":"mailto:a@b","protocol":null,"#))
        #expect(
            details.contains(
                #"{"shortUrl":"https://go.acme.com/a\"b","title":"Spring","tags":["x","y"],"#
                    + #""createdAt":"1970-01-01T00:00:00.000001Z","query":null,"#
            )
        )
    }

    @Test func `who asks not to be tracked has no session`() throws {
        var first = GoldenEventTests.click
        first.set(.secGPC, "1")
        var second = first
        second.at = first.at.advanced(by: .seconds(1))
        let encoded = try EncodedClicks([first, second])
        #expect(encoded.events.allSatisfy { $0.contains(#""first":true"#) })
        #expect(encoded.journal.isEmpty)
        #expect(encoded.details.allSatisfy { $0.hasSuffix(#""privacy":{"gpc":true,"dnt":null}}"#) })

        var settings = EncoderSettings()
        settings.respectsGPC = false
        let tracked = try EncodedClicks([first, second], settings: settings)
        #expect(tracked.events.last?.contains(#""first":false"#) == true)
    }

    @Test func `a second click goes on with the session`() throws {
        let first = GoldenEventTests.click
        var second = first
        second.at = first.at.advanced(by: .seconds(1799))
        let encoded = try EncodedClicks([first, second])
        let last = try #require(encoded.events.last)
        #expect(
            last.contains(#""session":{"started":"2019-07-02T14:07:06.981094Z","first":false}"#)
        )
        #expect(last.hasPrefix(#"{"timestamp":"2019-07-02T14:37:05.981094Z""#))
    }

    @Test func `sessions survive a restart`() throws {
        struct Store: SessionStore {
            let keys: [SessionKey]
            let journal: [UInt8]
            func sessionKeys() -> [SessionKey] { keys }
            func readSessionJournal(since time: Timestamp, _ body: (ByteView) -> Void) {
                journal.withUnsafeBufferPointer(body)
            }
        }
        let first = try EncodedClicks([GoldenEventTests.click])
        let store = Store(keys: first.newKeys, journal: first.journal)
        let encoder = try StandardEncoder(tables: TestTables.load(), store: store)
        var later = GoldenEventTests.click
        later.at = later.at.advanced(by: .seconds(60))
        let second = EncodedClicks([later], with: encoder)
        #expect(second.events.first?.contains(#""first":false"#) == true)
        #expect(second.newKeys.isEmpty)
    }

    @Test func `small caches change nothing`() throws {
        var settings = EncoderSettings()
        (settings.cachedFragments, settings.cachedRoutes) = (2, 2)
        var clicks: [TestClick] = []
        for index in 0..<200 {
            var click = GoldenEventTests.click
            click.address = IPAddress(v4: 0x0808_0000 + UInt32(index * 7919))
            click.set(.userAgent, "Mozilla/5.0 (Windows NT 10.0; rv:\(index % 7).0) Gecko/20100101")
            click.set(.referer, "https://site\(index % 5).example/")
            click.set(.acceptLanguage, ["de", "fr", "it", "es", nil][index % 5])
            click.route = Route(
                id: "\(index % 3)",
                slashtag: "s",
                creatorID: nil,
                workspace: GoldenEventTests.route.workspace,
                domain: GoldenEventTests.route.domain,
                destination: "https://x.example/\(index % 3)"
            )
            clicks.append(click)
        }
        let small = try EncodedClicks(clicks, settings: settings)
        let large = try EncodedClicks(clicks)
        #expect(small.events == large.events)
        #expect(small.details == large.details)
    }

    @Test func `a link is rendered once, but for one so long that keeping it would cost too much`()
        throws
    {
        let source = FragmentSource(tables: try TestTables.load(), settings: EncoderSettings())
        for (length, isKept) in [(100, true), (20_000, false)] {
            var click = TestClick()
            click.route = Route(
                id: "l",
                slashtag: "s",
                creatorID: nil,
                workspace: WorkspaceIdentity(number: 1, id: nil, name: nil),
                domain: DomainIdentity(id: nil, raw: "go.test"),
                destination: "https://e.test/" + String(repeating: "a", count: length)
            )
            var found: [RouteFragment] = []
            for _ in 0..<2 {
                click.group().forEach { found.append(source.fragments(of: $0, $1).route) }
            }
            #expect((found[0] === found[1]) == isKept)
            #expect(found[0].destination == found[1].destination)
        }
    }
}
