import ClickModel
import Synchronization

/// Tasks that wait for the log to grow, each for one workspace's events or for any.
///
/// A commit looks only at those who wait for its workspaces.
final class Waiters: Sendable {
    private struct Waiter {
        /// The workspace's events, trimmed ones included, that it waits for; 0 for the next one.
        let total: Int64
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var nextID: UInt64 = 0
        var waiting: [WorkspaceNumber: [UInt64: Waiter]] = [:]
        var anyone: [UInt64: Waiter] = [:]
    }

    private let state = Mutex(State())

    /// Waits for `wake`, for `deadline`, or for the task's cancellation.
    ///
    /// `isOver` is asked after the waiter is in place: what happens later wakes it.
    func wait(
        for workspace: WorkspaceNumber?,
        total: Int64 = 0,
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
                if !Task.isCancelled { resume(id, workspace) }
            }
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let waiter = Waiter(total: total, continuation: continuation)
                state.withLock { state in
                    if let workspace {
                        state.waiting[workspace, default: [:]][id] = waiter
                    } else {
                        state.anyone[id] = waiter
                    }
                }
                let isLate = deadline.map { $0 <= .now } ?? false
                if isLate || Task.isCancelled || isOver() { resume(id, workspace) }
            }
        } onCancel: {
            resume(id, workspace)
        }
        timer?.cancel()
    }

    /// Wakes those that wait for one of the workspaces that got events, and those that wait for any.
    ///
    /// - Parameters:
    ///   - tally: Which got events.
    ///   - totals: How many each has by now.
    func wake(_ tally: Tally, totals: Tally) {
        let due = state.withLock { state in
            var due = state.anyone.values.map(\.continuation)
            state.anyone.removeAll()
            guard !state.waiting.isEmpty else { return due }
            for workspace in tally.counts.keys {
                guard var waiters = state.waiting.removeValue(forKey: workspace) else { continue }
                let total = totals[workspace]
                for (id, waiter) in waiters where waiter.total <= total {
                    due.append(waiter.continuation)
                    waiters[id] = nil
                }
                if !waiters.isEmpty { state.waiting[workspace] = waiters }
            }
            return due
        }
        for continuation in due { continuation.resume() }
    }

    /// Wakes everyone: the log was closed.
    func wakeAll() {
        let due = state.withLock { state in
            defer { (state.waiting, state.anyone) = ([:], [:]) }
            return (state.waiting.values.flatMap(\.values) + state.anyone.values).map(
                \.continuation
            )
        }
        for continuation in due { continuation.resume() }
    }

    private func resume(_ id: UInt64, _ workspace: WorkspaceNumber?) {
        let waiter = state.withLock { state -> Waiter? in
            guard let workspace else { return state.anyone.removeValue(forKey: id) }
            let waiter = state.waiting[workspace]?.removeValue(forKey: id)
            if state.waiting[workspace]?.isEmpty == true { state.waiting[workspace] = nil }
            return waiter
        }
        waiter?.continuation.resume()
    }
}
