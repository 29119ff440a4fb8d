import ClickModel
import Foundation
import NIOHTTP1
import Testing

@testable import Sinks

@Suite struct WebhookProxyTests {
    private static func settings(
        _ endpoint: String,
        _ proxy: String,
        _ changes: [String: String] = [:]
    ) -> [String: String] {
        [
            "endpoint": endpoint, "method": "POST", "header": "X-Key", "value": "a-secret-value",
            "timeout": "30", "proxy": proxy,
        ].merging(changes) { $1 }
    }

    @Test(arguments: ["http", "https"])
    func `a batch goes through a tunnel to the checked address`(_ scheme: String) async throws {
        let tls = scheme == "https" ? try TestCertificates.serverContext() : nil
        let endpoint = try await ScriptedEndpoint.start(tls)
        let proxy = try await TestProxy.start()
        let sink = WebhookProvider(addressGuard: try .loopback()).sink(
            Self.settings(
                "\(scheme)://hook.test:\(endpoint.port)/hook",
                "http://me:p%40ss@proxy.test:\(proxy.port)",
                tls == nil ? [:] : ["tls.ca": TestCertificates.authority]
            )
        )
        for _ in 0..<2 {
            let outcome = await sink.deliver(.fixture())
            #expect(outcome.isDelivered, "\(outcome)")
        }
        await sink.close()

        // One tunnel for both, with the address for a target: a name would be resolved once more.
        let credentials = Data("me:p@ss".utf8).base64EncodedString()
        #expect(
            proxy.requests == [
                "CONNECT 127.0.0.1:\(endpoint.port) HTTP/1.1\r\n"
                    + "Host: 127.0.0.1:\(endpoint.port)\r\n"
                    + "Proxy-Authorization: Basic \(credentials)\r\n\r\n"
            ]
        )
        let head = try #require(endpoint.requests.first).head
        #expect(head.uri == "/hook")
        #expect(head.headers["host"] == ["hook.test:\(endpoint.port)"])
        #expect(head.headers["proxy-authorization"] == [])
        try await proxy.stop()
        try await endpoint.stop()
    }

    @Test(arguments: [
        (
            "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
            "the proxy wants other credentials (407)"
        ),
        ("HTTP/1.0 403 Forbidden\r\n\r\n", "the proxy answered 403 to CONNECT"),
        ("SMTP ready\r\n\r\n", "what the proxy answered is no HTTP"),
        ("HTTP/1.1 200 OK\r\n\r\nand more", "what the proxy answered is no HTTP"),
        (String(repeating: "x", count: 70_000), "what the proxy answered is no HTTP"),
    ])
    func `what the proxy says instead is told, and no secret`(
        _ answer: String,
        _ words: String
    ) async throws {
        let proxy = try await TestProxy.start(refusing: answer)
        let sink = WebhookProvider(addressGuard: try .loopback()).sink(
            Self.settings("https://hook.test/", "http://me:s3cret@127.0.0.1:\(proxy.port)")
        )
        #expect(await sink.deliver(.fixture()).words == words)
        await sink.close()
        try await proxy.stop()
    }

    @Test func `a proxy that says nothing costs an attempt its time`() async throws {
        let proxy = try await TestProxy.start(refusing: "HTTP/1.1 200")
        let sink = WebhookProvider(addressGuard: try .loopback()).sink(
            Self.settings(
                "http://hook.test/",
                "http://127.0.0.1:\(proxy.port)",
                ["timeout": "1"]
            )
        )
        let words = await sink.deliver(.fixture()).words
        #expect(words?.hasPrefix("no answer within") ?? false)
        await sink.close()
        try await proxy.stop()
    }

    @Test func `an endpoint that nobody may call is not called through a proxy either`()
        async throws
    {
        let proxy = try await TestProxy.start()
        let addressGuard = try AddressGuard.loopback(["10.0.0.1"])
        let sink = WebhookProvider(addressGuard: addressGuard).sink(
            Self.settings("http://hook.test/", "http://127.0.0.1:\(proxy.port)")
        )
        let words = await sink.deliver(.fixture()).words
        #expect(words?.hasPrefix("address refused") ?? false)
        #expect(proxy.requests.isEmpty)
        await sink.close()
        try await proxy.stop()
    }

    @Test(arguments: [
        ("http://10.0.0.1:3128", "AddressRefused"), ("http://me:pw@127.1:3128", "AddressRefused"),
        ("https://8.8.8.8:3128", "InvalidFormat"), ("http://8.8.8.8:3128/path", "InvalidFormat"),
        ("http://me@8.8.8.8:3128", "InvalidFormat"), ("http://a:b%0Ac@8.8.8.8", "InvalidFormat"),
        ("socks5://8.8.8.8", "InvalidFormat"), ("nonsense", "InvalidFormat"),
    ])
    func `a proxy that can't be used is told at saving`(
        _ proxy: String,
        _ code: String
    ) async throws {
        let provider = WebhookProvider(addressGuard: AddressGuard(allowed: []))
        let problems = await provider.problems(
            with: Self.settings("http://8.8.8.8/", proxy)
        )
        #expect(problems.map(\.property) == ["proxy"])
        #expect(problems.map(\.code) == [code])
        let good = Self.settings("http://8.8.8.8/", "http://me:pw@8.8.4.4:3128/")
        #expect(await provider.problems(with: good).isEmpty)
    }
}
