/// When a failed batch is tried again.
///
/// Pure: time and chance are passed in.
///
/// After failures in a row: up to 5 s and up to 30 s (uniform from 0), then 2 and 5 and 15 and 30
/// minutes, 1 and 2 hours, then every 3 hours, these 20 % either way.
package struct RetrySchedule: Sendable {
    private static let shortSteps: [Duration] = [.seconds(5), .seconds(30)]
    private static let longSteps: [Duration] = [120, 300, 900, 1800, 3600, 7200].map {
        .seconds($0)
    }
    private static let lastStep = Duration.seconds(3 * 3600)
    /// A receiver's `Retry-After` is honoured up to this.
    static let longestHint = Duration.seconds(24 * 3600)

    package init() {}

    /// How long to wait after the given number of failures in a row.
    ///
    /// - Parameters:
    ///   - failures: 1 after the first failure.
    ///   - hint: The receiver's `Retry-After`: a lower bound.
    ///   - chance: A number in 0...1, drawn anew each time.
    /// - Returns: The wait before the next attempt.
    package func delay(afterFailures failures: Int, hint: Duration?, chance: Double) -> Duration {
        let chance = min(max(chance, 0), 1)
        let step = max(failures, 1) - 1
        let own: Duration
        if step < Self.shortSteps.count {
            own = Self.shortSteps[step] * chance
        } else {
            let index = step - Self.shortSteps.count
            let base = index < Self.longSteps.count ? Self.longSteps[index] : Self.lastStep
            own = base * (0.8 + 0.4 * chance)
        }
        return Self.honour(hint, atLeast: own)
    }

    /// The longer of a wait of ours and the receiver's wish, as far as that is honoured.
    static func honour(_ hint: Duration?, atLeast own: Duration) -> Duration {
        max(own, min(hint ?? .zero, longestHint))
    }
}
