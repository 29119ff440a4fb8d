import AsyncHTTPClient
import ClickModel
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// Sends batches to one endpoint.
///
/// Its HTTP client is bound to a checked address: the name goes into `Host`, SNI and the certificate's
/// check, and never to a resolver again. After a failure to connect, the name is resolved anew.
final class WebhookSink: Sink {
    /// A checked address and the client that is bound to it.
    private struct Pinned {
        let address: IPAddress
        let client: HTTPClient
        let until: ContinuousClock.Instant
    }

    /// How long a checked address is used before the name is resolved again.
    private static let pinLifetime = Duration.seconds(60)
    private static let connectTimeout = TimeAmount.seconds(5)
    /// How much of an answer is read, and how much of that is shown.
    private static let answerBytes = 16 << 10
    private static let shownBytes = 1024
    /// What says that the events themselves are the matter, not the endpoint's state.
    private static let refusals: Set = [400, 413, 415, 422]

    private let settings: WebhookSettings
    private let signature: WebhookSignature
    private let redaction: Redaction
    private let addressGuard: AddressGuard
    private let pinned = Mutex<Pinned?>(nil)
    /// Which of a name's addresses is tried: the next one after each failure to connect.
    private let turn = Mutex(0)

    init(
        _ settings: WebhookSettings,
        key: String,
        secrets: [SigningSecret],
        addressGuard: AddressGuard
    ) {
        self.settings = settings
        self.addressGuard = addressGuard
        signature = WebhookSignature(secrets: secrets)
        redaction = Redaction(value: settings.value, key: key)
    }

    func deliver(_ batch: OutgoingBatch) async -> DeliveryOutcome {
        let answer = Answer()
        let started = ContinuousClock.now
        let failure: (any Error)?
        do {
            // The limit is for the whole attempt, the name's resolution included.
            try await withTimeout(settings.timeout) { [self] in
                let client = try await checkedClient()
                answer.state.withLock { $0.isResolved = true }
                try await Self.exchange(request(for: batch), with: client, into: answer)
            }
            failure = nil
        } catch {
            failure = error
        }
        let took = ContinuousClock.now - started
        let known = answer.state.withLock { $0 }
        // An answer whose head has come counts, even when its body fails or is cut.
        if let status = known.status { return outcome(status, known, took) }
        if Task.isCancelled { return .abandoned }
        turn.withLock { $0 &+= 1 }
        await drop()
        let words = Self.words(for: failure, took, isResolved: known.isResolved)
        return .failed(DeliveryFailure(message: words))
    }

    func close() async { await drop() }

    // MARK: - The client

    private func checkedClient() async throws -> HTTPClient {
        let current = pinned.withLock { pinned in
            pinned.flatMap { $0.until > .now ? $0.client : nil }
        }
        if let current { return current }
        let addresses = try await addressGuard.addresses(of: settings.endpoint.host)
        let address = addresses[turn.withLock { $0 } % addresses.count]
        // Who was given up meanwhile must leave no client behind.
        try Task.checkCancellation()
        let kept = pinned.withLock { pinned -> HTTPClient? in
            guard let old = pinned, old.address == address else { return nil }
            pinned = Pinned(address: address, client: old.client, until: .now + Self.pinLifetime)
            return old.client
        }
        if let kept { return kept }
        await drop()
        let client = makeClient(boundTo: address)
        pinned.withLock {
            $0 = Pinned(address: address, client: client, until: .now + Self.pinLifetime)
        }
        return client
    }

    private func makeClient(boundTo address: IPAddress) -> HTTPClient {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = Self.connectTimeout
        configuration.connectionPool.retryConnectionEstablishment = false
        // One batch is in flight at a time, so several streams on one connection would gain nothing.
        configuration.httpVersion = .http1Only
        if case .name(let name) = settings.endpoint.host {
            configuration.dnsOverride = [name: address.description]
        }
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    private func drop() async {
        let old = pinned.withLock { pinned in
            defer { pinned = nil }
            return pinned
        }
        try? await old?.client.shutdown()
    }

    // MARK: - The request

    private func request(for batch: OutgoingBatch) -> HTTPClientRequest {
        let timestamp = Timestamp.now.seconds
        var request = HTTPClientRequest(url: settings.endpoint.url)
        request.method = settings.method == "PUT" ? .PUT : .POST
        var headers = HTTPHeaders()
        headers.add(name: "content-type", value: batch.contentType)
        headers.add(name: "user-agent", value: "clickstream")
        headers.add(name: settings.header, value: settings.value)
        headers.add(name: "webhook-id", value: batch.id)
        headers.add(name: "webhook-timestamp", value: "\(timestamp)")
        headers.add(
            name: "webhook-signature",
            value: signature.header(id: batch.id, timestamp: timestamp, body: batch.body)
        )
        headers.add(name: "webhook-attempt", value: "\(batch.attempt)")
        if let sequences = batch.sequences {
            headers.add(name: "webhook-first-sequence", value: "\(sequences.lowerBound)")
            headers.add(name: "webhook-last-sequence", value: "\(sequences.upperBound)")
        } else {
            headers.add(name: "webhook-test", value: "true")
        }
        request.headers = headers
        request.body = .bytes(ByteBuffer(bytes: batch.body))
        return request
    }

    // MARK: - The attempt

    /// What is known of the answer so far, also when the time is up before its end.
    private final class Answer: Sendable {
        struct State {
            /// Whether the endpoint's name has led to an address that may be called.
            var isResolved = false
            var status: Int?
            var retryAfter: Duration?
            var location: String?
            var body: [UInt8] = []
            var isWhole = false
        }

        let state = Mutex(State())
    }

    private static func exchange(
        _ request: HTTPClientRequest,
        with client: HTTPClient,
        into answer: Answer
    ) async throws {
        let response = try await client.execute(request, deadline: .distantFuture)
        answer.state.withLock { state in
            state.status = Int(response.status.code)
            state.retryAfter = response.headers.first(name: "retry-after").flatMap(RetryAfter.read)
            state.location = response.headers.first(name: "location")
        }
        for try await part in response.body {
            let isEnough = answer.state.withLock { state in
                state.body.append(
                    contentsOf: part.readableBytesView.prefix(answerBytes - state.body.count)
                )
                return state.body.count >= answerBytes
            }
            if isEnough { return }
        }
        answer.state.withLock { $0.isWhole = true }
    }

    private func outcome(_ status: Int, _ answer: Answer.State, _ took: Duration) -> DeliveryOutcome
    {
        let text = redaction.line(
            answer.body,
            limit: DeliveryAnswer.longestText,
            isCut: !answer.isWhole
        )
        let told = DeliveryAnswer(status: status, text: text)
        if 200..<300 ~= status { return .delivered(told) }
        let seconds = String(format: "%.2f", took.inSeconds)
        var message = "the endpoint answered \(status) after \(seconds) s"
        if 300..<400 ~= status, let location = answer.location {
            let shown = redaction.line(location.utf8, limit: Self.shownBytes)
            message += "; redirects are not followed (Location: \(shown))"
        }
        let shown = redaction.line(answer.body, limit: Self.shownBytes, isCut: !answer.isWhole)
        if !shown.isEmpty { message += ": \(shown)" }
        let failure = DeliveryFailure(
            answer: told,
            message: message,
            retryAfter: answer.retryAfter
        )
        if Self.refusals.contains(status) {
            return .refused(failure, isTooLarge: status == 413)
        }
        return status == 410 ? .gone(failure) : .failed(failure)
    }

    private static func words(
        for error: (any Error)?,
        _ took: Duration,
        isResolved: Bool
    ) -> String {
        let seconds = String(format: "%.2f", took.inSeconds)
        switch error {
        case AddressGuard.Refusal.refused(let message)?: return "address refused: \(message)"
        case AddressGuard.Refusal.unresolved(let message)?: return message
        case is TimedOut:
            return isResolved
                ? "no answer within \(seconds) s"
                : "the host's name was not resolved in \(seconds) s"
        case let error as HTTPClientError where error == .connectTimeout:
            return "could not connect within \(seconds) s"
        case let error as NIOConnectionError:
            let first = error.connectionErrors.first?.error ?? error
            return "could not connect: \(systemWords(for: first) ?? "\(first)")"
        case let error as IOError where error.errnoCode == ECONNREFUSED:
            return "could not connect: \(SystemError.words(for: error.errnoCode))"
        case let error?: return "no answer: \(systemWords(for: error) ?? "\(error)")"
        case nil: return "no answer"
        }
    }

    private static func systemWords(for error: any Error) -> String? {
        (error as? IOError).map { SystemError.words(for: $0.errnoCode) }
    }
}
