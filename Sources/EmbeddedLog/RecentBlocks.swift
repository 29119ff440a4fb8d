import ClickModel
import Synchronization

/// The newest blocks, kept as they were encoded, so that who follows the log's end decodes nothing.
final class RecentBlocks: Sendable {
    private struct State {
        var blocks: [(block: Block, tally: Tally)] = []
        var bytes = 0
        /// How many of `blocks` are already out: dropping from the front of an array one by one
        /// would move it each time.
        var dropped = 0
    }

    private let state = Mutex(State())
    private let limitBytes: Int

    /// Keeps up to `limitBytes` of blocks, and always the newest one.
    init(limitBytes: Int) { self.limitBytes = limitBytes }

    func append(_ block: Block, _ tally: Tally) {
        state.withLock { state in
            state.blocks.append((block, tally))
            state.bytes += block.byteCount
            while state.bytes > limitBytes, state.dropped < state.blocks.count - 1 {
                state.bytes -= state.blocks[state.dropped].block.byteCount
                state.dropped += 1
            }
            if state.dropped > 64, state.dropped > state.blocks.count / 2 {
                state.blocks.removeFirst(state.dropped)
                state.dropped = 0
            }
        }
    }

    /// The next blocks at or after `offset` with events of the workspace; nil when `offset` is older
    /// than what is kept here.
    func read(from offset: Offset, workspace: WorkspaceNumber?, limitBytes: Int) -> LogRead? {
        state.withLock { state in
            let kept = state.blocks[state.dropped...]
            guard let oldest = kept.first, let newest = kept.last, offset >= oldest.block.first
            else {
                return nil
            }
            var found: [Block] = []
            var bytes = 0
            var index = firstIndex(in: kept, endingAfter: offset)
            while index < kept.endIndex, bytes < limitBytes {
                let (block, tally) = kept[index]
                if block.hasEvents(of: workspace, from: offset, tally: tally) {
                    found.append(block)
                    bytes += block.byteCount
                }
                index += 1
            }
            return found.isEmpty ? .end(newest.block.offsets.upperBound) : .blocks(found)
        }
    }

    private func firstIndex(
        in kept: ArraySlice<(block: Block, tally: Tally)>,
        endingAfter offset: Offset
    ) -> Int {
        var low = kept.startIndex
        var high = kept.endIndex
        while low < high {
            let middle = (low + high) / 2
            if kept[middle].block.offsets.upperBound > offset {
                high = middle
            } else {
                low = middle + 1
            }
        }
        return low
    }
}

extension Block {
    /// Whether an event of the workspace (nil: of any) lies at or after `offset`.
    func hasEvents(of workspace: WorkspaceNumber?, from offset: Offset, tally: Tally) -> Bool {
        guard offset < offsets.upperBound else { return false }
        guard let workspace else { return true }
        guard tally[workspace] > 0 else { return false }
        guard offset > first else { return true }
        let skipped = Int(offset.value - first.value)
        return facts[skipped...].contains { $0.workspace == workspace }
    }
}
