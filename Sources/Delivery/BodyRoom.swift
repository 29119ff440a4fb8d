package import ClickModel
import Synchronization

/// Memory for bodies, shared by all streams and bounded: who wants more than there is waits.
///
/// A body counts once. While a webhook's is sent it is there a second time, in the connection's own memory.
///
/// Workspaces take turns, so one with many streams doesn't keep the others out, and none has more than a quarter of it for long.
/// Streams whose receivers fail get half of it at most: they hold what they have until an attempt's time is up.
package final class BodyRoom: Sendable {
    private struct Waiter {
        let id: UInt64
        let bytes: Int
        let continuation: CheckedContinuation<Bool, Never>
    }

    /// Those who wait, by workspace; the workspaces in turn.
    private struct Queue {
        var waiting: [WorkspaceNumber: [Waiter]] = [:]
        var turns: [WorkspaceNumber] = []
        var used = 0
        let limit: Int
        /// What each workspace uses.
        var usedBy: [WorkspaceNumber: Int] = [:]
        /// What a workspace may use, beyond its first place.
        let share: Int

        mutating func put(_ waiter: Waiter, of workspace: WorkspaceNumber) {
            if waiting[workspace] == nil { turns.append(workspace) }
            waiting[workspace, default: []].append(waiter)
        }

        mutating func remove(_ id: UInt64, of workspace: WorkspaceNumber) -> Waiter? {
            guard let index = waiting[workspace]?.firstIndex(where: { $0.id == id }) else {
                return nil
            }
            let waiter = waiting[workspace]?.remove(at: index)
            if waiting[workspace]?.isEmpty == true {
                waiting[workspace] = nil
                turns.removeAll { $0 == workspace }
            }
            return waiter
        }

        /// The next one whose turn it is and who doesn't have its share yet, if there is room for it.
        mutating func next(free: Int) -> Waiter? {
            let turn = turns.firstIndex { workspace in
                let own = usedBy[workspace] ?? 0
                return own == 0 || own + (waiting[workspace]?.first?.bytes ?? 0) <= share
            }
            guard let turn, let waiter = waiting[turns[turn]]?.first,
                waiter.bytes <= min(free, limit - used)
            else { return nil }
            let workspace = turns.remove(at: turn)
            waiting[workspace]?.removeFirst()
            if waiting[workspace]?.isEmpty == true {
                waiting[workspace] = nil
            } else {
                turns.append(workspace)
            }
            use(waiter.bytes, of: workspace)
            return waiter
        }

        mutating func use(_ bytes: Int, of workspace: WorkspaceNumber) {
            used += bytes
            let own = (usedBy[workspace] ?? 0) + bytes
            usedBy[workspace] = own == 0 ? nil : own
        }
    }

    private struct State {
        var nextID: UInt64 = 0
        var healthy: Queue
        var failing: Queue
        var used: Int { healthy.used + failing.used }
    }

    private let limit: Int
    private let state: Mutex<State>

    /// - Parameter limit: Bytes of all bodies together.
    package init(limit: Int = 48 << 20) {
        self.limit = limit
        state = Mutex(
            State(
                healthy: Queue(limit: limit, share: limit / 4),
                failing: Queue(limit: max(1, limit / 2), share: limit / 8)
            )
        )
    }

    /// Bytes in use.
    package var used: Int { state.withLock { $0.used } }

    /// Room that was taken; it has to be given back once.
    package struct Place: Sendable {
        fileprivate var bytes: Int
        fileprivate let workspace: WorkspaceNumber
        fileprivate let isFailing: Bool
    }

    /// Takes room, when it is there.
    ///
    /// - Parameters:
    ///   - bytes: How much; more than there is at all counts as all of it.
    ///   - workspace: For whom.
    ///   - isFailing: Whether the stream's receiver fails.
    /// - Returns: The place; nil when the task was cancelled first.
    package func take(
        _ bytes: Int,
        for workspace: WorkspaceNumber,
        isFailing: Bool
    ) async -> Place? {
        let bytes = max(1, min(bytes, isFailing ? max(1, limit / 2) : limit))
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        let isThere = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let waiter = Waiter(id: id, bytes: bytes, continuation: continuation)
                state.withLock { state in
                    if isFailing {
                        state.failing.put(waiter, of: workspace)
                    } else {
                        state.healthy.put(waiter, of: workspace)
                    }
                }
                if Task.isCancelled { cancel(id, workspace, isFailing) }
                letIn()
            }
        } onCancel: {
            cancel(id, workspace, isFailing)
        }
        return isThere ? Place(bytes: bytes, workspace: workspace, isFailing: isFailing) : nil
    }

    /// Takes more room if it is there now and nobody waits for it.
    ///
    /// - Returns: Whether it was there.
    package func grow(_ place: inout Place, by bytes: Int) -> Bool {
        let isThere = state.withLock { state in
            guard state.healthy.turns.isEmpty, state.failing.turns.isEmpty,
                bytes <= limit - state.used
            else { return false }
            Self.use(bytes, of: place, &state)
            return true
        }
        if isThere { place.bytes += bytes }
        return isThere
    }

    private static func use(_ bytes: Int, of place: Place, _ state: inout State) {
        if place.isFailing {
            state.failing.use(bytes, of: place.workspace)
        } else {
            state.healthy.use(bytes, of: place.workspace)
        }
    }

    /// Gives back what turned out not to be needed.
    package func shrink(_ place: inout Place, to bytes: Int) {
        let spare = place.bytes - max(1, bytes)
        guard spare > 0 else { return }
        place.bytes -= spare
        giveBack(Place(bytes: spare, workspace: place.workspace, isFailing: place.isFailing))
    }

    /// Whether somebody waits.
    package var isContended: Bool {
        state.withLock { !$0.healthy.turns.isEmpty || !$0.failing.turns.isEmpty }
    }

    package func giveBack(_ place: Place) {
        state.withLock { Self.use(-place.bytes, of: place, &$0) }
        letIn()
    }

    private func cancel(_ id: UInt64, _ workspace: WorkspaceNumber, _ isFailing: Bool) {
        let waiter = state.withLock { state in
            isFailing
                ? state.failing.remove(id, of: workspace) : state.healthy.remove(id, of: workspace)
        }
        waiter?.continuation.resume(returning: false)
        // Who stood behind it may fit.
        letIn()
    }

    private func letIn() {
        let ready = state.withLock { state in
            var ready: [Waiter] = []
            while let waiter = state.healthy.next(free: limit - state.used)
                ?? state.failing.next(free: limit - state.used)
            {
                ready.append(waiter)
            }
            return ready
        }
        for waiter in ready { waiter.continuation.resume(returning: true) }
    }
}
