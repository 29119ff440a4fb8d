import Catalog
import ClickModel
import HTTPTypes
import HummingbirdTesting
import Testing

@Suite struct BulkRoutesTests {
    private func withDomain(
        _ body: @Sendable (any TestClientProtocol, World) async throws -> Void
    ) async throws {
        try await withAPI { client, world in
            let workspace = try await world.catalog.mainWorkspace()
            _ = try await world.catalog.createDomain(fullName: "a.test", in: workspace)
            try await body(client, world)
        }
    }

    @Test func `links are made together, in their order`() async throws {
        try await withDomain { client, _ in
            let body = (0..<25).map { #"{"destination":"https://example.com/\#($0)"}"# }
            let answer = try await client.call(
                .put,
                "/v1/links",
                "[\(body.joined(separator: ","))]"
            )
            #expect(answer.status == 200)
            #expect(
                answer.strings("destination") == (0..<25).map { "https://example.com/\($0)" }
            )
            let more = (0..<26).map { _ in #"{"destination":"https://example.com/"}"# }
            let refused = try await client.call(
                .put,
                "/v1/links",
                "[\(more.joined(separator: ","))]"
            )
            #expect(refused.status == 403)
            #expect(try await client.call(.put, "/v1/links", "[]").text == "[]")
            #expect(try await client.call(.put, "/v1/links", "{}").status == 400)
        }
    }

    @Test func `one that is wrong keeps all from being made, and is named`() async throws {
        try await withDomain { client, world in
            for (second, problem) in [
                (#"{"destination":"nowhere"}"#, "[1].destination:InvalidFormat"),
                (#"{"title":"x"}"#, "[1].destination:RequiredField"),
                (
                    #"{"destination":"https://example.com/","slashtag":"one"}"#,
                    "[1].slashtag:AlreadyExists"
                ),
            ] {
                let first = #"{"destination":"https://example.com/","slashtag":"one"}"#
                let answer = try await client.call(.put, "/v1/links", "[\(first),\(second)]")
                #expect(answer.status == 403)
                #expect(answer.problems == [problem])
                #expect(try await world.catalog.linkCount() == 0)
            }
        }
    }

    @Test func `links are changed together, or none of them`() async throws {
        try await withDomain { client, _ in
            var ids: [String] = []
            for slashtag in ["a", "b"] {
                let made = try await client.call(
                    .post,
                    "/v1/links",
                    #"{"destination":"https://example.com/","slashtag":"\#(slashtag)"}"#
                )
                ids.append(try #require(made.string("id")))
            }
            let changed = try await client.call(
                .put,
                "/v1/links",
                #"[{"id":"\#(ids[1])","title":"B"},{"id":"\#(ids[0])","title":"A"}]"#
            )
            #expect(changed.strings("title") == ["B", "A"])
            let refused = try await client.call(
                .put,
                "/v1/links",
                #"[{"id":"\#(ids[0])","title":"X"},{"id":"\#(ids[1])","slashtag":"a"}]"#
            )
            #expect(refused.problems == ["[1].slashtag:AlreadyExists"])
            #expect(try await client.call(.get, "/v1/links/\(ids[0])").string("title") == "A")
            let mixed = try await client.call(
                .put,
                "/v1/links",
                #"[{"id":"\#(ids[0])"},{"destination":"https://example.com/"}]"#
            )
            #expect(mixed.status == 403)
        }
    }

    @Test func `links are removed together, those that are gone are not counted`() async throws {
        try await withDomain { client, world in
            let made = try await client.call(
                .put,
                "/v1/links",
                #"[{"destination":"https://example.com/1"},{"destination":"https://example.com/2"}]"#
            )
            let ids = made.strings("id").map { "\"\($0)\"" }.joined(separator: ",")
            for count in [2, 0] {
                let answer = try await client.call(.delete, "/v1/links", #"{"links":[\#(ids)]}"#)
                #expect(answer.integer("count") == count)
            }
            #expect(try await world.catalog.linkCount() == 0)
            #expect(try await client.call(.delete, "/v1/links", "{}").status == 403)
        }
    }

    @Test func `a plan's room is asked for all of them`() async throws {
        try await withDomain { client, world in
            _ = try await world.catalog.createPlan(PlanEdit(name: "Two", links: .some(2)))
            let main = try await world.catalog.mainWorkspace()
            _ = try await world.catalog.assignPlan("Two", to: main.id)
            let link = #"{"destination":"https://example.com/"}"#
            let three = try await client.call(.put, "/v1/links", "[\(link),\(link),\(link)]")
            #expect(three.code == "OwnerLimitReached")
            #expect(try await world.catalog.linkCount() == 0)
            #expect(try await client.call(.put, "/v1/links", "[\(link),\(link)]").status == 200)
            #expect(try await client.call(.post, "/v1/links", link).code == "OwnerLimitReached")
        }
    }

    @Test func `the audit log tells who did it`() async throws {
        try await withDomain { client, world in
            let made = try await client.call(.post, "/v1/keys", #"{"name":"ci","scope":"editor"}"#)
            let key = try #require(made.string("key"))
            let body =
                #"[{"destination":"https://example.com/1"},{"destination":"https://example.com/2"}]"#
            _ = try await client.call(.put, "/v1/links", body, key: key)
            let entries = try await client.call(.get, "/v1/audit?limit=1")
            #expect(entries["0", "action"] as? String == "create")
            #expect(entries["0", "target", "type"] as? String == "link")
            #expect(entries["0", "actor", "name"] as? String == "ci")
            #expect(entries["0", "details", "count"] as? String == "2")
            let requestID = try #require(HTTPField.Name("x-request-id"))
            let answer = try await client.call(.post, "/v1/tags", #"{"name":"t"}"#)
            let newest = try await client.call(.get, "/v1/audit?limit=1")
            #expect(newest["0", "requestId"] as? String == answer.headers[requestID])
            #expect(newest["0", "actor", "type"] as? String == "admin")
        }
    }

    @Test func `an export has everything, and goes on when what it read is removed`() async throws {
        try await withDomain { client, world in
            let main = try await world.catalog.mainWorkspace()
            for number in 0..<250 {
                let draft = LinkDraft(
                    destination: "https://example.com/\(number)",
                    slashtag: "l\(number)"
                )
                _ = try await world.catalog.createLink(draft, in: main, by: world.catalog.account())
            }
            let export = try await client.call(.get, "/v1/workspaces/\(main.id)/export")
            let lines = export.text.split(separator: "\n")
            #expect(lines.filter { $0.hasPrefix(#"{"type":"link""#) }.count == 250)
            #expect(Set(lines).count == lines.count)
            #expect(lines.first?.hasPrefix(#"{"type":"workspace""#) ?? false)
        }
    }

    @Test func `everything that is wrong with several is told at once`() async throws {
        try await withDomain { client, _ in
            let answer = try await client.call(
                .put,
                "/v1/links",
                #"[{"destination":"nowhere"},{"destination":"https://example.com/"},{"destination":"https://example.com/","slashtag":"a/b"}]"#
            )
            #expect(
                answer.problems == ["[0].destination:InvalidFormat", "[2].slashtag:InvalidFormat"]
            )
        }
    }

    @Test(arguments: [
        ("req.country", "Brazil"), ("req.country", "b1"), ("req.language", "portuguese"),
        ("req.device", "phone"), ("req.planet", "mars"),
    ])
    func `a rule that could never hold is refused`(_ property: String, _ value: String) async throws
    {
        try await withDomain { client, _ in
            let link = try await client.call(
                .post,
                "/v1/links",
                #"{"destination":"https://example.com/"}"#
            )
            let path = "/v1/links/\(link.string("id") ?? "")/rules"
            func body(_ property: String, _ value: String) -> String {
                #"""
                {"destination":"https://example.com/1",
                 "condition":{"and":[{"property":"\#(property)","operator":"in","values":["\#(value)"]}]}}
                """#
            }
            let refused = try await client.call(.post, path, body(property, value))
            #expect(refused.status == 403)
            #expect(refused.problems.first?.hasPrefix("condition.and[0].") ?? false)
            let taken = try await client.call(.post, path, body("req.country", "BR"))
            #expect(taken.text.contains(#""values":["br"]"#))
        }
    }
}
