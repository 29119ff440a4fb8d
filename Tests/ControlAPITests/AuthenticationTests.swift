import Catalog
import ClickModel
import ControlAPI
import HTTPTypes
import HummingbirdTesting
import Synchronization
import Testing

struct AuthenticationTests {
    @Test func `without a valid key every path and method answers 401, plain`() async throws {
        try await withAPI { client, _ in
            let paths = [
                "/v1/links", "/v1/links/count", "/v1/streams", "/v1/workspaces", "/v1/domains",
                "/v1/account", "/v1/events", "/v1/events/live", "/v1/keys", "/v1/no-such-thing",
                "/", "/v2", "/v1/streams/x/verify", "/%00", "/health", "/metrics/x",
            ]
            let methods: [HTTPRequest.Method] = [
                .get, .head, .post, .put, .delete, .patch, .options,
            ]
            let wrong: [[String: String]] = [
                [:], ["apikey": "wrong"], ["apikey": ""], ["Authorization": "Bearer wrong"],
                ["Authorization": World.adminKey], ["Authorization": "Bearer"],
                ["apikey": World.adminKey + " "], ["apikey": String(repeating: "a", count: 5000)],
            ]
            for path in paths {
                for method in methods {
                    for headers in wrong {
                        let answer = try await client.call(
                            method,
                            path,
                            method == .post ? "{nonsense" : nil,
                            key: nil,
                            headers: headers
                        )
                        #expect(answer.status == 401, "\(method) \(path) \(headers)")
                        if method != .head { #expect(answer.text == "Unauthorized") }
                    }
                }
            }
        }
    }

    @Test func `with a key what isn't there answers 404 as JSON`() async throws {
        try await withAPI { client, _ in
            let routes: [(HTTPRequest.Method, String)] = [
                (.get, "/v1/no-such-thing"), (.get, "/"), (.put, "/v1/tags"),
                (.post, "/v1/account"), (.get, "/v1/nothing"), (.post, "/v1/streams/x/pause"),
                (.delete, "/v1/tags"),
            ]
            for (method, path) in routes {
                let answer = try await client.call(method, path)
                #expect(answer.status == 404, "\(method) \(path)")
                #expect(answer.code == "NotFound")
                #expect(answer.string("message") != nil)
            }
        }
    }

    @Test func `both ways to show a key work`() async throws {
        try await withAPI { client, _ in
            #expect(try await client.call(.get, "/v1/account").status == 200)
            for value in ["Bearer ", "bearer ", "BEARER  "] {
                let answer = try await client.call(
                    .get,
                    "/v1/account",
                    key: nil,
                    headers: ["Authorization": value + World.adminKey]
                )
                #expect(answer.status == 200)
            }
        }
    }

    @Test func `health and metrics are open`() async throws {
        try await withAPI { client, world in
            #expect(try await client.call(.get, "/health/live", key: nil).status == 200)
            #expect(try await client.call(.get, "/health/ready", key: nil).status == 200)
            world.health.withLock { $0 = HealthReport(problems: ["the disk is full"]) }
            let ready = try await client.call(.get, "/health/ready", key: nil)
            #expect(ready.status == 503)
            #expect(ready.text.contains("the disk is full"))
            world.metrics.redirects.add(3)
            world.metrics.shed(for: .overload).add(2)
            let metrics = try await client.call(.get, "/metrics", key: nil)
            #expect(metrics.text.contains("\nclickstream_redirects_total 3\n"))
            #expect(metrics.text.contains("clickstream_clicks_shed_total{reason=\"overload\"} 2\n"))
            for line in metrics.text.split(separator: "\n") where !line.hasPrefix("#") {
                #expect(line.split(separator: " ").count == 2)
            }
        }
    }

    @Test func `a key is bound to its workspace, a reader's can't change anything`()
        async throws
    {
        try await withAPI { client, _ in
            let other = try await client.call(.post, "/v1/workspaces", #"{"name":"Other"}"#)
            let otherID = try #require(other.string("id"))
            let made = try await client.call(
                .post,
                "/v1/keys",
                #"{"name":"dashboard","scope":"reader"}"#,
                workspace: otherID
            )
            let key = try #require(made.string("key"))
            #expect(made.string("lastFour") == String(key.suffix(4)))

            #expect(try await client.call(.get, "/v1/links", key: key).status == 200)
            let list = try await client.call(.get, "/v1/workspaces", key: key)
            #expect(list.strings("id") == [otherID])
            for (method, path) in [
                (HTTPRequest.Method.post, "/v1/domains"), (.delete, "/v1/links/x"),
                (.post, "/v1/keys"), (.post, "/v1/workspaces"),
            ] {
                let answer = try await client.call(method, path, "{}", key: key)
                #expect(answer.status == 403 && answer.code == "Forbidden", "\(path)")
            }
            let main = try await client.call(.get, "/v1/workspaces")
            let mainID = try #require(main.strings("id").last)
            for wanted in [mainID, "no-such-workspace"] {
                let answer = try await client.call(.get, "/v1/links", key: key, workspace: wanted)
                #expect(answer.status == 403)
                let query = try await client.call(
                    .get,
                    "/v1/links?workspace=\(wanted)",
                    key: key
                )
                #expect(query.status == 403)
            }
            #expect(
                try await client.call(.get, "/v1/workspaces/\(mainID)", key: key).status == 404
            )

            let keys = try await client.call(.get, "/v1/keys", workspace: otherID)
            #expect(keys.strings("name") == ["dashboard"])
            #expect(!keys.text.contains(key))
            let id = try #require(made.string("id"))
            #expect(
                try await client.call(.delete, "/v1/keys/\(id)", workspace: otherID).status == 200
            )
            #expect(try await client.call(.get, "/v1/links", key: key).status == 401)
        }
    }

    @Test func `an owner's key changes its own workspace, and makes none`() async throws {
        try await withAPI { client, _ in
            let made = try await client.call(.post, "/v1/keys", #"{"name":"ci"}"#)
            let key = try #require(made.string("key"))
            let domain = try await client.call(
                .post,
                "/v1/domains",
                #"{"fullName":"a.test"}"#,
                key: key
            )
            #expect(domain.status == 200)
            let workspace = try await client.call(
                .post,
                "/v1/workspaces",
                #"{"name":"x"}"#,
                key: key
            )
            #expect(workspace.status == 403)
            let bad = try await client.call(
                .post,
                "/v1/keys",
                #"{"scope":"god","expiresAt":"soon"}"#
            )
            #expect(
                bad.problems == [
                    "name:RequiredField", "scope:InvalidFormat", "expiresAt:InvalidFormat",
                ]
            )
        }
    }
}
