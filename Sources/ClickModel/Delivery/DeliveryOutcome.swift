/// How an attempt ended.
///
/// A receiver that says no is a result, not an error.
package enum DeliveryOutcome: Hashable, Sendable {
    /// Accepted.
    case delivered(DeliveryAnswer)
    /// Not accepted, or nobody knows; the same batch will be tried again.
    case failed(DeliveryFailure)
    /// These bytes are what the receiver won't have; other events it may.
    case refused(DeliveryFailure, isTooLarge: Bool)
    /// The receiver said that it is gone for good (410).
    case gone(DeliveryFailure)
    /// Cancelled before there was an answer: not an attempt.
    case abandoned

    /// What the receiver answered, if it did.
    package var answer: DeliveryAnswer? {
        switch self {
        case .delivered(let answer): answer
        case .failed(let failure), .refused(let failure, _), .gone(let failure): failure.answer
        case .abandoned: nil
        }
    }
}

/// What a receiver answered, fit to be shown to the stream's owner.
package struct DeliveryAnswer: Hashable, Sendable {
    /// The longest text that is kept, in bytes.
    package static let longestText = 4096

    /// The HTTP status; nil where there is none.
    package let status: Int?
    /// The beginning of what came with it, without secrets.
    package let text: String

    package init(status: Int?, text: String = "") { (self.status, self.text) = (status, text) }
}

/// Why an attempt failed, in words for the stream's owner.
package struct DeliveryFailure: Hashable, Sendable {
    /// The receiver's answer, if it gave one.
    package let answer: DeliveryAnswer?
    /// A sentence: "answered 500 after 0.12 s: ..." or "could not connect: ...".
    package let message: String
    /// The receiver's own wish (`Retry-After`), a lower bound.
    package let retryAfter: Duration?

    package init(
        answer: DeliveryAnswer? = nil,
        message: String,
        retryAfter: Duration? = nil
    ) {
        (self.answer, self.message, self.retryAfter) = (answer, message, retryAfter)
    }

    package var status: Int? { answer?.status }
}
