import ClickModel
import ClickstreamReceiver
import Foundation
import HTTPTypes
package import Hummingbird
package import Logging
import ServiceLifecycle

/// A receiver to try streams with, and to learn from.
///
/// Takes POST and PUT on any path, checks the authentication header and the signature, drops
/// batches that came before, prints events or appends them to a file, notes missing and repeated
/// numbers, and rehearses trouble.
package final class SampleReceiver: Sendable {
    /// What it checks, and how it misbehaves.
    package struct Options: Sendable {
        package var header: String?
        package var value: String?
        /// Signatures are checked by these; none checks nothing.
        package var secrets: [String] = []
        /// Where events are appended, one a line; nil prints them.
        package var out: String?
        package var rehearsal = Rehearsal()
        package var isColoured = false
        /// Takes what is odd about a batch, one line each; made for standard error.
        package var note: @Sendable (String) -> Void = {
            FileHandle.standardError.write(Data("\($0)\n".utf8))
        }

        package init() {}
    }

    private static let largestBody = 16 << 20

    private let options: Options
    private let verifier: SignatureVerifier?
    private let received: ReceivedBatches

    /// Opens the file, if events go to one.
    ///
    /// - Throws: `StartError` when a secret is none or the file can't be written.
    package init(_ options: Options) throws {
        self.options = options
        do {
            verifier =
                options.secrets.isEmpty ? nil : try SignatureVerifier(secrets: options.secrets)
        } catch {
            throw StartError("a signing secret can't be used: \(error)")
        }
        received = try ReceivedBatches(options)
    }

    /// What came so far.
    package var summary: ReceiverSummary {
        get async { await received.summary }
    }

    /// The service that listens.
    package func makeApplication(
        host: String,
        port: Int,
        logger: Logger,
        onRunning: @escaping @Sendable (Int) async -> Void = { _ in }
    ) -> Application<RouterResponder<ReceiverContext>> {
        let router = Router(context: ReceiverContext.self)
        for method in [HTTPRequest.Method.post, .put] {
            // The catch-all leaves the root out.
            for path: RouterPath in ["/", "**"] {
                router.on(path, method: method) { [self] in try await answer($0, $1) }
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

    private func answer(_ request: Request, _ context: ReceiverContext) async throws -> Response {
        let body = try await request.body.collect(upTo: Self.largestBody)
        guard isAuthentic(request.headers) else {
            options.note("a request was refused: the authentication header is missing or wrong")
            return refusal(401, "the authentication header is missing or wrong")
        }
        guard request.headers[.contentEncoding] == nil else {
            options.note("a request was refused: it is compressed")
            return refusal(415, "compressed batches are not taken here: leave gzip off")
        }
        let batch: Batch
        let bytes = Data(body.readableBytesView)
        do {
            guard let read = try read(request.headers, bytes) else {
                options.note("notice: \(String(decoding: bytes, as: UTF8.self))")
                return answer(options.rehearsal.status)
            }
            batch = read
        } catch {
            await received.refuse(error)
            return refusal(error.isUnauthenticated ? 401 : 400, "\(error)")
        }
        if batch.isTest {
            options.note("test delivery received")
            return answer(options.rehearsal.status)
        }
        return try await rehearse(batch, at: request.uri.path, context)
    }

    /// What `streams.notify` sends.
    private struct Notice: Decodable {
        let type: String
        let timestamp: String
    }

    /// Reads a request; nil for what tells of a stream and carries no events.
    private func read(
        _ headers: HTTPFields,
        _ body: Data
    ) throws(ReceiverError) -> Batch? {
        let delivery = DeliveryHeaders(headers.map { ($0.name.rawName, $0.value) })
        try verifier?.verify(delivery, body: body, now: Date())
        let notice = try? JSONDecoder().decode(Notice.self, from: body)
        if let notice, notice.type.hasPrefix("stream.") { return nil }
        return try Batch(headers: delivery, body: body)
    }

    /// Takes a batch, or makes the trouble whose turn it is.
    private func rehearse(
        _ batch: Batch,
        at path: String,
        _ context: ReceiverContext
    ) async throws -> Response {
        let latency = options.rehearsal.latency
        if latency > .zero {
            try await cancelWhenGracefulShutdown { try await Task.sleep(for: latency) }
        }
        switch options.rehearsal.turn(.random(in: 0..<1)) {
        case .reset:
            try await context.reset()
        case .takeAndReset:
            try await received.take(batch, at: path)
            try await context.reset()
        case .refuse(let status):
            return refusal(status, "failing on purpose (--fail-rate, --status)")
        case .takeAndAnswer:
            try await received.take(batch, at: path)
            return answer(options.rehearsal.status)
        }
    }

    private func isAuthentic(_ headers: HTTPFields) -> Bool {
        guard let name = options.header else { return true }
        let value = HTTPField.Name(name).flatMap { headers[$0] } ?? ""
        return isSame(value, options.value ?? "")
    }

    /// Compares in a time that doesn't tell how much is right.
    private func isSame(_ left: String, _ right: String) -> Bool {
        let (left, right) = (Array(left.utf8), Array(right.utf8))
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private func answer(_ status: Int) -> Response {
        let slow = status == 200 ? options.rehearsal.slowBody : nil
        return Response(
            status: .init(code: status),
            headers: slow == nil ? [:] : [.contentType: "text/plain; charset=utf-8"],
            body: slow.map { SlowBody(bytesPerSecond: $0).body } ?? ResponseBody()
        )
    }

    private func refusal(_ status: Int, _ text: String) -> Response {
        var headers: HTTPFields = [.contentType: "text/plain; charset=utf-8"]
        if status != 401 { headers[.retryAfter] = options.rehearsal.retryAfter.map(String.init) }
        return Response(
            status: .init(code: status),
            headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(string: text))
        )
    }
}
