import Synchronization

/// Ends a worker's waiting at once, and leaves what it does otherwise alone.
///
/// A worker that is told to stop while it sends lets the attempt end; one that waits stops waiting.
final class StopSwitch: Sendable {
    private struct State {
        var isStopped = false
        var waiting: Task<Void, Never>?
    }

    private let state = Mutex(State())

    var isStopped: Bool { state.withLock { $0.isStopped } }

    /// Runs `wait` until it ends or the switch is thrown.
    func interruptible(_ wait: @escaping @Sendable () async -> Void) async {
        let task = state.withLock { state -> Task<Void, Never>? in
            guard !state.isStopped else { return nil }
            // Unstructured so that the switch can cancel the wait without cancelling its worker.
            let task = Task { await wait() }
            state.waiting = task
            return task
        }
        guard let task else { return }
        await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        state.withLock { $0.waiting = nil }
    }

    func stop() {
        let task = state.withLock { state in
            state.isStopped = true
            return state.waiting
        }
        task?.cancel()
    }
}
