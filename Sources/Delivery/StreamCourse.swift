import ClickModel

/// What a stream does after each attempt, by the delivery contract's table of outcomes.
///
/// Pure: time and chance are passed in.
struct StreamCourse {
    /// What becomes of the batch that was tried.
    enum Step: Equatable {
        /// It was accepted.
        case settled
        /// It is cut anew, smaller, to find what is refused.
        case split
        /// Its one event is set aside.
        case park
        /// It is sent again, not before `health.nextAttempt`.
        case wait
        /// The stream ends here, for the reason given.
        case disable(String)
    }

    /// A stream without any success is given up after so long.
    private static let patience = Duration.seconds(5 * 86_400)
    /// So many refused events in a row are no poison events: something else is the matter.
    private static let mostParkedInARow = 20
    /// A single refused event is tried again after these, before it is parked.
    private static let refusalWaits: [Duration] = [.seconds(5), .seconds(30)]
    /// How many events the first batch after a recovery has; each one that is accepted doubles it.
    private static let firstRamp = 10

    private(set) var health: StreamHealth
    private let limits: BatchLimits

    init(_ health: StreamHealth, limits: BatchLimits) {
        (self.health, self.limits) = (health, limits)
    }

    /// What the next batch may hold.
    var nextLimits: BatchLimits {
        var next = limits
        if let ramp = health.ramp { next.events = min(next.events, ramp) }
        if let suspects = health.suspects { next.events = min(next.events, max(1, suspects / 2)) }
        if let bytes = health.bytes { next.bytes = min(next.bytes, bytes) }
        // While something is being found out nothing waits for a batch to fill.
        if health.failingSince != nil { next.wait = .zero }
        return next
    }

    /// Whether every event is refused, so that none is parked any more.
    private var isEverythingRefused: Bool {
        health.refusedLeft == 0 || health.parkedInARow >= Self.mostParkedInARow
    }

    /// Takes an attempt's outcome.
    ///
    /// - Parameters:
    ///   - outcome: How it ended; not `abandoned`, which is no attempt.
    ///   - batch: What was tried. A refusal is noted in it.
    ///   - now: The time.
    ///   - chance: A number in 0...1, drawn anew each time.
    /// - Returns: What to do.
    mutating func take(
        _ outcome: DeliveryOutcome,
        of batch: inout InFlightBatch,
        now: Timestamp,
        chance: Double
    ) -> Step {
        switch outcome {
        case .delivered:
            accepted(batch)
            return .settled
        case .gone(let failure): return .disable(failure.message)
        case .refused(let failure, let isTooLarge):
            health.failingSince = health.failingSince ?? now
            if isEverythingRefused { return failed(failure, now, chance) }
            // An event that is too large by itself says nothing about batches.
            if isTooLarge, batch.count > 1 { halveBytes() }
            return refused(failure, &batch, now, chance)
        case .failed(let failure): return failed(failure, now, chance)
        case .abandoned: return .wait
        }
    }

    private mutating func accepted(_ batch: InFlightBatch) {
        if health.failures > 0 {
            health.ramp = Self.firstRamp
        } else if let ramp = health.ramp, Int(batch.count) <= ramp {
            // A larger one was cut before: it says nothing of what may follow.
            let doubled = ramp * 2
            health.ramp = doubled < limits.events ? doubled : nil
        }
        let left = health.suspects.map { $0 - Int(batch.count) } ?? 0
        health.suspects = left > 0 ? left : nil
        health.failures = 0
        health.failingSince = nil
        health.nextAttempt = nil
        health.parkedInARow = 0
        health.refusedLeft = nil
    }

    private mutating func halveBytes() {
        let smallest = BatchLimits.bytesRange.lowerBound
        health.bytes = max(smallest, (health.bytes ?? limits.bytes) / 2)
    }

    private mutating func refused(
        _ failure: DeliveryFailure,
        _ batch: inout InFlightBatch,
        _ now: Timestamp,
        _ chance: Double
    ) -> Step {
        guard batch.count == 1 else {
            // A half of what was refused before is not refused anew: the other half may have been accepted.
            if health.refusedLeft == nil, health.parkedInARow == 0, health.suspects == nil {
                health.refusedLeft = Int(batch.count)
            }
            health.suspects = Int(batch.count)
            return .split
        }
        if batch.refusals < Self.refusalWaits.count {
            let wait = Self.refusalWaits[batch.refusals]
            health.nextAttempt = now.advanced(
                by: RetrySchedule.honour(failure.retryAfter, atLeast: wait)
            )
            batch.refusals += 1
            return .wait
        }
        if health.refusedLeft == 1 {
            // All that were refused together are refused one by one, too.
            health.refusedLeft = 0
            return failed(failure, now, chance)
        }
        health.refusedLeft = health.refusedLeft.map { $0 - 1 }
        health.parkedInARow += 1
        health.suspects = nil
        health.nextAttempt = nil
        return .park
    }

    private mutating func failed(
        _ failure: DeliveryFailure,
        _ now: Timestamp,
        _ chance: Double
    ) -> Step {
        health.failures += 1
        let since = health.failingSince ?? now
        health.failingSince = since
        if now >= since.advanced(by: Self.patience) {
            return .disable(
                "nothing was accepted for five days; the last attempt: \(failure.message)"
            )
        }
        let delay = RetrySchedule().delay(
            afterFailures: health.failures,
            hint: failure.retryAfter,
            chance: chance
        )
        health.nextAttempt = now.advanced(by: delay)
        return .wait
    }
}
