package import ClickModel
import Synchronization

/// Clocks that jump: who sleeps wakes at once, and it is later by what they meant to sleep.
///
/// So a test drives days in milliseconds, one sleeper at a time.
package final class JumpingTime: TimeSource {
    private struct State {
        var now: Timestamp
        var sleeps: [Duration] = []
    }

    private let state: Mutex<State>

    package init(_ start: Timestamp = .now) { state = Mutex(State(now: start)) }

    package var now: Timestamp { state.withLock { $0.now } }

    /// How long was slept, each time.
    package var sleeps: [Duration] { state.withLock { $0.sleeps } }

    package func sleep(for duration: Duration) async throws {
        try Task.checkCancellation()
        state.withLock { state in
            state.now = state.now.advanced(by: duration)
            state.sleeps.append(duration)
        }
        await Task.yield()
    }

    /// Lets time pass that nobody slept.
    package func pass(_ duration: Duration) {
        state.withLock { $0.now = $0.now.advanced(by: duration) }
    }
}
