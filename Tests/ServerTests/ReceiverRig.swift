import ClickModel
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import Sinks
import Synchronization
import Testing

@testable import Server

/// A sample receiver that keeps events in a file of its own and its notes in memory.
final class ReceiverRig: Sendable {
    static let secret = "whsec_" + Data(repeating: 9, count: 32).base64EncodedString()
    static let other = "whsec_" + Data(repeating: 8, count: 32).base64EncodedString()
    static let body = #"{"data":[{"a":1},{"a":2}],"key":"k"}"#

    let receiver: SampleReceiver
    private let file: String
    private let noted: Notes

    private final class Notes: Sendable {
        let lines = Mutex<[String]>([])
    }

    init(_ change: (inout SampleReceiver.Options) -> Void = { _ in }) throws {
        let notes = Notes()
        file = FileManager.default.temporaryDirectory.appending(path: "received-\(UUID())").path
        noted = notes
        var options = SampleReceiver.Options()
        options.header = "X-Key"
        options.value = "v"
        options.secrets = [Self.secret]
        options.out = file
        options.note = { note in notes.lines.withLock { $0.append(note) } }
        change(&options)
        receiver = try SampleReceiver(options)
    }

    deinit { try? FileManager.default.removeItem(atPath: file) }

    /// The events that were kept.
    var lines: [String] {
        let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map(String.init)
    }

    var notes: [String] { noted.lines.withLock { $0 } }

    /// Runs the receiver, by itself or behind a socket.
    func run(
        _ setup: TestingSetup = .router,
        _ body: @Sendable (any TestClientProtocol) async throws -> Void
    ) async throws {
        let app = receiver.makeApplication(
            host: "127.0.0.1",
            port: 0,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        )
        try await app.test(setup) { try await body($0) }
    }

    /// Headers of a batch that was signed now, with others in place of or beside them.
    static func headers(
        id: String = "bat_1",
        timestamp: String = "\(Timestamp.now.seconds)",
        secret: String = secret,
        body: String = body,
        numbers: ClosedRange<Int>? = nil,
        _ others: [String: String] = [:]
    ) throws -> HTTPFields {
        let signature = WebhookSignature(secrets: [SigningSecret(secret)]).header(
            id: id,
            timestamp: Int64(timestamp) ?? 0,
            body: Array(body.utf8)
        )
        var values = [
            "X-Key": "v", "webhook-id": id, "webhook-timestamp": timestamp,
            "webhook-signature": signature,
        ]
        if let numbers {
            values["webhook-first-sequence"] = "\(numbers.lowerBound)"
            values["webhook-last-sequence"] = "\(numbers.upperBound)"
        }
        var fields = HTTPFields()
        for (name, value) in values.merging(others, uniquingKeysWith: { $1 }) {
            fields[try #require(HTTPField.Name(name))] = value
        }
        return fields
    }

    static func send(
        _ client: any TestClientProtocol,
        _ headers: HTTPFields,
        path: String = "/",
        body: String = body
    ) async throws -> TestResponse {
        try await client.execute(
            uri: path,
            method: .post,
            headers: headers,
            body: ByteBuffer(string: body)
        )
    }
}
