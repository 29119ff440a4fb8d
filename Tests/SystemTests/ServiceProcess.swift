import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Synchronization

/// The built binary, which the system tests drive: `CLICKSTREAM_BINARY` names it.
let binary = ProcessInfo.processInfo.environment["CLICKSTREAM_BINARY"]

/// A port is given once: who got it may not listen yet.
private let givenPorts = Mutex<Set<Int>>([])

/// A port that nothing listens on, outside the range that outgoing connections take theirs from.
func freePort() -> Int {
    while true {
        let port = Int.random(in: 20_000..<32_000)
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let isFree = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        if isFree, givenPorts.withLock({ $0.insert(port).inserted }) { return port }
    }
}

struct NotInTime: Error, CustomStringConvertible {
    let description: String
}

/// Waits until `condition` gives a value: only what hangs takes as long as the limit, on any machine.
func eventually<Value>(
    within seconds: Double = 180,
    _ what: String,
    _ condition: () async throws -> Value?
) async throws -> Value {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < deadline {
        if let value = try? await condition() { return value }
        try await Task.sleep(for: .milliseconds(20))
    }
    throw NotInTime(description: "not within \(seconds) s: \(what)")
}

/// A folder of its own, gone when the test is.
final class Folder: Sendable {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "clickstream-\(UUID())")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// `clickstream` as a child process.
final class ServiceProcess {
    struct Answer {
        let status: Int
        let headers: HTTPHeaders
        let body: Data

        var json: [String: Any] {
            (try? JSONSerialization.jsonObject(with: body) as? [String: Any]) ?? [:]
        }
    }

    static let domain = "go.system.test"

    let data: String
    /// What it writes to its terminal; each start has one of its own.
    var log: String { "\(data).log" }
    let edgePort = freePort()
    let controlPort = freePort()
    let key = "system-\(UUID())"
    private let settings: [String: String]
    private let environment: [String: String]
    private var process: Process?
    private(set) var workspace: String?

    /// - Parameters:
    ///   - data: Its data folder.
    ///   - settings: Configuration: `EDGE_PORT` for `edge.port`.
    ///   - environment: What else stands in its environment.
    init(data: String, settings: [String: String] = [:], environment: [String: String] = [:]) {
        self.data = data
        self.settings = settings
        self.environment = environment
    }

    deinit {
        process?.terminate()
        try? FileManager.default.removeItem(atPath: log)
    }

    var pid: Int32 { process?.processIdentifier ?? 0 }

    /// Runs it until it ends by itself; its exit status.
    func run() throws -> Int32 {
        let process = try launch(["serve"], environment: startEnvironment, log: log)
        process.waitUntilExit()
        return process.terminationStatus
    }

    private var startEnvironment: [String: String] {
        var environment = ProcessInfo.processInfo.environment.filter {
            !$0.key.hasPrefix("CLICKSTREAM_")
        }
        let own = [
            "EDGE_HOST": "127.0.0.1", "EDGE_PORT": "\(edgePort)", "CONTROL_PORT": "\(controlPort)",
            "DATA_DIRECTORY": data, "ADMIN_KEY": key, "EDGE_TRUSTED_PROXIES": "127.0.0.1/32",
            "DELIVERY_ALLOWED_NETWORKS": "127.0.0.0/8",
        ].merging(settings) { $1 }
        for (name, value) in own { environment["CLICKSTREAM_\(name)"] = value }
        environment.merge(self.environment) { $1 }
        return environment
    }

    func start(_ arguments: [String] = []) async throws {
        process = try launch(
            ["serve"] + arguments,
            environment: startEnvironment,
            log: log
        )
        _ = try await eventually("the service is ready") {
            try await request(controlPort, "GET", "/health/ready").status == 200 ? true : nil
        }
        _ = try await eventually("the edge answers") {
            try await request(edgePort, "GET", "/health/live").status == 200 ? true : nil
        }
    }

    /// `kill -9`.
    func kill() {
        guard let process else { return }
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// SIGTERM; returns the exit status.
    func stop() -> Int32 {
        guard let process else { return -1 }
        process.terminate()
        process.waitUntilExit()
        return process.terminationStatus
    }

    func request(
        _ port: Int,
        _ method: String,
        _ path: String,
        body: [String: Any]? = nil,
        headers: [String: String] = [:]
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
        request.method = HTTPMethod(rawValue: method)
        for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
        if let body {
            request.body = .bytes(try JSONSerialization.data(withJSONObject: body))
            request.headers.replaceOrAdd(name: "content-type", value: "application/json")
        }
        let response = try await Self.client.execute(request, timeout: .seconds(20))
        let bytes = try await response.body.collect(upTo: 64 << 20)
        return Answer(
            status: Int(response.status.code),
            headers: response.headers,
            body: Data(bytes.readableBytesView)
        )
    }

    /// Redirects are not followed: they are what is tested.
    private static let client = HTTPClient(
        eventLoopGroupProvider: .singleton,
        configuration: HTTPClient.Configuration(redirectConfiguration: .disallow)
    )

    @discardableResult
    func api(_ method: String, _ path: String, _ body: [String: Any]? = nil) async throws
        -> [String: Any]
    {
        var headers = ["apikey": key]
        if let workspace { headers["workspace"] = workspace }
        let answer = try await request(controlPort, method, path, body: body, headers: headers)
        guard answer.status == 200 else {
            throw NotInTime(
                description:
                    "\(method) \(path): \(answer.status) \(String(decoding: answer.body, as: UTF8.self))"
            )
        }
        return answer.json
    }

    /// Posts raw requests.
    func clicks(_ body: some Sequence<UInt8>, type: String = "application/json") async throws
        -> Answer
    {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(controlPort)/v1/clicks")
        request.method = .POST
        request.headers.add(name: "apikey", value: key)
        request.headers.add(name: "content-type", value: type)
        if let workspace { request.headers.add(name: "workspace", value: workspace) }
        request.body = .bytes(ByteBuffer(bytes: body))
        let response = try await Self.client.execute(request, timeout: .seconds(60))
        let bytes = try await response.body.collect(upTo: 64 << 20)
        return Answer(
            status: Int(response.status.code),
            headers: response.headers,
            body: Data(bytes.readableBytesView)
        )
    }

    /// Runs one of the commands that speak to the service, until it ends.
    func command(_ arguments: [String], in folder: Folder) throws -> (status: Int32, text: String) {
        let out = "\(folder.path)/command-\(UUID()).out"
        let process = try launch(
            arguments + commandOptions,
            environment: ProcessInfo.processInfo.environment,
            log: out
        )
        process.waitUntilExit()
        return (process.terminationStatus, try String(contentsOfFile: out, encoding: .utf8))
    }

    /// How the commands find it.
    var commandOptions: [String] {
        [
            "--url", "http://127.0.0.1:\(controlPort)", "--key", key, "--workspace",
            workspace ?? "",
        ]
    }

    func click(_ path: String, headers: [String: String] = [:]) async throws -> Answer {
        try await request(
            edgePort,
            "GET",
            path,
            headers: ["Host": Self.domain].merging(headers) { $1 }
        )
    }

    /// A workspace, a domain, a link `/a` that forwards parameters, and a stream to the receiver.
    func setUp(
        _ receiver: ReceiverProcess?,
        links: [String] = ["a"],
        lanes: Int = 1
    ) async throws -> [String: Any] {
        workspace = try await api("POST", "/v1/workspaces", ["name": "System"])["id"] as? String
        try await api("POST", "/v1/domains", ["fullName": Self.domain])
        for link in links {
            try await api(
                "POST",
                "/v1/links",
                [
                    "slashtag": link, "destination": "https://www.example.com/",
                    "forwardParameters": true,
                    "domain": ["fullName": Self.domain],
                ]
            )
        }
        guard let receiver else { return [:] }
        let stream = try await api(
            "POST",
            "/v1/streams",
            [
                "endpoint": "http://127.0.0.1:\(receiver.port)/", "method": "POST",
                "authentication": ["header": "X-Key", "value": ReceiverProcess.value],
                "batch": ["seconds": 0.1], "lanes": lanes,
            ]
        )
        let id = stream["id"] as? String ?? ""
        _ = try await eventually("the stream is active") {
            try await api("GET", "/v1/streams/\(id)")["status"] as? String == "active" ? true : nil
        }
        return stream
    }
}

/// `clickstream receive` as a child process, which keeps what it takes in a file.
final class ReceiverProcess {
    static let value = "Basic a:b c"

    let port = freePort()
    /// What it writes to its terminal.
    let log: String
    /// The events that it took.
    let out: String
    private let process: Process
    private var readBytes: UInt64 = 0
    private var readMarks: [String] = []

    /// - Parameters:
    ///   - folder: Where its files go.
    ///   - name: What they are called.
    ///   - checks: What it checks; the authentication header when left out.
    /// - Throws: When it doesn't come to listen.
    init(
        in folder: Folder,
        named name: String = "receiver",
        _ checks: [String] = ["--header", "X-Key", "--value", value]
    ) async throws {
        out = "\(folder.path)/\(name).ndjson"
        log = "\(folder.path)/\(name).log"
        process = try launch(
            ["receive", "--port", "\(port)", "--out", out] + checks,
            log: log
        )
        _ = try await eventually("the receiver listens") {
            try await HTTPClient.shared.get(url: "http://127.0.0.1:\(port)/").get().status.code > 0
        }
    }

    deinit { process.terminate() }

    /// SIGTERM; returns the exit status.
    func stop() -> Int32 {
        process.terminate()
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// Calls `body` with every event that was taken, in order; repeated batches are left out.
    func forEachEvent(_ body: ([String: Any]) -> Void) throws {
        for line in try Data(contentsOf: URL(filePath: out)).split(separator: 0x0A) {
            let event = try JSONSerialization.jsonObject(with: line) as? [String: Any]
            body(event ?? [:])
        }
    }

    /// The marks (`?n=`) of the events, in order.
    ///
    /// Reads on from where the last call ended: there may be a million.
    func marks() throws -> [String] {
        let file = try FileHandle(forReadingFrom: URL(filePath: out))
        defer { try? file.close() }
        try file.seek(toOffset: readBytes)
        let data = try file.readToEnd() ?? Data()
        // The last line may still be on its way.
        let whole = data[..<(data.lastIndex(of: 0x0A).map { $0 + 1 } ?? data.startIndex)]
        readBytes += UInt64(whole.count)
        let before = Data(#""n":[""#.utf8)
        for line in whole.split(separator: 0x0A) {
            guard let start = line.range(of: before)?.upperBound else { continue }
            readMarks.append(String(decoding: line[start...].prefix { $0 != 0x22 }, as: UTF8.self))
        }
        return readMarks
    }
}

/// `clickstream tail` as a child process, whose lines go to a file.
final class TailProcess {
    private let out: String
    private let process: Process

    init(of service: ServiceProcess, in folder: Folder, _ options: [String] = []) throws {
        out = "\(folder.path)/tail-\(UUID()).ndjson"
        process = try launch(
            ["tail", "--json"] + options + service.commandOptions,
            environment: ProcessInfo.processInfo.environment,
            log: out
        )
    }

    deinit { process.terminate() }

    /// The marks (`?n=`) of the events that were shown, in order.
    func marks() throws -> [String] {
        try String(contentsOfFile: out, encoding: .utf8).split(separator: "\n").compactMap { line in
            (try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
                .flatMap(mark(of:))
        }
    }
}

/// The mark that a click was given by its query.
func mark(of event: [String: Any]) -> String? {
    let route = event["route"] as? [String: Any]
    let destination = route?["destination"] as? [String: Any]
    let params = destination?["params"] as? [String: Any]
    let query = params?["query"] as? [String: Any]
    return (query?["n"] as? [String])?.first
}

/// Starts a program, by default the binary under test, whose output goes to a file.
func launch(
    _ arguments: [String],
    of program: String = binary ?? "",
    environment: [String: String] = ProcessInfo.processInfo.environment,
    log: String
) throws -> Process {
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.environment = environment
    _ = FileManager.default.createFile(atPath: log, contents: nil)
    let output = FileHandle(forWritingAtPath: log)
    output?.seekToEndOfFile()
    process.standardOutput = output
    process.standardError = output
    process.standardInput = FileHandle.nullDevice
    try process.run()
    return process
}
