import Catalog
import ClickModel
import HTTPTypes
import Testing

@Suite struct PlanRoutesTests {
    private static let stream =
        #"{"endpoint":"https://example.com/","method":"POST","authentication":{"header":"X","value":"y"}}"#

    @Test func `a plan is made, given to a workspace, and changed`() async throws {
        try await withAPI { client, world in
            let made = try await client.call(
                .post,
                "/v1/plans",
                #"{"name":"Team","features":["clickstream"],"limits":{"streams":1}}"#
            )
            #expect(made.status == 200, "\(made.text)")
            #expect(
                made.text.contains(
                    #""features":["clickstream"],"limits":{"streams":1,"links":null,"events":null},"default":false"#
                )
            )
            let workspace = try await world.catalog.mainWorkspace()
            let given = try await client.call(
                .post,
                "/v1/workspaces/\(workspace.id)",
                #"{"plan":"Team"}"#
            )
            #expect(given.text.contains(#""name":"Team"}"#), "\(given.text)")
            #expect(try await client.call(.post, "/v1/streams", Self.stream).status == 200)
            let second = try await client.call(.post, "/v1/streams", Self.stream)
            #expect(second.status == 403 && second.code == "OwnerLimitReached")
            let id = try #require(made.string("id"))
            _ = try await client.call(.post, "/v1/plans/\(id)", #"{"limits":{"streams":null}}"#)
            #expect(try await client.call(.post, "/v1/streams", Self.stream).status == 200)
            let left = try await client.call(.post, "/v1/plans/Team", #"{"features":[]}"#)
            #expect(left.text.contains(#""features":[]"#))
            let refused = try await client.call(.post, "/v1/streams", Self.stream)
            #expect(refused.status == 403 && refused.code == "OwnerFeatureNotIncluded")
            #expect(
                refused.string("message")
                    == "the workspace's plan Team doesn't include clickstream; these would do: Unlimited, Pro; plans: https://plans.example/up"
            )
            let deleted = try await client.call(.delete, "/v1/plans/Team")
            #expect(deleted.status == 403 && deleted.code == "InUse")
            let made2 = try await client.call(
                .post,
                "/v1/workspaces",
                #"{"name":"B","plan":"nope"}"#
            )
            #expect(made2.status == 404)
            #expect(try await world.catalog.workspaceCount() == 1)
        }
    }

    @Test(arguments: [
        (#"{}"#, "name:RequiredField"),
        (#"{"name":"a","features":["x"]}"#, "features:InvalidFormat"),
        (#"{"name":"a","features":"clickstream"}"#, "features:InvalidFormat"),
        (#"{"name":"a","limits":{"streams":-1}}"#, "limits.streams:InvalidFormat"),
        (#"{"name":"a","limits":{"clicks":1}}"#, "limits.clicks:InvalidFormat"),
        (#"{"name":"a","limit":{}}"#, "limit:InvalidFormat"),
        (#"{"name":"PRO"}"#, "name:AlreadyExists"),
        (#"{"name":"a\u0001"}"#, "name:InvalidFormat"),
    ])
    func `what can't be is 403 and names the property`(body: String, problem: String) async throws {
        try await withAPI { client, world in
            let answer = try await client.call(.post, "/v1/plans", body)
            #expect(answer.status == 403)
            #expect(answer.problems.contains(problem), "\(answer.problems)")
            #expect(try await world.catalog.planCount() == 3)
        }
    }

    @Test func `a workspace's key reads plans and changes none`() async throws {
        try await withAPI { client, world in
            let workspace = try await world.catalog.mainWorkspace()
            let made = try await client.call(.post, "/v1/keys", #"{"name":"k","scope":"owner"}"#)
            let key = try #require(made.string("key"), "\(made.text)")
            let list = try await client.call(.get, "/v1/plans", key: key)
            #expect(list.status == 200 && list.text.contains("Unlimited"))
            for (path, body) in [
                ("/v1/plans", #"{"name":"Mine"}"#), ("/v1/plans/Free", #"{"features":[]}"#),
                ("/v1/workspaces/\(workspace.id)", #"{"plan":"Pro"}"#),
            ] {
                #expect(try await client.call(.post, path, body, key: key).status == 403)
            }
            #expect(try await client.call(.delete, "/v1/plans/Free", key: key).status == 403)
            #expect(try await world.catalog.planCount() == 3)
            #expect(try await world.catalog.mainWorkspace().planName == "Unlimited")
        }
    }
}
