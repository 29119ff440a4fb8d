import AsyncHTTPClient
import Crypto
import Foundation
import NIOCore
import NIOHTTP1

/// The receivers in `examples/`.
enum Example: String {
    case python, node, swift

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "examples")

    /// The program and its first arguments; nil when it isn't on this machine.
    var command: [String]? {
        switch self {
        case .python: Self.interpreter("python3", "python/receiver.py")
        case .node: Self.interpreter("node", "node/receiver.mjs")
        case .swift: Self.besideTests("example-receiver")
        }
    }

    private static func interpreter(_ name: String, _ script: String) -> [String]? {
        let folders = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":") ?? []
        return folders.map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
            .map { [$0, folder.appending(path: script).path] }
    }

    /// A program that `swift test` built together with the tests.
    private static func besideTests(_ name: String) -> [String]? {
        let tests = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return tests.map {
            URL(filePath: $0).deletingLastPathComponent().appending(path: name).path
        }
        .flatMap { FileManager.default.isExecutableFile(atPath: $0) ? [$0] : nil }
    }
}

/// An example as a child process, which keeps batches in a file.
final class ExampleProcess {
    struct NotThere: Error {}

    /// A line of its file.
    private struct Line {
        let id: String
        let events: [[String: Any]]
    }

    private let port: Int
    private let command: [String]
    private let folder: Folder
    private let secret: String
    private var process: Process?
    private var out: String { "\(folder.path)/batches.ndjson" }

    init(_ example: Example, port: Int, secret: String, in folder: Folder) throws {
        guard let command = example.command else { throw NotThere() }
        self.command = command
        self.port = port
        self.secret = secret
        self.folder = folder
    }

    deinit { kill() }

    /// Starts it; returns when it answers.
    func start() async throws {
        process = try launch(
            command.dropFirst() + ["--port", "\(port)", "--secret", secret, "--out", out],
            of: command[0],
            log: "\(folder.path)/example.log"
        )
        _ = try await eventually("the example listens") {
            try await HTTPClient.shared.get(url: "http://127.0.0.1:\(port)/").get().status.code > 0
        }
    }

    /// `kill -9`.
    func kill() {
        // Python would inherit from this process that SIGTERM is blocked.
        guard let process, process.isRunning else { return }
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// The marks (`?n=`) of the events that were kept, in order.
    func marks() throws -> [String] { try lines().flatMap { $0.events.compactMap(mark(of:)) } }

    /// The ids of the batches that were kept, in order.
    func ids() throws -> [String] { try lines().map(\.id) }

    private func lines() throws -> [Line] {
        try Data(contentsOf: URL(filePath: out)).split(separator: 0x0A).map { line in
            let object = try JSONSerialization.jsonObject(with: line) as? [String: Any]
            return Line(
                id: object?["id"] as? String ?? "",
                events: object?["events"] as? [[String: Any]] ?? []
            )
        }
    }

    /// Appends what a crash in the middle of a line would leave.
    func breakOff() throws {
        let file = try FileHandle(forUpdating: URL(filePath: out))
        try file.seekToEnd()
        try file.write(contentsOf: Data(#"{"id":"bat_half","events":[{"a"#.utf8))
        try file.close()
    }

    /// Sends a batch that was signed as told; returns the answer's status.
    func post(
        id: String,
        body: String = #"{"data":[{}],"key":"k"}"#,
        signedBody: String? = nil,
        secret: String? = nil,
        secondsAgo: Int = 0
    ) async throws -> Int {
        let timestamp = Int(Date().timeIntervalSince1970) - secondsAgo
        let key = Data(base64Encoded: String((secret ?? self.secret).dropFirst("whsec_".count)))
        let code = HMAC<SHA256>.authenticationCode(
            for: Data("\(id).\(timestamp).\(signedBody ?? body)".utf8),
            using: SymmetricKey(data: key ?? Data())
        )
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)/")
        request.method = .POST
        request.headers.add(name: "webhook-id", value: id)
        request.headers.add(name: "webhook-timestamp", value: "\(timestamp)")
        request.headers.add(
            name: "webhook-signature",
            value: "v1,\(Data(code).base64EncodedString())"
        )
        request.body = .bytes(ByteBuffer(string: body))
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
        _ = try await response.body.collect(upTo: 1 << 16)
        return Int(response.status.code)
    }
}
