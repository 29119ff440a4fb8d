import ServiceLifecycle
import Synchronization

/// Watches over what is written to a listener, so that one that doesn't read is never waited for.
///
/// A write that takes too long makes the listener late; it has a little time to take a last word, and then the
/// connection is closed. The same goes for one that holds up the service's stop.
final class WriteWatch: Sendable {
    private struct State {
        /// When the write under way began; nil between two.
        var began: ContinuousClock.Instant?
        var isLate = false
    }

    private let patience: Duration
    private let grace: Duration
    private let state = Mutex(State())

    /// - Parameters:
    ///   - patience: How long a write may take.
    ///   - grace: How long after it was late, or the service was told to stop, a listener may still take something.
    init(patience: Duration, grace: Duration = .seconds(2)) {
        (self.patience, self.grace) = (patience, grace)
    }

    func begin() { state.withLock { $0.began = .now } }

    /// Ends a write; false when it took too long.
    func end() -> Bool {
        state.withLock { state in
            state.began = nil
            return !state.isLate
        }
    }

    /// Returns once a write has been under way for too long.
    private func waitUntilLate() async throws {
        while true {
            let deadline = state.withLock { state in
                let deadline = (state.began ?? .now) + patience
                if deadline <= .now { state.isLate = true }
                return state.isLate ? nil : deadline
            }
            guard let deadline else { return }
            try await Task.sleep(until: deadline, clock: .continuous)
        }
    }

    /// Watches until it is told to stop.
    ///
    /// - Parameters:
    ///   - close: Closes the connection; called should a write hold things up.
    ///   - onLate: Called when the listener is late.
    /// - Returns: Ends the watch.
    func start(
        close: @escaping @Sendable () -> Void,
        onLate: @escaping @Sendable () -> Void
    ) -> @Sendable () -> Void {
        // Two watches beside the writing, which can't move into a group's child: its writer is borrowed.
        let late = Task {
            try await waitUntilLate()
            onLate()
            try await Task.sleep(for: grace)
            close()
        }
        let stop = Task {
            try await gracefulShutdown()
            try await Task.sleep(for: grace)
            close()
        }
        return {
            late.cancel()
            stop.cancel()
        }
    }
}
