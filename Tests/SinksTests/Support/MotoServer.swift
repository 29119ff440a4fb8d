import Foundation
import TestKit

/// A store of its own for a test: moto's server, in a process that can be killed.
final class MotoServer {
    struct NotStarted: Error {}

    /// Whether the set-up has fetched it.
    static let isThere = run("import boto3, moto.server") != nil

    let port: Int
    private var process: Process
    private let log: URL

    private init(port: Int, _ process: Process, _ log: URL) {
        (self.port, self.process, self.log) = (port, process, log)
    }

    deinit {
        kill()
        try? FileManager.default.removeItem(at: log)
    }

    /// Starts an empty store, and returns when it answers.
    static func start() async throws -> MotoServer {
        let log = FileManager.default.temporaryDirectory.appending(path: "moto-\(UUID()).log")
        for _ in 0..<5 {
            // Below the ports that the system gives to whoever asks for any.
            let port = Int.random(in: 20_000..<32_000)
            let server = MotoServer(port: port, try launch(port, log), log)
            if await server.isRunning() { return server }
        }
        throw NotStarted()
    }

    /// Starts it again, empty, on the same port.
    func restart() async throws {
        process = try Self.launch(port, log)
        guard await isRunning() else { throw NotStarted() }
    }

    func kill() {
        guard process.isRunning else { return }
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Runs Python that speaks with it as `s3`, and gives what that prints.
    func ask(_ code: String) throws -> String {
        let output = Self.run(
            """
            import boto3, json, urllib.request
            at = "http://127.0.0.1:\(port)"
            plain = dict(region_name="us-east-1", endpoint_url=at, aws_access_key_id="admin",
                aws_secret_access_key="admin")
            s3 = boto3.client("s3", **plain)
            \(code)
            """
        )
        guard let output else { throw NotStarted() }
        return output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// The server, which ends when whoever started it is gone.
    private static let program = """
        import os, sys, threading
        from moto.server import main
        threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
        main(sys.argv[1:])
        """

    private static func launch(_ port: Int, _ log: URL) throws -> Process {
        guard let python = GeoFile.python else { throw NotStarted() }
        try Data().write(to: log)
        let process = Process()
        process.executableURL = URL(filePath: python)
        process.arguments = ["-c", program, "-H", "127.0.0.1", "-p", "\(port)"]
        // Held open by the process's owner, here.
        process.standardInput = Pipe()
        process.standardOutput = FileHandle.nullDevice
        process.standardError = try FileHandle(forWritingTo: log)
        try process.run()
        return process
    }

    /// Whether it came to listen: it, and nobody else on its port.
    private func isRunning() async -> Bool {
        for _ in 0..<2400 {
            let text = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
            if text.contains("Running on") { return true }
            guard process.isRunning else { return false }
            try? await Task.sleep(for: .milliseconds(50))
        }
        return false
    }

    private static func run(_ code: String) -> String? {
        guard let python = GeoFile.python else { return nil }
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: python)
        process.arguments = ["-c", code]
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        let text = (try? output.fileHandleForReading.readToEnd()).flatMap { $0 } ?? Data()
        process.waitUntilExit()
        return process.terminationStatus == 0 ? String(decoding: text, as: UTF8.self) : nil
    }
}
