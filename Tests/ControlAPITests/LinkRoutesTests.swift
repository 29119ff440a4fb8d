import Catalog
import ClickModel
import HTTPTypes
import HummingbirdTesting
import Testing

struct LinkRoutesTests {
    private static let destination = "https://www.example.com/a?x=1&x=2&y=%20z"

    @Test func `a link is made, read, changed, listed, counted and deleted`() async throws {
        try await withAPI { client, world in
            let workspace = try await client.call(.post, "/v1/workspaces", #"{"name":"Check"}"#)
            let w = try #require(workspace.string("id"))
            let domain = try await client.call(
                .post,
                "/v1/domains",
                #"{"fullName":"Go.Check.Test"}"#,
                workspace: w
            )
            #expect(domain.string("fullName") == "go.check.test")
            let made = try await client.call(
                .post,
                "/v1/links",
                """
                {"destination":"\(Self.destination)","slashtag":"spring","title":"",
                 "domain":{"fullName":"go.check.test","id":""},"forwardParameters":true,
                 "tags":["a",{"name":"b","color":"red"}],"clicks":7,"unknown":[1]}
                """,
                workspace: w
            )
            #expect(made.status == 200)
            let id = try #require(made.string("id"))
            #expect(id.count == 32)
            #expect(made.string("destination") == Self.destination)
            #expect(made.string("shortUrl") == "go.check.test/spring")
            #expect(made.string("domain", "id") == domain.string("id"))
            #expect(made["forwardParameters"] as? Bool == true)
            #expect(made.integer("clicks") == 0 && made["lastClickAt"] == nil)
            let createdAt = try #require(made.string("createdAt"))
            #expect(createdAt.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil)
            #expect(try await client.call(.get, "/v1/links/\(id)", workspace: w).text == made.text)
            // The same by query, as the API's own clients do.
            let byQuery = try await client.call(.get, "/v1/links/\(id)?workspace=\(w)")
            #expect(byQuery.text == made.text)
            #expect(try await client.call(.get, "/v1/links/\(id)").status == 404)

            let changed = try await client.call(
                .post,
                "/v1/links/\(id)",
                #"{"title":"Spring","slashtag":"summer","domain":{"fullName":"go.check.test"}}"#,
                workspace: w
            )
            #expect(changed.string("title") == "Spring")
            #expect(changed.string("shortUrl") == "go.check.test/summer")
            #expect(changed.string("destination") == Self.destination)
            let key = try #require(SlashtagKey("summer"))
            #expect(try world.catalog.route(host: "go.check.test", key: key)?.id == id)

            let count = try await client.call(.get, "/v1/links/count", workspace: w)
            #expect(count.text == #"{"count":1}"#)
            let gone = try await client.call(.delete, "/v1/links/\(id)", workspace: w)
            #expect(gone.status == 200)
            let twice = try await client.call(.delete, "/v1/links/\(id)", workspace: w)
            #expect(twice.status == 404)
            #expect(twice.code == "NotFound")
            #expect(twice.string("source") == "link")
            #expect(try await client.call(.get, "/v1/links", workspace: w).text == "[]")
        }
    }

    @Test func `without a domain a link has no place`() async throws {
        try await withAPI { client, _ in
            let answer = try await client.call(
                .post,
                "/v1/links",
                #"{"destination":"https://example.com/"}"#
            )
            #expect(answer.status == 404)
            #expect(answer.string("source") == "domain")
        }
    }

    @Test func `a taken slashtag and a bad destination are 403 with the property`() async throws {
        try await withAPI { client, _ in
            _ = try await client.call(.post, "/v1/domains", #"{"fullName":"a.test"}"#)
            let body = #"{"destination":"https://example.com/","slashtag":"a"}"#
            #expect(try await client.call(.post, "/v1/links", body).status == 200)
            let again = try await client.call(.post, "/v1/links", body)
            #expect(again.status == 403)
            #expect(again.code == "AlreadyExists")
            #expect(again.problems == ["slashtag:AlreadyExists"])
            let bad = try await client.call(.post, "/v1/links", #"{"destination":"nowhere"}"#)
            #expect(bad.status == 403)
            #expect(bad.problems == ["destination:InvalidFormat"])
            let none = try await client.call(.post, "/v1/links", #"{"destination":""}"#)
            #expect(none.problems == ["destination:RequiredField"])
        }
    }

    @Test func `lists take empty parameters for absent ones, and pages end empty`() async throws {
        try await withAPI { client, _ in
            _ = try await client.call(.post, "/v1/domains", #"{"fullName":"a.test"}"#)
            for number in 0..<30 {
                let body = #"{"destination":"https://example.com/","slashtag":"s\#(number)"}"#
                #expect(try await client.call(.post, "/v1/links", body).status == 200)
            }
            var seen: [String] = []
            var last = ""
            for _ in 0..<3 {
                let page = try await client.call(
                    .get,
                    "/v1/links?orderBy=&orderDir=&limit=100&favourite=&domain.id=&last=\(last)"
                )
                seen += page.strings("slashtag")
                last = page.strings("id").last ?? last
                #expect(page.strings("slashtag").count <= 25)
            }
            #expect(seen == (0..<30).reversed().map { "s\($0)" })
            let count = try await client.call(.get, "/v1/links/count?favourite=none")
            #expect(count.integer("count") == 30)
            let one = try await client.call(
                .get,
                "/v1/links?domain.fullName=A.TEST&slashtag=S7&orderBy=createdAt&orderDir=asc"
            )
            #expect(one.strings("slashtag") == ["s7"])
        }
    }

    @Test(arguments: [
        "limit=0", "limit=-1", "limit=x", "limit=99999999999999999999", "orderBy=secret",
        "orderDir=up", "last=nobody", "favourite=perhaps", "orderBy=name",
    ])
    func `a parameter that can't be is 403`(query: String) async throws {
        try await withAPI { client, _ in
            let answer = try await client.call(.get, "/v1/links?\(query)")
            #expect(answer.status == 403)
            #expect(answer.problems.first?.hasSuffix(":InvalidFormat") == true)
        }
    }

    @Test func `a domain is changed, and deleted with its links`() async throws {
        try await withAPI { client, _ in
            let made = try await client.call(
                .post,
                "/v1/domains",
                #"{"fullName":"a.test","rootURL":"https://example.com/"}"#
            )
            let id = try #require(made.string("id"))
            #expect(made.string("customHomepage") == "https://example.com/")
            _ = try await client.call(
                .post,
                "/v1/links",
                #"{"destination":"https://example.com/","slashtag":"a"}"#
            )
            let changed = try await client.call(
                .post,
                "/v1/domains/\(id)",
                #"{"rootURL":null,"fallbackURL":"https://example.com/lost"}"#
            )
            #expect(changed["rootURL"] is String == false)
            #expect(changed.string("fallbackURL") == "https://example.com/lost")
            let renamed = try await client.call(
                .post,
                "/v1/domains/\(id)",
                #"{"fullName":"b.test"}"#
            )
            #expect(renamed.problems == ["fullName:InvalidFormat"])
            let taken = try await client.call(.post, "/v1/domains", #"{"fullName":"A.test"}"#)
            #expect(taken.problems == ["fullName:AlreadyExists"])
            #expect(try await client.call(.delete, "/v1/domains/\(id)").status == 200)
            #expect(try await client.call(.get, "/v1/links").text == "[]")
        }
    }
}
