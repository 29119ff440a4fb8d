import ClickModel
import NIOHTTP1
import Synchronization
import Testing

@testable import Sinks

@Suite struct GuardedClientTests {
    private static func client(
        _ url: String,
        _ addressGuard: AddressGuard
    ) throws -> GuardedClient {
        GuardedClient(
            Connector(endpoint: try Endpoint(url), proxy: nil, tls: .system),
            addressGuard: addressGuard
        )
    }

    private static let request = GuardedRequest(
        method: .POST,
        target: "/a?b=c",
        headers: [:],
        body: Array("body".utf8)
    )

    @Test func `one connection serves one request after the other`() async throws {
        let endpoint = try await ScriptedEndpoint.start()
        let client = try Self.client("http://127.0.0.1:\(endpoint.port)/", .loopback())
        for _ in 0..<3 {
            #expect(try await client.send(Self.request, within: .seconds(5)).get().status == 200)
        }
        #expect(endpoint.connections == 1)
        client.close()
        try await endpoint.stop()
    }

    @Test(arguments: [["connection": "close"], ["keep-alive": "timeout=1"]])
    func `a connection that the server won't keep is not used again`(
        _ headers: [String: String]
    ) async throws {
        let endpoint = try await ScriptedEndpoint.start()
        let client = try Self.client("http://127.0.0.1:\(endpoint.port)/", .loopback())
        for _ in 0..<2 {
            endpoint.answer(.ok, HTTPHeaders(Array(headers)))
            #expect(try await client.send(Self.request, within: .seconds(5)).get().status == 200)
        }
        #expect(endpoint.connections == 2)
        client.close()
        try await endpoint.stop()
    }

    @Test func `requests at the same time have connections of their own`() async throws {
        let endpoint = try await ScriptedEndpoint.start()
        let client = try Self.client("http://127.0.0.1:\(endpoint.port)/", .loopback())
        let statuses = await withTaskGroup(of: Int?.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    try? await client.send(Self.request, within: .seconds(5)).get().status
                }
            }
            return await group.reduce(into: [Int?]()) { $0.append($1) }
        }
        #expect(statuses == Array(repeating: 200, count: 8))
        client.close()
        try await endpoint.stop()
    }

    @Test func `after a failure the name is resolved anew and its next address tried`()
        async throws
    {
        let endpoint = try await ScriptedEndpoint.start()
        let asked = Mutex(0)
        let both = ["127.0.0.99", "127.0.0.1"].compactMap { IPAddress($0) }
        let addressGuard = AddressGuard(
            allowed: [try #require(AddressRange("127.0.0.0/8"))],
            lookups: NameLookups { _ in
                asked.withLock { $0 += 1 }
                return both
            }
        )
        let client = try Self.client("http://hook.test:\(endpoint.port)/", addressGuard)
        let first = await client.send(Self.request, within: .seconds(5))
        #expect(throws: GuardedClient.Failure.failed("could not connect: Connection refused")) {
            try first.get()
        }
        for _ in 0..<3 {
            #expect(try await client.send(Self.request, within: .seconds(5)).get().status == 200)
        }
        #expect(asked.withLock { $0 } == 2)
        let head = try #require(endpoint.requests.first).head
        #expect(head.headers["host"] == ["hook.test:\(endpoint.port)"])
        #expect(head.headers["content-length"] == ["4"])
        #expect(head.uri == "/a?b=c")
        client.close()
        try await endpoint.stop()
    }

    @Test func `one address that nobody allowed is enough to send nothing`() async throws {
        let endpoint = try await ScriptedEndpoint.start()
        let client = try Self.client(
            "http://hook.test:\(endpoint.port)/",
            .loopback(["127.0.0.1", "10.0.0.1"])
        )
        let result = await client.send(Self.request, within: .seconds(5))
        guard case .failure(.failed(let words)) = result else {
            Issue.record("it was sent")
            return
        }
        #expect(words.hasPrefix("address refused"))
        #expect(!words.contains("10.0.0.1"))
        #expect(endpoint.connections == 0)
        try await endpoint.stop()
    }

    @Test(arguments: [
        ("http://a.test", "a.test", "/"), ("http://a.test:80?x=1", "a.test", "/?x=1"),
        ("https://a.test:8443/p/q?x=%20", "a.test:8443", "/p/q?x=%20"),
        ("http://[2001:4860::1]:81/", "[2001:4860::1]:81", "/"),
    ])
    func `a URL gives the Host header and the target`(
        _ url: String,
        _ host: String,
        _ target: String
    ) throws {
        let endpoint = try Endpoint(url)
        #expect(endpoint.authority == host)
        #expect(endpoint.target == target)
    }
}
