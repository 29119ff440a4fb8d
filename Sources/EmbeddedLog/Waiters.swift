import ClickModel
import Synchronization

/// Tasks that wait for the log to grow, each for one workspace's events or for any.
final class Waiters: Sendable {
    private struct Waiter {
        let workspace: WorkspaceNumber?
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var nextID: UInt64 = 0
        var waiting: [UInt64: Waiter] = [:]
    }

    private let state = Mutex(State())

    /// Waits for `wake`, for `deadline`, or for the task's cancellation.
    ///
    /// `isOver` is asked after the waiter is in place: what happens later wakes it.
    func wait(
        for workspace: WorkspaceNumber?,
        until deadline: ContinuousClock.Instant?,
        isOver: @Sendable () -> Bool
    ) async {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        // The only unstructured task here: a timer that outlives nothing but its own wait.
        let timer = deadline.map { deadline in
            Task {
                try? await Task.sleep(until: deadline, clock: .continuous)
                if !Task.isCancelled { resume(id) }
            }
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                state.withLock {
                    $0.waiting[id] = Waiter(workspace: workspace, continuation: continuation)
                }
                let isLate = deadline.map { $0 <= .now } ?? false
                if isLate || Task.isCancelled || isOver() { resume(id) }
            }
        } onCancel: {
            resume(id)
        }
        timer?.cancel()
    }

    /// Wakes those that wait for one of these workspaces, and those that wait for any.
    func wake(_ tally: Tally) {
        let due = state.withLock { state in
            guard !state.waiting.isEmpty else { return [CheckedContinuation<Void, Never>]() }
            let ids = state.waiting.filter { waiter in
                waiter.value.workspace.map { tally[$0] > 0 } ?? true
            }.keys
            return ids.compactMap { state.waiting.removeValue(forKey: $0)?.continuation }
        }
        for continuation in due { continuation.resume() }
    }

    /// Wakes everyone: the log was closed.
    func wakeAll() {
        let due = state.withLock { state in
            defer { state.waiting.removeAll() }
            return state.waiting.values.map(\.continuation)
        }
        for continuation in due { continuation.resume() }
    }

    private func resume(_ id: UInt64) {
        let waiter = state.withLock { $0.waiting.removeValue(forKey: id) }
        waiter?.continuation.resume()
    }
}
