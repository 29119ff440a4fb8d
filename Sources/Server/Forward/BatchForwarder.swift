package import ClickModel
import Sinks

/// Makes batches of events that were listened to, as their stream would send them to a webhook.
package struct BatchForwarder {
    private let framing: BodyFraming
    private let limits: BatchLimits
    private let authentication: (header: String, value: String)?
    private let signature: WebhookSignature?
    private var events = 0

    /// Makes a forwarder.
    ///
    /// - Parameters:
    ///   - format: The form that the events have.
    ///   - key: The key of the envelope.
    ///   - limits: When a batch is full.
    ///   - authentication: The stream's header; nil when its value isn't known.
    ///   - secret: What to sign with; nil to leave requests unsigned.
    package init(
        format: EventFormat,
        key: String,
        limits: BatchLimits,
        authentication: (header: String, value: String)?,
        secret: SigningSecret?
    ) {
        framing = WebhookProvider(addressGuard: AddressGuard(allowed: [])).framing(
            for: format,
            key: key
        )
        self.limits = limits
        self.authentication = authentication
        signature = secret.map { WebhookSignature(secrets: [$0]) }
    }

    /// Makes batches of events, in order: as few as the limits allow.
    package mutating func batches(of events: [String]) -> [ForwardedBatch] {
        var batches: [ForwardedBatch] = []
        var waiting: [String] = []
        var bytes = framing.prefix.count + framing.suffix.count
        for event in events {
            let size = event.utf8.count + framing.separator.count
            if !waiting.isEmpty, waiting.count >= limits.events || bytes + size > limits.bytes {
                batches.append(batch(of: waiting))
                waiting = []
                bytes = framing.prefix.count + framing.suffix.count
            }
            waiting.append(event)
            bytes += size
        }
        if !waiting.isEmpty { batches.append(batch(of: waiting)) }
        return batches
    }

    private mutating func batch(of events: [String]) -> ForwardedBatch {
        var body = framing.prefix
        for (index, event) in events.enumerated() {
            if index > 0 { body += framing.separator }
            body += event.utf8
        }
        body += framing.suffix
        let first = self.events + 1
        self.events += events.count
        var random = SystemRandomNumberGenerator()
        return ForwardedBatch(
            id: "bat_\(ClickID(at: .now, using: &random))",
            sequences: first...self.events,
            contentType: framing.contentType,
            body: body,
            authentication: authentication,
            signature: signature
        )
    }
}

/// A batch, the same on every attempt.
package struct ForwardedBatch: Sendable {
    package let id: String
    /// Numbers from 1 on, of what was forwarded since the start.
    package let sequences: ClosedRange<Int>
    let contentType: String
    package let body: [UInt8]
    let authentication: (header: String, value: String)?
    let signature: WebhookSignature?

    /// The headers of an attempt.
    package func headers(attempt: Int, at now: Timestamp) -> [(name: String, value: String)] {
        var headers = [("content-type", contentType), ("user-agent", "clickstream")]
        if let authentication { headers.append(authentication) }
        headers += [("webhook-id", id), ("webhook-timestamp", "\(now.seconds)")]
        if let signature {
            let value = signature.header(id: id, timestamp: now.seconds, body: body)
            headers.append(("webhook-signature", value))
        }
        return headers + [
            ("webhook-attempt", "\(attempt)"),
            ("webhook-first-sequence", "\(sequences.lowerBound)"),
            ("webhook-last-sequence", "\(sequences.upperBound)"),
        ]
    }
}
