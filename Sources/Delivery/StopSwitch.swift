import Synchronization

/// Ends a worker's waiting at once, and leaves what it does otherwise alone.
///
/// A worker that is told to stop while it sends lets the attempt end; one that waits stops waiting.
final class StopSwitch: Sendable {
    private struct State {
        var isStopped = false
        var cancel: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    var isStopped: Bool { state.withLock { $0.isStopped } }

    /// Runs `wait` until it ends; it is cancelled when the switch is thrown.
    ///
    /// - Returns: What it gave; nil when the switch was thrown before.
    func interruptible<Result: Sendable>(
        _ wait: @escaping @Sendable () async -> Result
    ) async -> Result? {
        let task = state.withLock { state -> Task<Result, Never>? in
            guard !state.isStopped else { return nil }
            // Unstructured so that the switch can cancel the wait without cancelling its worker.
            let task = Task { await wait() }
            state.cancel = { task.cancel() }
            return task
        }
        guard let task else { return nil }
        let result = await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        state.withLock { $0.cancel = nil }
        return result
    }

    func stop() {
        let cancel = state.withLock { state in
            state.isStopped = true
            return state.cancel
        }
        cancel?()
    }
}
