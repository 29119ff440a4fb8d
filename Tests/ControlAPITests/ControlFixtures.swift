import Catalog
import ClickModel
import ControlAPI
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Synchronization
import TestKit

/// Runs a test against the API's router, or against a real listener.
func withAPI<Value: Sendable>(
    _ setup: TestingSetup = .router,
    needsApproval: Bool = false,
    heartbeat: Duration = .seconds(15),
    listenerPatience: Duration = .seconds(30),
    rateLimit: Int = 0,
    allowedOrigins: Set<String> = [],
    _ body: @Sendable (any TestClientProtocol, World) async throws -> Value
) async throws -> Value {
    let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("control-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var settings = CatalogSettings(directory: folder.path)
    settings.upgradeURL = "https://plans.example/up"
    let catalog = try Catalog(settings)
    let world = World(catalog: catalog)
    let app = world.api(
        needsApproval: needsApproval,
        heartbeat: heartbeat,
        listenerPatience: listenerPatience,
        rateLimit: rateLimit,
        allowedOrigins: allowedOrigins
    ).makeApplication(host: "127.0.0.1", port: 0, logger: world.messages.logger)
    let value = try await app.test(setup) { client in try await body(client, world) }
    try catalog.close()
    return value
}

/// What a test of the API works with: a catalog in a folder, a log in memory, and delivery that
/// only counts what it is told.
final class World: Sendable {
    static let adminKey = "admin-key-of-the-tests"

    let catalog: Catalog
    let log: MemoryLog
    let source: TestSource
    let metrics = ServiceMetrics()
    let reloads = Counter()
    let retries = Counter()
    let messages = Messages()
    let health = Mutex(HealthReport())
    /// What becomes of clicks from elsewhere.
    let recordClicks = Mutex<@Sendable (ClickDelivery) async -> ClickReport>({ _ in ClickReport() })

    init(catalog: Catalog) {
        self.catalog = catalog
        log = MemoryLog()
        source = TestSource(for: log)
    }

    func api(
        needsApproval: Bool = false,
        heartbeat: Duration = .seconds(15),
        listenerPatience: Duration = .seconds(30),
        rateLimit: Int = 0,
        allowedOrigins: Set<String> = []
    ) -> ControlAPI {
        ControlAPI(
            Surroundings(
                catalog: catalog,
                log: log,
                ledger: log,
                providers: [RuleProvider()],
                metrics: metrics,
                reloadStreams: { [reloads] in reloads.increment() },
                retryParked: { [retries, log] event, stream in
                    retries.increment()
                    guard retries.count > 1 else {
                        return .failed(DeliveryFailure(message: "still not"))
                    }
                    _ = try await log.unpark(event.id, of: stream.id, isDelivered: true)
                    return .delivered(DeliveryAnswer(status: 200))
                },
                planReplay: { [log] stream, from, to in
                    let first = try await log.offset(at: from)
                    let checkpoint = try await log.position(of: stream.id)?.checkpoint ?? .zero
                    let last = min(try await log.offset(at: to), checkpoint)
                    guard first < last else { return nil }
                    return Replay(
                        id: EventStream.ID("rpl_\(UUID())"),
                        stream: stream.id,
                        covers: first..<last,
                        firstSequence: first.value + 1,
                        startTotal: 0
                    )
                },
                recordClicks: { [self] in await recordClicks.withLock(\.self)($0) },
                adminKey: Self.adminKey,
                needsApproval: needsApproval,
                rateLimit: rateLimit,
                allowedOrigins: allowedOrigins,
                heartbeat: heartbeat,
                listenerPatience: listenerPatience,
                health: { [self] in health.withLock { $0 } }
            )
        )
    }
}

/// What the service says in its log, from `notice` up.
final class Messages: Sendable {
    private struct Handler: LogHandler {
        let messages: Messages
        var logLevel = Logger.Level.notice
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { messages.all.withLock { $0.append("\(event.message)") } }
    }

    private let all = Mutex<[String]>([])

    var logger: Logger { Logger(label: "tests", factory: { _ in Handler(messages: self) }) }

    /// Returns once something was said.
    func wait(for message: String) async throws {
        while !all.withLock({ $0.contains(message) }) {
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}

/// Counts calls.
final class Counter: Sendable {
    private let value = Mutex(0)
    var count: Int { value.withLock { $0 } }
    func increment() { value.withLock { $0 += 1 } }
}

/// A kind of sink with a webhook's settings and simple rules.
struct RuleProvider: SinkProvider {
    let kind = "webhook"
    let fields = [
        "endpoint", "method", "header", "value", "timeout", "gzip", "tls.ca", "tls.certificate",
        "tls.privateKey", "proxy",
    ].map {
        SettingField(
            name: $0,
            isRequired: ["endpoint", "method", "header", "value"].contains($0),
            isSecret: ["value", "tls.privateKey", "proxy"].contains($0),
            summary: "A setting."
        )
    }

    func framing(for format: EventFormat, key: String) -> BodyFraming {
        BodyFraming(contentType: "application/json", prefix: [], separator: [], suffix: [])
    }

    func problems(with settings: [String: String]) async -> [SettingProblem] {
        var problems = fields.filter { $0.isRequired && settings[$0.name] == nil }.map {
            SettingProblem(property: $0.name, code: "RequiredField", message: "is required")
        }
        if let method = settings["method"], !["POST", "PUT"].contains(method) {
            problems.append(.init(property: "method", code: "InvalidFormat", message: "is none"))
        }
        if let timeout = settings["timeout"].flatMap(Double.init), !(1...60).contains(timeout) {
            problems.append(.init(property: "timeout", code: "InvalidFormat", message: "is none"))
        }
        if settings["endpoint"]?.contains("127.0.0.1") == true {
            problems.append(
                .init(property: "endpoint", code: "AddressRefused", message: "is inward")
            )
        }
        return problems
    }

    func makeSink(for stream: EventStream) -> any Sink { ScriptedSink() }
}

/// An answer, with its body parsed.
struct Answer: @unchecked Sendable {
    let status: Int
    let headers: HTTPFields
    let text: String
    /// Whatever Foundation makes of the body; read only.
    let json: Any?

    subscript(_ path: String...) -> Any? {
        path.reduce(json) { value, name in
            if let index = Int(name) {
                let array = value as? [Any] ?? []
                return array.indices.contains(index) ? array[index] : nil
            }
            return (value as? [String: Any])?[name]
        }
    }

    func string(_ path: String...) -> String? {
        path.reduce(json) { ($0 as? [String: Any])?[$1] } as? String
    }

    func integer(_ path: String...) -> Int? {
        path.reduce(json) { ($0 as? [String: Any])?[$1] } as? Int
    }

    var code: String? { string("code") }

    /// The names of the members that didn't pass, with their codes.
    var problems: [String] {
        (json as? [String: Any])?["errors"].flatMap { $0 as? [[String: Any]] }?.map {
            "\($0["property"] ?? ""):\($0["code"] ?? "")"
        } ?? []
    }

    /// The values of one member of an array's objects.
    func strings(_ name: String) -> [String] {
        (json as? [[String: Any]] ?? []).compactMap { $0[name] as? String }
    }
}

extension TestClientProtocol {
    /// Calls the API as the bearer of a key.
    func call(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ body: String? = nil,
        key: String? = World.adminKey,
        workspace: String? = nil,
        headers: [String: String] = [:]
    ) async throws -> Answer {
        var fields = HTTPFields()
        var all = headers
        all["apikey"] = key
        all["workspace"] = workspace
        for (name, value) in all {
            if let name = HTTPField.Name(name) { fields[name] = value }
        }
        let response = try await execute(
            uri: path,
            method: method,
            headers: fields,
            body: body.map { ByteBuffer(string: $0) }
        )
        let data = Data(response.body.readableBytesView)
        return Answer(
            status: response.status.code,
            headers: response.headers,
            text: String(decoding: data, as: UTF8.self),
            json: try? JSONSerialization.jsonObject(with: data)
        )
    }
}
