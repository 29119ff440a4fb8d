/// One attempt at one batch, as a sink gets it.
package struct OutgoingBatch: Sendable {
    /// Stable across retries and crashes; receivers drop repeated batches by it.
    package let id: String
    /// 1 for the first send.
    package let attempt: Int
    /// The stream's numbers of the first and the last event; nil for the set-up's test delivery.
    package let sequences: ClosedRange<Int64>?
    package let contentType: String
    /// The whole body, byte for byte the same on every attempt.
    package let body: [UInt8]

    package init(
        id: String,
        attempt: Int,
        sequences: ClosedRange<Int64>?,
        contentType: String,
        body: [UInt8]
    ) {
        self.id = id
        self.attempt = attempt
        self.sequences = sequences
        self.contentType = contentType
        self.body = body
    }

    /// Whether this is the set-up's test delivery.
    package var isTest: Bool { sequences == nil }
}

/// How an attempt ended.
///
/// A receiver that says no is a result, not an error.
package enum DeliveryOutcome: Hashable, Sendable {
    /// Accepted.
    case delivered(status: Int)
    /// Not accepted, or nobody knows; the same batch will be tried again.
    case failed(DeliveryFailure)
    /// The receiver said that it is gone for good (410).
    case gone(DeliveryFailure)
    /// Cancelled before there was an answer: not an attempt.
    case abandoned
}

/// Why an attempt failed, in words for the stream's owner.
package struct DeliveryFailure: Hashable, Sendable {
    /// The receiver's HTTP status, if it gave one.
    package let status: Int?
    /// A sentence: "answered 500 after 0.12 s: ..." or "could not connect: ...".
    package let message: String
    /// The receiver's own wish (`Retry-After`), a lower bound.
    package let retryAfter: Duration?

    package init(status: Int? = nil, message: String, retryAfter: Duration? = nil) {
        (self.status, self.message, self.retryAfter) = (status, message, retryAfter)
    }
}
