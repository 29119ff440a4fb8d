import ClickModel
import Testing

@testable import Sinks

@Suite struct WebhookTLSTests {
    private static func settings(_ port: Int, _ changes: [String: String]) -> [String: String] {
        [
            "endpoint": "https://hook.test:\(port)/", "method": "POST", "header": "X-Key",
            "value": "a-secret-value", "timeout": "30",
        ].merging(changes) { $1 }
    }

    private static func outcome(
        at endpoint: ScriptedEndpoint,
        _ changes: [String: String]
    ) async throws -> DeliveryOutcome {
        let sink = WebhookProvider(addressGuard: try .loopback())
            .sink(settings(endpoint.port, changes))
        let outcome = await sink.deliver(.fixture())
        await sink.close()
        return outcome
    }

    @Test func `a stream's own authorities stand in for the system's`() async throws {
        let endpoint = try await ScriptedEndpoint.start(TestCertificates.serverContext())
        let trusted = ["tls.ca": TestCertificates.authority]
        #expect(try await Self.outcome(at: endpoint, trusted).isDelivered)
        #expect(
            try await Self.outcome(at: endpoint, [:]).words
                == "TLS failed: certificate verify failed"
        )
        let others = ["tls.ca": TestCertificates.client]
        #expect(
            try await Self.outcome(at: endpoint, others).words
                == "TLS failed: certificate verify failed"
        )
        #expect(endpoint.requests.count == 1)
        try await endpoint.stop()
    }

    @Test func `the certificate has to be for the endpoint's name`() async throws {
        let endpoint = try await ScriptedEndpoint.start(TestCertificates.serverContext())
        for host in ["other.test", "127.0.0.1"] {
            let outcome = try await Self.outcome(
                at: endpoint,
                [
                    "tls.ca": TestCertificates.authority,
                    "endpoint": "https://\(host):\(endpoint.port)/",
                ]
            )
            #expect(outcome.words == "TLS failed: the certificate is for another name")
        }
        #expect(endpoint.requests.isEmpty)
        try await endpoint.stop()
    }

    @Test func `an endpoint that wants a certificate is shown the stream's`() async throws {
        let endpoint = try await ScriptedEndpoint.start(
            TestCertificates.serverContext(wantsClient: true)
        )
        let anonymous = ["tls.ca": TestCertificates.authority]
        #expect(try await Self.outcome(at: endpoint, anonymous).isFailed)
        let known = anonymous.merging([
            "tls.certificate": TestCertificates.client,
            "tls.privateKey": TestCertificates.clientKey,
        ]) { $1 }
        #expect(try await Self.outcome(at: endpoint, known).isDelivered)
        try await endpoint.stop()
    }

    @Test(arguments: [
        (["tls.ca": "nonsense"], "tls.ca"),
        (["tls.certificate": TestCertificates.client], "tls.privateKey"),
        (["tls.privateKey": TestCertificates.clientKey], "tls.certificate"),
        (
            [
                "tls.certificate": "nonsense", "tls.privateKey": TestCertificates.clientKey,
            ], "tls.certificate"
        ),
        (
            [
                "tls.certificate": TestCertificates.client, "tls.privateKey": "nonsense",
            ], "tls.privateKey"
        ),
        (
            [
                "tls.certificate": TestCertificates.client,
                "tls.privateKey": TestCertificates.serverKey,
            ], "tls.privateKey"
        ),
        (["tls.ca": TestCertificates.authority, "endpoint": "http://hook.test/"], "tls.ca"),
    ])
    func `what can't be used is told at saving`(
        _ changes: [String: String],
        _ property: String
    ) async throws {
        let provider = WebhookProvider(addressGuard: try .loopback())
        let problems = await provider.problems(with: Self.settings(443, changes))
        #expect(problems.map(\.property) == [property])
        #expect(problems.map(\.code) == ["InvalidFormat"])
        let message = try #require(problems.first).message
        #expect(!message.contains("-----"))
    }
}
