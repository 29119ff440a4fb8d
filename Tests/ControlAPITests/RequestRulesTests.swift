import Catalog
import ClickModel
import Foundation
import HTTPTypes
import HummingbirdTesting
import TestKit
import Testing

@testable import ControlAPI

@Suite struct RequestRulesTests {
    @Test func `a bucket fills as time passes, and holds twice its rate`() throws {
        let buckets = Buckets(rate: 10)
        let start = ContinuousClock.now
        for _ in 0..<20 { #expect(buckets.take("a", at: start) == nil) }
        let wait = try #require(buckets.take("a", at: start))
        #expect(abs(wait - 0.1) < 0.001)
        // Another key has its own.
        #expect(buckets.take("b", at: start) == nil)
        #expect(buckets.take("a", at: start + .milliseconds(100)) == nil)
        #expect(buckets.take("a", at: start + .milliseconds(100)) != nil)
        for _ in 0..<20 { #expect(buckets.take("a", at: start + .seconds(100)) == nil) }
        #expect(buckets.take("a", at: start + .seconds(100)) != nil)
    }

    @Test func `a key that asks too often is told when to come again`() async throws {
        try await withAPI(rateLimit: 1) { client, _ in
            var statuses: [Int] = []
            var last: Answer?
            while statuses.count < 50, statuses.last != 429 {
                last = try await client.call(.get, "/v1/account")
                statuses.append(last?.status ?? 0)
            }
            #expect(statuses.prefix(2) == [200, 200])
            #expect(statuses.last == 429)
            #expect(last?.code == "TooManyRequests")
            let name = try #require(HTTPField.Name("retry-after"))
            #expect(last?.headers[name] == "1")
            // What is open isn't counted, and a wrong key is told nothing else.
            #expect(try await client.call(.get, "/health/live", key: nil).status == 200)
            #expect(try await client.call(.get, "/v1/account", key: "wrong").status == 401)
        }
    }

    @Test func `pages of other origins read nothing, unless they are named`() async throws {
        let allow = try #require(HTTPField.Name("access-control-allow-origin"))
        let ask = ["Origin": "https://a.example", "Access-Control-Request-Method": "POST"]
        try await withAPI { client, _ in
            let answer = try await client.call(.get, "/v1/account", headers: ask)
            #expect(answer.headers[allow] == nil)
            #expect(
                try await client.call(.options, "/v1/links", key: nil, headers: ask).status == 401
            )
        }
        try await withAPI(allowedOrigins: ["https://a.example"]) { client, _ in
            let preflight = try await client.call(.options, "/v1/links", key: nil, headers: ask)
            #expect(preflight.status == 204)
            #expect(preflight.headers[allow] == "https://a.example")
            let answer = try await client.call(.get, "/v1/account", headers: ask)
            #expect(answer.headers[allow] == "https://a.example")
            #expect(answer.headers[.vary] == "Origin")
            let other = ["Origin": "https://a.example.evil"]
            let refused = try await client.call(.get, "/v1/account", headers: other)
            #expect(refused.headers[allow] == nil)
            // A refusal can be read by the page that is allowed, too.
            let unknown = try await client.call(.get, "/v1/account", key: nil, headers: ask)
            #expect(unknown.status == 401 && unknown.headers[allow] == "https://a.example")
        }
    }

    @Test func `every answer tells browsers to keep to what it is`() async throws {
        try await withAPI { client, _ in
            for (path, key) in [
                ("/v1/account", World.adminKey), ("/v1/none", World.adminKey),
                ("/v1/account", "wrong"), ("/metrics", nil),
            ] as [(String, String?)] {
                let answer = try await client.call(.get, path, key: key)
                for (name, value) in [
                    ("x-content-type-options", "nosniff"), ("x-frame-options", "DENY"),
                    ("referrer-policy", "no-referrer"),
                ] {
                    let name = try #require(HTTPField.Name(name))
                    #expect(answer.headers[name] == value, "\(path) \(name)")
                }
            }
        }
    }

    @Test func `HEAD is answered like GET, and changes nothing`() async throws {
        try await withAPI { client, world in
            let workspace = try await world.catalog.mainWorkspace()
            _ = try await world.catalog.createDomain(fullName: "a.test", in: workspace)
            let head = try await client.call(.head, "/v1/links")
            #expect(head.status == 200 && head.text.isEmpty)
            let path = "/v1/links/new?destination=https://example.com/"
            #expect(try await client.call(.head, path).status == 404)
            #expect(try await world.catalog.linkCount() == 0)
            #expect(try await client.call(.get, path).status == 200)
            #expect(try await world.catalog.linkCount() == 1)
        }
    }

    @Test func `a key that ends makes none that outlives it`() async throws {
        try await withAPI { client, _ in
            let end = Timestamp.now.advanced(by: .seconds(3600))
            let made = try await client.call(
                .post,
                "/v1/keys",
                #"{"name":"a","scope":"owner","expiresAt":"\#(end.description)"}"#
            )
            let key = try #require(made.string("key"))
            let child = try await client.call(.post, "/v1/keys", #"{"name":"b"}"#, key: key)
            #expect(child.string("expiresAt") == made.string("expiresAt"))
            let later = end.advanced(by: .seconds(1)).description
            let refused = try await client.call(
                .post,
                "/v1/keys",
                #"{"name":"c","expiresAt":"\#(later)"}"#,
                key: key
            )
            #expect(refused.status == 403 && refused.problems == ["expiresAt:InvalidFormat"])
            let past = try await client.call(
                .post,
                "/v1/keys",
                #"{"name":"c","expiresAt":"2020-01-01T00:00:00Z"}"#
            )
            #expect(past.status == 403)
        }
    }

    @Test func `a listener whose key is removed hears nothing more`() async throws {
        try await withAPI(.live, heartbeat: .milliseconds(50)) { client, world in
            let made = try await client.call(.post, "/v1/keys", #"{"name":"a","scope":"reader"}"#)
            let listener = LiveListener()
            try listener.connect(
                port: try #require(client.port),
                key: try #require(made.string("key"))
            )
            try await listener.wait(for: ": live")
            let id = try #require(made.string("id"))
            #expect(try await client.call(.delete, "/v1/keys/\(id)").status == 200)
            // The last chunk; the connection itself is kept.
            try await listener.wait(for: "\r\n0\r\n\r\n")
            listener.close()
            try await world.source.append([TestEvent("late")])
            #expect(!listener.text.contains("late"))
        }
    }

    @Test func `parameters are read as the URL Standard has it`() async throws {
        try await withAPI { client, world in
            let other = try await world.catalog.createWorkspace(name: "Other")
            _ = try await world.catalog.createDomain(fullName: "o.test", in: other)
            for name in ["workspace", "workspace%5Bid%5D", "workspace[id]"] {
                let domains = try await client.call(.get, "/v1/domains?\(name)=\(other.id)")
                #expect(domains.strings("fullName") == ["o.test"], "\(name)")
            }
            let made = try await client.call(
                .get,
                "/v1/links/new?destination=https%3A%2F%2Fexample.com%2F&title=a+b%2Bc&workspace=\(other.id)"
            )
            #expect(made.string("title") == "a b+c")
        }
    }

    @Test func `a listener hears that it is alive while others' events come`() async throws {
        try await withAPI(.live, heartbeat: .milliseconds(50)) { client, world in
            let listener = LiveListener()
            try listener.connect(port: try #require(client.port), query: "?countries=aq")
            try await listener.wait(for: ": live")
            let clicks = Task { [source = world.source] in
                while !Task.isCancelled {
                    try await source.append([TestEvent("e", country: "br")])
                    try await Task.sleep(for: .milliseconds(5))
                }
            }
            defer { clicks.cancel() }
            try await listener.wait(for: "\n:\n\n")
            #expect(!listener.text.contains("data:"))
            listener.close()
        }
    }
}
