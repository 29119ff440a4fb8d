/// The trouble that a receiver makes on purpose, so that a stream's owner can see what comes of it.
///
/// The set-up's test delivery is spared, except from `status`.
package struct Rehearsal: Sendable {
    /// The status of every answer.
    package var status = 200
    /// How long an answer takes.
    package var latency = Duration.zero
    /// The share of deliveries that are answered 500, from 0 to 1.
    package var failShare = 0.0
    /// The share whose connection is reset without an answer, from 0 to 1.
    package var resetShare = 0.0
    /// The share that are taken and whose connection is then reset (a lost answer), from 0 to 1.
    package var loseShare = 0.0
    /// How fast the body of an accepting answer comes, in bytes a second; nil for no body.
    package var slowBody: Int?
    /// What failing answers say in `Retry-After`, in seconds; nil for nothing.
    package var retryAfter: Int?

    package init() {}

    /// Why these settings can't be, for who gave them; nil when they can.
    package var problem: String? {
        let shares = [failShare, resetShare, loseShare]
        guard shares.allSatisfy({ (0...1).contains($0) }), shares.reduce(0, +) <= 1 else {
            return "--fail-rate, --reset and --lose-answers are from 0 to 1, also together."
        }
        guard (200...599).contains(status) else { return "--status is from 200 to 599." }
        if let slowBody, slowBody < 1 { return "--slow-body is at least 1 byte a second." }
        if slowBody != nil, status != 200 { return "--slow-body goes with status 200." }
        if let retryAfter, retryAfter < 0 { return "--retry-after is 0 seconds or more." }
        if retryAfter != nil, failShare == 0, status < 300 {
            return "--retry-after goes with --fail-rate, or with a --status from 300."
        }
        return nil
    }

    /// What becomes of one delivery.
    enum Turn: Equatable {
        case takeAndAnswer
        case takeAndReset
        case reset
        /// Answer this status and take nothing.
        case refuse(status: Int)
    }

    /// Decides on a delivery by a number from 0 to below 1, any as likely as any other.
    func turn(_ draw: Double) -> Turn {
        if draw < resetShare { return .reset }
        if draw < resetShare + loseShare { return .takeAndReset }
        if draw < resetShare + loseShare + failShare { return .refuse(status: 500) }
        return status < 300 ? .takeAndAnswer : .refuse(status: status)
    }
}
