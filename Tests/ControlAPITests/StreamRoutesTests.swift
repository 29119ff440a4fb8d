import Catalog
import ClickModel
import HTTPTypes
import HummingbirdTesting
import Synchronization
import TestKit
import Testing

struct StreamRoutesTests {
    private static let body = """
        {"endpoint":"https://example.com/hook","method":"PUT",
         "authentication":{"header":"X-Check","value":"Basic a:b c"},"key":"abcxyz123",
         "batch":{"seconds":0.2}}
        """

    @Test func `secrets are in clear in the answer to the creation, and masked ever after`()
        async throws
    {
        try await withAPI { client, world in
            let made = try await client.call(.post, "/v1/streams", Self.body)
            #expect(made.status == 200)
            #expect(made.string("status") == "verifying")
            #expect(made.string("key") == "abcxyz123")
            #expect(made.string("method") == "PUT")
            #expect(made.string("authentication", "header") == "X-Check")
            #expect(made.string("authentication", "value") == "Basic a:b c")
            let secret = try #require(made.string("secret"))
            #expect(secret.hasPrefix("whsec_") && secret.count == 50)
            #expect(world.reloads.count == 1)

            let id = try #require(made.string("id"))
            for path in ["/v1/streams", "/v1/streams/\(id)"] {
                let later = try await client.call(.get, path)
                #expect(later.status == 200)
                for clear in ["abcxyz123", secret, "a:b c"] { #expect(!later.text.contains(clear)) }
            }
            let one = try await client.call(.get, "/v1/streams/\(id)")
            #expect(one.string("endpoint") == "https://example.com/hook")
            #expect(one["batch", "seconds"] as? Double == 0.2)
            #expect(one.integer("batch", "events") == 500)
        }
    }

    @Test func `what isn't given has the documented defaults`() async throws {
        try await withAPI { client, world in
            let made = try await client.call(
                .post,
                "/v1/streams",
                """
                {"endpoint":"https://example.com/","method":"POST","format":"",
                 "authentication":{"header":"X","value":"y"},"lanes":1,"gzip":false,"filter":{},
                 "tls":null,"proxy":null,"maxAge":"72h","maxRequestsPerSecond":null,"timeout":15}
                """
            )
            #expect(made.status == 200, "\(made.text)")
            #expect(made.string("key")?.count == 32)
            let stream = try #require(try await world.catalog.streams().first)
            #expect(stream.limits == BatchLimits())
            #expect(stream.format == .rebrandly)
        }
    }

    @Test(arguments: [
        (#""batch":{"events":0}"#, "batch.events:InvalidFormat"),
        (#""batch":{"events":10001}"#, "batch.events:InvalidFormat"),
        (#""batch":{"events":1.5}"#, "batch.events:InvalidFormat"),
        (#""batch":{"events":"5"}"#, "batch.events:InvalidFormat"),
        (#""batch":{"bytes":16383}"#, "batch.bytes:InvalidFormat"),
        (#""batch":{"bytes":1e99}"#, "batch.bytes:InvalidFormat"),
        (#""batch":{"seconds":-0.1}"#, "batch.seconds:InvalidFormat"),
        (#""batch":{"seconds":301}"#, "batch.seconds:InvalidFormat"),
        (#""batch":{"size":3}"#, "batch.size:InvalidFormat"),
        (#""batch":[]"#, "batch:InvalidFormat"),
        (#""format":"cloudevents""#, "format:InvalidFormat"),
        (#""startFrom":"tomorrow""#, "startFrom:InvalidFormat"),
        (#""startFrom":"2999-01-01T00:00:00Z""#, "startFrom:InvalidFormat"),
        (#""timeout":0.5"#, "timeout:InvalidFormat"),
        (#""timeout":61"#, "timeout:InvalidFormat"),
        (#""filter":{"links":[]}"#, "filter:NotSupported"),
        (#""lanes":2"#, "lanes:NotSupported"), (#""gzip":true"#, "gzip:NotSupported"),
        (#""tls":{"ca":"x"}"#, "tls:NotSupported"), (#""proxy":"x""#, "proxy:NotSupported"),
        (#""maxAge":"1h""#, "maxAge:NotSupported"),
        (#""maxRequestsPerSecond":5"#, "maxRequestsPerSecond:NotSupported"),
        (#""sink":"kafka""#, "sink:NotSupported"), (#""bacth":{}"#, "bacth:InvalidFormat"),
        (#""authentication":"x""#, "authentication:InvalidFormat"),
    ])
    func `what can't be is 403 and names the property`(member: String, problem: String)
        async throws
    {
        try await withAPI { client, world in
            let base =
                member.contains("authentication")
                ? "" : #""authentication":{"header":"X","value":"y"},"#
            let answer = try await client.call(
                .post,
                "/v1/streams",
                #"{"endpoint":"https://example.com/","method":"POST",\#(base)\#(member)}"#
            )
            #expect(answer.status == 403)
            #expect(answer.problems.contains(problem), "\(answer.problems)")
            #expect(try await world.catalog.streams().isEmpty)
        }
    }

    @Test func `the kind's own problems come by the names of the body, all at once`()
        async throws
    {
        try await withAPI { client, _ in
            let none = try await client.call(.post, "/v1/streams", "{}")
            #expect(none.status == 403)
            #expect(none.code == "Required")
            #expect(
                none.problems == [
                    "endpoint:Required", "method:Required", "authentication.header:Required",
                    "authentication.value:Required",
                ]
            )
            let inward = try await client.call(
                .post,
                "/v1/streams",
                Self.body.replacing("example.com", with: "127.0.0.1")
            )
            #expect(inward.status == 403)
            #expect(inward.code == "AddressRefused")
            #expect(inward.problems == ["endpoint:AddressRefused"])
        }
    }

    @Test func `the accounting adds up from the stream's start`() async throws {
        try await withAPI { client, world in
            let workspace = try await world.catalog.mainWorkspace()
            let before = Timestamp(microseconds: 1_000_000)
            try await world.source.append([TestEvent("a", workspace: workspace.number, at: before)])
            let made = try await client.call(.post, "/v1/streams", Self.body)
            let id = try #require(made.string("id"))
            let old = try await client.call(
                .post,
                "/v1/streams",
                Self.body.replacing(
                    "\"batch\"",
                    with: #""startFrom":"1970-01-01T00:00:00Z","batch""#
                )
            )
            try await world.source.append([
                TestEvent("b", workspace: workspace.number), TestEvent("c", workspace: 99),
                TestEvent("d", workspace: workspace.number),
            ])
            var position = StreamPosition(stream: EventStream.ID(id), checkpoint: Offset(2))
            position.delivered = 1
            try await world.log.save(position)

            let stream = try await client.call(.get, "/v1/streams/\(id)")
            #expect(stream.integer("accounting", "in") == 2)
            #expect(stream.integer("accounting", "delivered") == 1)
            #expect(stream.integer("accounting", "pending") == 1)
            #expect(stream.integer("lag") == 1)
            #expect(stream.integer("checkpoint") == 2)
            let oldID = try #require(old.string("id"))
            let older = try await client.call(.get, "/v1/streams/\(oldID)")
            #expect(older.integer("accounting", "in") == 3)
        }
    }

    @Test func `verify asks for another test delivery, and forgets the reason`() async throws {
        try await withAPI { client, world in
            let made = try await client.call(.post, "/v1/streams", Self.body)
            let id = EventStream.ID(try #require(made.string("id")))
            try await world.catalog.setState(
                StreamState(.verifying, reason: "answered 500", since: .now),
                of: id,
                from: [.verifying]
            )
            let before = try await client.call(.get, "/v1/streams/\(id)")
            #expect(before.string("statusReason") == "answered 500")
            let answer = try await client.call(.post, "/v1/streams/\(id)/verify")
            #expect(answer.status == 200)
            #expect(world.reloads.count == 2)
            #expect(try await world.catalog.streams().first?.state.reason == nil)

            try await world.catalog.setState(
                StreamState(.active, since: .now),
                of: id,
                from: [.verifying]
            )
            #expect(try await client.call(.post, "/v1/streams/\(id)/verify").status == 200)
            #expect(world.reloads.count == 2)
            #expect(try await client.call(.post, "/v1/streams/nobody/verify").status == 404)
        }
    }

    @Test func `where approval is asked for, a stream waits for the operator`() async throws {
        try await withAPI(needsApproval: true) { client, world in
            let made = try await client.call(.post, "/v1/streams", Self.body)
            #expect(made.string("status") == "requested")
            let id = try #require(made.string("id"))
            #expect(try await client.call(.post, "/v1/streams/\(id)/verify").status == 403)
            let key = try await client.call(.post, "/v1/keys", #"{"name":"k"}"#).string("key")
            let own = try await client.call(.post, "/v1/streams/\(id)/approve", key: key)
            #expect(own.status == 403)
            let approved = try await client.call(.post, "/v1/streams/\(id)/approve")
            #expect(approved.string("status") == "verifying")
            #expect(world.reloads.count == 2)
        }
    }

    @Test func `a deleted stream is gone`() async throws {
        try await withAPI { client, _ in
            let made = try await client.call(.post, "/v1/streams", Self.body)
            let id = try #require(made.string("id"))
            let other = try await client.call(.post, "/v1/workspaces", #"{"name":"Other"}"#)
            let foreign = try await client.call(
                .delete,
                "/v1/streams/\(id)",
                workspace: other.string("id")
            )
            #expect(foreign.status == 404)
            #expect(try await client.call(.delete, "/v1/streams/\(id)").status == 200)
            #expect(try await client.call(.get, "/v1/streams/\(id)").status == 404)
            #expect(try await client.call(.get, "/v1/streams").text == "[]")
        }
    }
}
