import ClickModel
import Testing

@testable import Enrichment

/// The case that the event contract spells out, to the byte.
@Suite(.enabled(if: TestTables.areThere, "needs .data/tables: run scripts/setup"))
struct GoldenEventTests {
    static let route = Route(
        id: "a1ec86bf91bfe763ad02f602259ea0a9",
        slashtag: "spring",
        creatorID: "wf09bfww4eb9jkw2844555e1ce9af4f2",
        workspace: WorkspaceIdentity(
            number: 7,
            id: "d88bfe5fgd14b2ghb44538b9aekpw89",
            name: "Acme"
        ),
        domain: DomainIdentity(id: "9a5ae320f3e247ef8c9b6061131bb517", raw: "go.acme.com"),
        destination:
            "https://www.yourdestination.com/?utm_source=cs_facebook_post&utm_medium=customersuccess"
    )

    static var click: TestClick {
        var click = TestClick(route: route)
        click.set(
            .userAgent,
            """
            Mozilla/5.0 (Linux; Android 9; SM-G960F Build/PPR1.180610.011; wv) \
            AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/74.0.3729.157 \
            Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/227.0.0.43.158;]
            """
        )
        click.set(.acceptLanguage, "pt-BR,pt;q=0.9")
        click.set(.referer, "http://m.facebook.com/")
        return click
    }

    static let event = """
        {"timestamp":"2019-07-02T14:07:06.981094Z","client":{"language":"pt",\
        "location":{"country":"br"},"agent":{"browser":{"name":"facebook-app",\
        "version":"227.0.0.43.158"},"os":{"name":"android","version":"android-9.0-pie"},\
        "device":{"name":"smartphone"},"type":"human"},\
        "session":{"started":"2019-07-02T14:07:06.981094Z","first":true}},\
        "referral":{"hostname":"m.facebook.com","protocol":"http","path":"/",\
        "origin":{"type":"social","name":"facebook"}},\
        "route":{"id":"a1ec86bf91bfe763ad02f602259ea0a9","slashtag":"spring",\
        "creator":{"id":"wf09bfww4eb9jkw2844555e1ce9af4f2",\
        "workspace":{"id":"d88bfe5fgd14b2ghb44538b9aekpw89","name":"Acme"}},\
        "domain":{"id":"9a5ae320f3e247ef8c9b6061131bb517","raw":"go.acme.com"},\
        "destination":{"raw":"https://www.yourdestination.com/?utm_source=cs_facebook_post&\
        utm_medium=customersuccess","protocol":"https","hostname":"www.yourdestination.com",\
        "path":"/","params":{"query":{"utm_source":["cs_facebook_post"],\
        "utm_medium":["customersuccess"]}}}}}
        """

    static let details = """
        {"location":{"region":null,"city":null,"latitude":null,"longitude":null,\
        "timezone":null},"agent":{"engine":"blink","brand":"Samsung","model":"SM-G960F",\
        "category":null,"reason":null},"link":{"shortUrl":"https://go.acme.com/spring",\
        "title":null,"tags":null,"createdAt":null,"query":null,"rule":null,"variant":null},\
        "privacy":{"gpc":null,"dnt":null}}
        """

    @Test func `the golden click gives the golden event`() throws {
        let encoded = try EncodedClicks([Self.click])
        #expect(encoded.events == [Self.event])
        #expect(encoded.details == [Self.details])
    }

    @Test func `fragments from the caches give the same bytes`() throws {
        var clicks = Array(repeating: Self.click, count: 3)
        for index in clicks.indices { clicks[index].address = IPAddress("200.160.2.\(index)") }
        let encoded = try EncodedClicks(clicks)
        #expect(encoded.events == Array(repeating: Self.event, count: 3))
        #expect(encoded.details == Array(repeating: Self.details, count: 3))
    }

    @Test func `facts name the workspace, the time and the lengths`() throws {
        let encoded = try EncodedClicks([Self.click])
        let facts = try #require(encoded.facts.first)
        #expect(facts.workspace == 7)
        #expect(facts.timestamp == Self.click.at)
        #expect(facts.eventLength == Self.event.utf8.count)
        #expect(facts.detailsLength == Self.details.utf8.count)
        #expect(facts.id.description.dropFirst(14).first == "7")
        #expect(facts.id.high >> 16 == UInt64(Self.click.at.milliseconds))
    }
}
