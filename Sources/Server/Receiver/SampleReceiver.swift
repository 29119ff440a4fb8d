import ClickModel
import Foundation
import HTTPTypes
package import Hummingbird
package import Logging
import Sinks

/// A receiver to try streams with, and to learn from.
///
/// Takes POST and PUT on any path, checks the authentication header and the signature, drops batches that
/// came before, and prints events or appends them to a file.
package final class SampleReceiver: Sendable {
    /// What it checks, and how it misbehaves.
    package struct Options: Sendable {
        package var header: String?
        package var value: String?
        package var secret: String?
        /// Where events are appended, one a line; nil prints them.
        package var out: String?
        /// The share of deliveries that are answered 500.
        package var failRate = 0.0
        /// How long an answer takes.
        package var latency = Duration.zero
        /// The status of every answer.
        package var status = 200
        package var isColoured = false

        package init() {}
    }

    private static let largestBody = 16 << 20
    /// How old a signature may be, as Standard Webhooks' libraries have it.
    private static let tolerance: Int64 = 300

    private let options: Options
    private let output: Output

    /// Opens the file, if events go to one.
    package init(_ options: Options) throws {
        self.options = options
        output = try Output(options)
    }

    /// The service that listens.
    package func makeApplication(
        host: String,
        port: Int,
        logger: Logger,
        onRunning: @escaping @Sendable (Int) async -> Void = { _ in }
    ) -> Application<RouterResponder<BasicRequestContext>> {
        let router = Router()
        for method in [HTTPRequest.Method.post, .put] {
            // The catch-all leaves the root out.
            router.on("/", method: method) { [self] request, _ in try await take(request) }
            router.on("**", method: method) { [self] request, _ in
                try await take(request)
            }
        }
        return Application(
            router: router,
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: port),
                serverName: nil
            ),
            onServerRunning: { channel in await onRunning(channel.localAddress?.port ?? port) },
            logger: logger
        )
    }

    private func take(_ request: Request) async throws -> Response {
        let body = try await request.body.collect(upTo: Self.largestBody)
        if options.latency > .zero { try await Task.sleep(for: options.latency) }
        guard isAuthentic(request.headers) else {
            return answer(401, "the authentication header is missing or wrong")
        }
        let bytes = Data(body.readableBytesView)
        if let secret = options.secret, let problem = problem(with: request.headers, bytes, secret)
        {
            return answer(401, problem)
        }
        if header(request.headers, "webhook-test") == "true" {
            await output.note("test delivery received")
            return answer(options.status, "")
        }
        if options.failRate > 0, Double.random(in: 0..<1) < options.failRate {
            return answer(500, "failing on purpose (--fail-rate)")
        }
        guard options.status / 100 == 2 else {
            return answer(options.status, "as asked (--status)")
        }
        guard let events = EventSplitter.events(in: bytes) else {
            return answer(400, #"the body is not {"data":[...],"key":"..."}"#)
        }
        try await output.take(events, of: header(request.headers, "webhook-id") ?? "")
        return answer(options.status, "")
    }

    private func isAuthentic(_ headers: HTTPFields) -> Bool {
        guard let name = options.header else { return true }
        return isSame(header(headers, name) ?? "", options.value ?? "")
    }

    /// Why the signature doesn't hold; nil when it does.
    private func problem(with headers: HTTPFields, _ body: Data, _ secret: String) -> String? {
        guard let id = header(headers, "webhook-id"),
            let timestamp = header(headers, "webhook-timestamp").flatMap({ Int64($0) }),
            let signatures = header(headers, "webhook-signature")
        else { return "webhook-id, webhook-timestamp or webhook-signature is missing" }
        let now = Timestamp.now.seconds
        guard (now - Self.tolerance...now + Self.tolerance).contains(timestamp) else {
            return "webhook-timestamp is more than five minutes away"
        }
        let wanted = WebhookSignature(secrets: [secret]).header(
            id: id,
            timestamp: timestamp,
            body: body
        )
        let isRight = signatures.split(separator: " ").contains { isSame(String($0), wanted) }
        return isRight ? nil : "the signature is wrong"
    }

    /// Compares in a time that doesn't tell how much is right.
    private func isSame(_ left: String, _ right: String) -> Bool {
        let (left, right) = (Array(left.utf8), Array(right.utf8))
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private func header(_ headers: HTTPFields, _ name: String) -> String? {
        HTTPField.Name(name).flatMap { headers[$0] }
    }

    private func answer(_ status: Int, _ text: String) -> Response {
        Response(
            status: .init(code: status),
            headers: [.contentType: "text/plain; charset=utf-8"],
            body: .init(byteBuffer: .init(string: text))
        )
    }
}

/// The ids seen last.
private struct RecentIDs {
    private var ids: Set<String> = []
    private var order: [String] = []
    private var next = 0
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    func contains(_ id: String) -> Bool { ids.contains(id) }

    mutating func insert(_ id: String) {
        guard ids.insert(id).inserted else { return }
        if order.count < limit {
            order.append(id)
        } else {
            ids.remove(order[next])
            order[next] = id
            next = (next + 1) % limit
        }
    }
}

/// Where events go.
private actor Output {
    private static let remembered = 100_000

    private let file: FileHandle?
    private let line: EventLine
    private var seen = RecentIDs(limit: remembered)

    init(_ options: SampleReceiver.Options) throws {
        line = EventLine(isColoured: options.isColoured)
        guard let path = options.out else {
            file = nil
            return
        }
        if !FileManager.default.fileExists(atPath: path) {
            _ = FileManager.default.createFile(atPath: path, contents: nil)
        }
        guard let opened = FileHandle(forWritingAtPath: path) else {
            throw StartError("\(path) can't be written")
        }
        try opened.seekToEnd()
        file = opened
    }

    /// Puts a batch's events out, unless the batch came before.
    ///
    /// A batch whose events could not be put out is not remembered: it comes again.
    func take(_ events: [Data], of id: String) throws {
        guard id.isEmpty || !seen.contains(id) else {
            return note("batch \(TerminalText.line(id)) came again: dropped")
        }
        if let file {
            try append(events, to: file)
        } else {
            for event in events { print(line.text(of: event)) }
            fflush(nil)
        }
        if !id.isEmpty { seen.insert(id) }
    }

    private func append(_ events: [Data], to file: FileHandle) throws {
        let end = try file.offset()
        var lines = Data()
        for event in events { lines += event + [0x0A] }
        do {
            try file.write(contentsOf: lines)
        } catch {
            // No half line may stay in front of the next batch.
            try? file.truncate(atOffset: end)
            throw error
        }
    }

    func note(_ text: String) {
        guard file == nil else { return }
        print(text)
        fflush(nil)
    }
}
