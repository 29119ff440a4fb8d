import ClickModel
import Foundation
import NIOHTTP1
import TestKit
import Testing

@testable import Sinks

@Suite struct WebhookSinkTests {
    private static let secret = "whsec_" + Data(repeating: 7, count: 32).base64EncodedString()

    /// A kind that may reach this machine.
    private static func provider() throws -> WebhookProvider {
        let loopback = try #require(AddressRange("127.0.0.0/8"))
        return WebhookProvider(addressGuard: AddressGuard(allowed: [loopback]))
    }

    private static func sink(
        for endpoint: ScriptedEndpoint,
        _ changes: [String: String] = [:]
    ) throws -> any Sink {
        let destination = Destination(
            kind: "webhook",
            settings: endpoint.settings.merging(changes) { $1 }
        )
        return try provider().makeSink(
            for: .fixture(destination: destination, secrets: [secret])
        )
    }

    private static func batch(
        attempt: Int = 1,
        sequences: ClosedRange<Int64>? = 4...5
    ) -> OutgoingBatch {
        OutgoingBatch(
            id: "msg_1",
            attempt: attempt,
            sequences: sequences,
            isTest: sequences == nil,
            firstTime: Timestamp(microseconds: 0),
            contentType: "application/json",
            body: Array(#"{"data":[1,2],"key":"k"}"#.utf8)
        )
    }

    @Test func `a webhook keeps every promise of a sink`() async throws {
        let endpoint = try await ScriptedEndpoint.start()
        try await SinkConformance(Self.provider(), endpoint).run()
        try await endpoint.stop()
    }

    @Test func `a notice is signed, carries no stream's headers, and is no test`() async throws {
        let endpoint = try await ScriptedEndpoint.start()
        let address = "http://127.0.0.1:\(endpoint.port)/notices?of=test"
        let sink = try #require(
            try Self.provider().makeNoticeSink(to: address, secret: SigningSecret(Self.secret))
        )
        for bad in ["ftp://a.test/", "http://127.1/", "http://u:p@a.test/"] {
            #expect(
                try Self.provider().makeNoticeSink(to: bad, secret: SigningSecret(Self.secret))
                    == nil
            )
        }
        let body = Array(#"{"type":"stream.status"}"#.utf8)
        let notice = OutgoingBatch(
            id: "ntc_1",
            attempt: 1,
            sequences: nil,
            firstTime: Timestamp(microseconds: 0),
            contentType: "application/json",
            body: body
        )
        #expect(await sink.deliver(notice).isDelivered)
        await sink.close()
        try await endpoint.stop()
        let request = try #require(endpoint.requests.first)
        let names = Set(request.head.headers.map { $0.name.lowercased() })
        #expect(
            names == [
                "host", "content-type", "content-length", "user-agent", "webhook-id",
                "webhook-timestamp", "webhook-signature", "webhook-attempt",
            ]
        )
        let time = try #require(Int64(request.head.headers.first(name: "webhook-timestamp") ?? ""))
        let signature = WebhookSignature(secrets: [SigningSecret(Self.secret)])
        #expect(
            request.head.headers.first(name: "webhook-signature")
                == signature.header(id: "ntc_1", timestamp: time, body: body)
        )
        #expect(request.body == body)
    }

    @Test(arguments: ["POST", "PUT"])
    func `a request says what it carries`(_ method: String) async throws {
        let endpoint = try await ScriptedEndpoint.start()
        let sink = try Self.sink(for: endpoint, ["method": method])
        #expect(await sink.deliver(Self.batch(attempt: 3)).answer?.status == 200)
        #expect(await sink.deliver(Self.batch(sequences: nil)).answer?.status == 200)
        await sink.close()
        try await endpoint.stop()

        let request = try #require(endpoint.requests.first)
        #expect(request.head.method.rawValue == method)
        #expect(request.head.uri == "/hook?of=test")
        let headers = request.head.headers
        #expect(headers["content-type"] == ["application/json"])
        #expect(headers["x-key"] == ["a-secret-value"])
        #expect(headers["webhook-id"] == ["msg_1"])
        #expect(headers["webhook-attempt"] == ["3"])
        #expect(headers["webhook-first-sequence"] == ["4"])
        #expect(headers["webhook-last-sequence"] == ["5"])
        #expect(headers["webhook-test"] == [])
        let timestamp = try #require(headers["webhook-timestamp"].first.flatMap { Int64($0) })
        #expect(abs(timestamp - Timestamp.now.seconds) < 60)
        let signature = WebhookSignature(secrets: [SigningSecret(Self.secret)])
            .header(id: "msg_1", timestamp: timestamp, body: request.body)
        #expect(headers["webhook-signature"] == [signature])
        let test = try #require(endpoint.requests.last).head.headers
        #expect(test["webhook-test"] == ["true"])
        #expect(test["webhook-first-sequence"] == [])
    }

    @Test func `a compressed body is signed as it was before`() async throws {
        let endpoint = try await ScriptedEndpoint.start()
        let sink = try Self.sink(for: endpoint, ["gzip": "true"])
        #expect(await sink.deliver(Self.batch()).isDelivered)
        await sink.close()
        try await endpoint.stop()

        let request = try #require(endpoint.requests.first)
        let headers = request.head.headers
        #expect(headers["content-encoding"] == ["gzip"])
        #expect(headers["content-length"] == ["\(request.body.count)"])
        #expect(Gunzip.bytes(request.body) == Self.batch().body)
        let timestamp = try #require(headers["webhook-timestamp"].first.flatMap { Int64($0) })
        let signature = WebhookSignature(secrets: [SigningSecret(Self.secret)])
            .header(id: "msg_1", timestamp: timestamp, body: Self.batch().body)
        #expect(headers["webhook-signature"] == [signature])
    }

    @Test func `a replay says which one it is`() async throws {
        let endpoint = try await ScriptedEndpoint.start()
        let sink = try Self.sink(for: endpoint)
        #expect(await sink.deliver(.fixture(replay: "rpl_7")).isDelivered)
        #expect(await sink.deliver(.fixture()).isDelivered)
        await sink.close()
        try await endpoint.stop()
        #expect(endpoint.requests.map { $0.head.headers["webhook-replay"] } == [["rpl_7"], []])
    }

    @Test func `answers mean what the delivery page says`() async throws {
        let endpoint = try await ScriptedEndpoint.start()
        let sink = try Self.sink(for: endpoint)
        endpoint.answer(.noContent)
        #expect(await sink.deliver(Self.batch()).answer?.status == 204)

        endpoint.answer(.tooManyRequests, ["retry-after": "7"], "slow down")
        guard case .failed(let busy) = await sink.deliver(Self.batch()) else {
            Issue.record("429 is a failure")
            return
        }
        #expect(busy.status == 429)
        #expect(busy.retryAfter == .seconds(7))
        #expect(busy.message.contains("slow down"))

        // Never followed: the address behind it is checked by nobody.
        endpoint.answer(.temporaryRedirect, ["location": endpoint.settings["endpoint"] ?? ""])
        guard case .failed(let redirect) = await sink.deliver(Self.batch()) else {
            Issue.record("a redirect is a failure")
            return
        }
        #expect(redirect.status == 307)
        #expect(endpoint.requests.count == 3)

        for status in [HTTPResponseStatus.badRequest, .payloadTooLarge, .unprocessableEntity] {
            endpoint.answer(status, [:], "not this one")
            guard case .refused(let refusal, let isTooLarge) = await sink.deliver(Self.batch())
            else {
                Issue.record("\(status) speaks of the events")
                return
            }
            #expect(isTooLarge == (status == .payloadTooLarge))
            #expect(
                refusal.answer == DeliveryAnswer(status: Int(status.code), text: "not this one")
            )
        }

        endpoint.answer(.gone)
        guard case .gone = await sink.deliver(Self.batch()) else {
            Issue.record("410 means gone")
            return
        }
        await sink.close()
        try await endpoint.stop()
    }

    @Test func `an address that nobody allowed is refused at the attempt too`() async throws {
        let endpoint = try await ScriptedEndpoint.start()
        let provider = WebhookProvider(addressGuard: AddressGuard(allowed: []))
        let destination = Destination(kind: "webhook", settings: endpoint.settings)
        let sink = provider.makeSink(for: .fixture(destination: destination))
        guard case .failed(let failure) = await sink.deliver(Self.batch()) else {
            Issue.record("it was sent")
            return
        }
        #expect(failure.message.contains("address refused"))
        #expect(endpoint.requests.isEmpty)
        await sink.close()
        try await endpoint.stop()
    }
}
