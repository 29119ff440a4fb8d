import ClickModel
import Synchronization

/// What is known of the log's end without asking the disk: bounds, totals, the newest blocks.
///
/// Changed by the log's thread after each commit, read by everyone.
final class LogTail: Sendable {
    private struct State {
        var bounds: Range<Offset>
        var totals: Tally
        var failure: LogError?
    }

    private let state: Mutex<State>
    let recent: RecentBlocks
    let waiters = Waiters()

    init(bounds: Range<Offset>, totals: Tally, recentBytes: Int) {
        state = Mutex(State(bounds: bounds, totals: totals))
        recent = RecentBlocks(limitBytes: recentBytes)
    }

    var bounds: Range<Offset> { state.withLock { $0.bounds } }

    /// Why the last commit failed; nil when it didn't.
    var failure: LogError? { state.withLock { $0.failure } }

    /// The workspace's total and the offset that it counts up to, of the same moment.
    func total(of workspace: WorkspaceNumber) -> (Int64, before: Offset) {
        state.withLock { ($0.totals[workspace], $0.bounds.upperBound) }
    }

    /// Takes note of a commit.
    ///
    /// The visitors' answers (`settle`) leave before the streams wake.
    ///
    /// - Parameters:
    ///   - block: What was committed.
    ///   - storedEnd: Where the log ends on the disk that readers look into.
    ///   - settle: Tells who waits for the commit.
    ///   - unpacked: The block as its readers get it; asked for when somebody follows the log's end.
    func committed(
        _ block: StoredBlock,
        storedEnd: Offset,
        settle: (Range<Offset>) -> Void,
        unpacked: () -> Block
    ) {
        let (offsets, tally) = (block.offsets, block.tally)
        recent.append(block, storedEnd: storedEnd)
        let totals = state.withLock { state in
            state.bounds = state.bounds.lowerBound..<offsets.upperBound
            state.totals.add(tally)
            state.failure = nil
            return state.totals
        }
        settle(offsets)
        if recent.isFollowed { recent.keep(unpacked()) }
        waiters.wake(tally, totals: totals)
    }

    /// Commits are possible again.
    func recovered() { state.withLock { $0.failure = nil } }

    func failed(_ failure: LogError) { state.withLock { $0.failure = failure } }

    func trimmed(before offset: Offset) {
        state.withLock { state in
            let end = state.bounds.upperBound
            state.bounds = min(max(state.bounds.lowerBound, offset), end)..<end
        }
    }
}
