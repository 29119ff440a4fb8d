import ClickModel
import Synchronization

/// A bounded number of places for work that takes memory or time, shared out fairly: no workspace may take all.
final class Seats: Sendable {
    private let most: Int
    private let mostOfWorkspace: Int
    private let taken = Mutex<[WorkspaceNumber: Int]>([:])

    init(_ most: Int, ofWorkspace mostOfWorkspace: Int) {
        (self.most, self.mostOfWorkspace) = (most, mostOfWorkspace)
    }

    /// A place for a workspace, kept as long as the seat is; nil when all are taken, or all of its own.
    func take(for workspace: WorkspaceNumber) -> Seat? {
        let isTaken = taken.withLock { taken in
            let own = taken[workspace] ?? 0
            guard own < mostOfWorkspace, taken.values.reduce(0, +) < most else { return false }
            taken[workspace] = own + 1
            return true
        }
        return isTaken ? Seat { [weak self] in self?.giveBack(workspace) } : nil
    }

    private func giveBack(_ workspace: WorkspaceNumber) {
        taken.withLock { taken in
            let rest = (taken[workspace] ?? 0) - 1
            taken[workspace] = rest > 0 ? rest : nil
        }
    }
}

/// One place; given back when nobody holds it any more.
final class Seat: Sendable {
    private let release: @Sendable () -> Void

    init(_ release: @escaping @Sendable () -> Void) { self.release = release }

    deinit { release() }
}
