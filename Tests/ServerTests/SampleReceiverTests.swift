import ClickModel
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import Sinks
import Testing

@testable import Server

struct SampleReceiverTests {
    private static let secret = "whsec_" + Data(repeating: 9, count: 32).base64EncodedString()
    private static let body = #"{"data":[{"a":1},{"a":2}],"key":"k"}"#

    private static func headers(
        id: String = "bat_1",
        timestamp: String = "\(Timestamp.now.seconds)",
        secret: String = secret
    ) throws -> HTTPFields {
        let signature = WebhookSignature(secrets: [secret]).header(
            id: id,
            timestamp: Int64(timestamp) ?? 0,
            body: Array(body.utf8)
        )
        var fields = HTTPFields()
        for (name, value) in [
            ("X-Key", "v"), ("webhook-id", id), ("webhook-timestamp", timestamp),
            ("webhook-signature", signature),
        ] { fields[try #require(HTTPField.Name(name))] = value }
        return fields
    }

    /// Runs a receiver that keeps events in `out`, and gives the lines of it afterwards.
    private static func withReceiver(
        out: String? = nil,
        _ body: @Sendable (any TestClientProtocol) async throws -> Void
    ) async throws -> [Substring] {
        let file = FileManager.default.temporaryDirectory.appending(path: "received-\(UUID())").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        var options = SampleReceiver.Options()
        options.header = "X-Key"
        options.value = "v"
        options.secret = secret
        options.out = out ?? file
        let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let app = try SampleReceiver(options).makeApplication(
            host: "127.0.0.1",
            port: 0,
            logger: quiet
        )
        try await app.test(.router) { try await body($0) }
        return ((try? String(contentsOfFile: file, encoding: .utf8)) ?? "").split(separator: "\n")
    }

    private static func send(
        _ client: any TestClientProtocol,
        _ headers: HTTPFields
    ) async throws -> HTTPResponse.Status {
        try await client.execute(
            uri: "/",
            method: .post,
            headers: headers,
            body: .init(string: body)
        ).status
    }

    @Test func `a batch is kept once, line by line`() async throws {
        let lines = try await Self.withReceiver { client in
            for id in ["bat_1", "bat_1", "bat_2"] {
                let headers = try Self.headers(id: id)
                #expect(try await Self.send(client, headers) == .ok)
            }
        }
        #expect(lines == [#"{"a":1}"#, #"{"a":2}"#, #"{"a":1}"#, #"{"a":2}"#])
    }

    @Test func `a batch that could not be kept is not taken for one that was`() async throws {
        _ = try await Self.withReceiver(out: "/dev/full") { client in
            for _ in 0..<2 {
                let headers = try Self.headers()
                #expect(try await Self.send(client, headers) == .internalServerError)
            }
        }
    }

    @Test func `a wrong secret, another time or no time at all is refused`() async throws {
        let other = "whsec_" + Data(repeating: 8, count: 32).base64EncodedString()
        let lines = try await Self.withReceiver { client in
            let wrong = try Self.headers(secret: other)
            #expect(try await Self.send(client, wrong) == .unauthorized)
            for time in ["0", "-1", "9223372036854775807", "-9223372036854775808", "1e3", ""] {
                let headers = try Self.headers(timestamp: time)
                #expect(try await Self.send(client, headers) == .unauthorized, "\(time)")
            }
        }
        #expect(lines.isEmpty)
    }
}
