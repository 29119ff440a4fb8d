import ClickModel
import Foundation
import NIOHTTP1

/// Sends batches to one endpoint.
final class WebhookSink: Sink {
    /// How much of an answer is shown in a failure's sentence.
    private static let shownBytes = 1024
    /// What says that the events themselves are the matter, not the endpoint's state.
    private static let refusals: Set = [400, 413, 415, 422]

    private let settings: WebhookSettings
    private let signature: WebhookSignature
    private let redaction: Redaction
    private let client: GuardedClient

    init(
        _ settings: WebhookSettings,
        keys: [String],
        secrets: [SigningSecret],
        addressGuard: AddressGuard
    ) {
        self.settings = settings
        signature = WebhookSignature(secrets: secrets)
        redaction = Redaction(settings.secrets + keys, header: settings.authentication?.value ?? "")
        client = GuardedClient(
            Connector(endpoint: settings.endpoint, proxy: settings.proxy, tls: settings.tls),
            addressGuard: addressGuard
        )
    }

    func deliver(_ batch: OutgoingBatch) async -> DeliveryOutcome {
        let started = ContinuousClock.now
        guard let request = request(for: batch) else {
            return .failed(DeliveryFailure(message: "the body could not be compressed"))
        }
        switch await client.send(request, within: settings.timeout) {
        case .success(let answer): return outcome(answer, ContinuousClock.now - started)
        case .failure(.abandoned): return .abandoned
        case .failure(.failed(let words)): return .failed(DeliveryFailure(message: words))
        }
    }

    func close() async { client.close() }

    // MARK: - The request

    private func request(for batch: OutgoingBatch) -> GuardedRequest? {
        let timestamp = Timestamp.now.seconds
        var headers = HTTPHeaders()
        headers.add(name: "content-type", value: batch.contentType)
        headers.add(name: "user-agent", value: "clickstream")
        if let authentication = settings.authentication {
            headers.add(name: authentication.header, value: authentication.value)
        }
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
        }
        if let lane = batch.lane { headers.add(name: "webhook-lane", value: "\(lane)") }
        if batch.isTest { headers.add(name: "webhook-test", value: "true") }
        if let replay = batch.replay { headers.add(name: "webhook-replay", value: replay) }
        var body = batch.body
        if settings.isCompressed {
            guard let compressed = try? Gzip.compressed(body) else { return nil }
            body = compressed
            headers.add(name: "content-encoding", value: "gzip")
        }
        return GuardedRequest(
            method: settings.method == "PUT" ? .PUT : .POST,
            target: settings.endpoint.target,
            headers: headers,
            body: body
        )
    }

    // MARK: - The answer

    private func outcome(_ answer: GuardedAnswer, _ took: Duration) -> DeliveryOutcome {
        let status = answer.status
        let text = redaction.line(
            answer.body,
            limit: DeliveryAnswer.longestText,
            isCut: !answer.isWhole
        )
        let told = DeliveryAnswer(status: status, text: text)
        if 200..<300 ~= status { return .delivered(told) }
        let seconds = String(format: "%.2f", took.inSeconds)
        var message = "the endpoint answered \(status) after \(seconds) s"
        if 300..<400 ~= status, let location = answer.headers.first(name: "location") {
            let shown = redaction.line(location.utf8, limit: Self.shownBytes)
            message += "; redirects are not followed (Location: \(shown))"
        }
        let shown = redaction.line(answer.body, limit: Self.shownBytes, isCut: !answer.isWhole)
        if !shown.isEmpty { message += ": \(shown)" }
        let failure = DeliveryFailure(
            answer: told,
            message: message,
            retryAfter: answer.headers.first(name: "retry-after").flatMap(RetryAfter.read)
        )
        if Self.refusals.contains(status) {
            return .refused(failure, isTooLarge: status == 413)
        }
        return status == 410 ? .gone(failure) : .failed(failure)
    }
}
