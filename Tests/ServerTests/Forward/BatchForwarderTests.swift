import ClickModel
import ClickstreamReceiver
import Foundation
import Testing

@testable import Server

struct BatchForwarderTests {
    private static let secret = "whsec_" + Data(repeating: 7, count: 32).base64EncodedString()

    private static func forwarder(
        _ format: EventFormat = .rebrandly,
        _ limits: BatchLimits = BatchLimits(),
        secret: String? = nil
    ) -> BatchForwarder {
        BatchForwarder(
            format: format,
            key: "k\"1",
            limits: limits,
            authentication: ("X-Key", "v"),
            secret: secret.map { SigningSecret($0) }
        )
    }

    @Test func `what came together is one batch, framed as the stream frames it`() {
        var forwarder = Self.forwarder()
        let batches = forwarder.batches(of: [#"{"n":1}"#, #"{"n":2}"#])
        #expect(
            batches.map { String(decoding: $0.body, as: UTF8.self) }
                == [#"{"data":[{"n":1},{"n":2}],"key":"k\"1"}"#]
        )
        var events = Self.forwarder(.cloudevents)
        #expect(
            events.batches(of: ["{}"]).map { String(decoding: $0.body, as: UTF8.self) } == ["[{}]"]
        )
    }

    @Test func `batches keep to the stream's limits, and number their events`() {
        var forwarder = Self.forwarder(.rebrandly, BatchLimits(events: 2))
        let first = forwarder.batches(of: ["{}", "{}", "{}"])
        let second = forwarder.batches(of: ["{}"])
        #expect((first + second).map(\.sequences) == [1...2, 3...3, 4...4])
        let large = "{\"a\":\"\(String(repeating: "x", count: 10_000))\"}"
        var small = Self.forwarder(.rebrandly, BatchLimits(bytes: 16_384))
        #expect(
            small.batches(of: [large, large, large]).map(\.sequences) == [1...1, 2...2, 3...3]
        )
    }

    @Test func `requests are signed as Standard Webhooks has it, when the secret is given`() throws
    {
        var forwarder = Self.forwarder(secret: Self.secret)
        let batch = try #require(forwarder.batches(of: ["{}"]).first)
        let headers = batch.headers(attempt: 2, at: .now)
        func value(_ name: String) -> String? { headers.first { $0.name == name }?.value }
        let verifier = try SignatureVerifier(secrets: [Self.secret])
        try verifier.verify(DeliveryHeaders(headers), body: batch.body, now: Date())
        #expect(value("webhook-id") == batch.id)
        #expect(value("webhook-attempt") == "2")
        #expect(value("X-Key") == "v")
        #expect(value("content-type") == "application/json")
        var unsigned = Self.forwarder()
        let plain = try #require(unsigned.batches(of: ["{}"]).first)
        #expect(!plain.headers(attempt: 1, at: .now).contains { $0.name == "webhook-signature" })
    }
}
