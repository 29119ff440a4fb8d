import ClickModel
import Synchronization

/// The newest blocks, for those who follow the log's end: nobody who does reads the disk.
///
/// Kept as they are stored, which takes a tenth of the memory: unpacking costs less than the caches that
/// events kept as they are would take from the event loops. Those that were unpacked last are kept too, so
/// streams that follow the end together unpack each block once.
final class RecentBlocks: Sendable {
    private struct State {
        var blocks: [StoredBlock] = []
        var bytes = 0
        /// How many of `blocks` are already out: dropping from the front of an array one by one
        /// would move it each time.
        var dropped = 0
        /// The blocks that were unpacked last, newest first.
        var unpacked: [Block] = []
    }

    private static let unpackedBlocks = 8

    private let state = Mutex(State())
    private let limitBytes: Int

    /// Keeps up to `limitBytes` of blocks, and always the newest one and those that are nowhere else to be read.
    init(limitBytes: Int) { self.limitBytes = limitBytes }

    /// Adds the newest block.
    ///
    /// - Parameters:
    ///   - block: The block.
    ///   - storedEnd: Where the log ends on the disk that readers look into.
    func append(_ block: StoredBlock, storedEnd: Offset) {
        state.withLock { state in
            state.blocks.append(block)
            state.bytes += block.data.count
            while state.bytes > limitBytes, state.dropped < state.blocks.count - 1,
                state.blocks[state.dropped].offsets.upperBound <= storedEnd
            {
                state.bytes -= state.blocks[state.dropped].data.count
                state.dropped += 1
            }
            if state.dropped > 64, state.dropped > state.blocks.count / 2 {
                state.blocks.removeFirst(state.dropped)
                state.dropped = 0
            }
        }
    }

    /// The next blocks that end after `offset` with events of the workspace, and the offset that was looked
    /// up to; nil when `offset` is older than what is kept here.
    func read(
        from offset: Offset,
        workspace: WorkspaceNumber?,
        limitBytes: Int
    ) -> (blocks: [StoredBlock], next: Offset)? {
        state.withLock { state in
            let kept = state.blocks[state.dropped...]
            guard let oldest = kept.first, offset >= oldest.offsets.lowerBound else { return nil }
            var found: [StoredBlock] = []
            var bytes = 0
            var next = offset
            var index = firstIndex(in: kept, endingAfter: offset)
            while index < kept.endIndex, bytes < limitBytes {
                let block = kept[index]
                if block.count(of: workspace) > 0 {
                    found.append(block)
                    bytes += block.plainBytes
                }
                next = block.offsets.upperBound
                index += 1
            }
            return (found, next)
        }
    }

    /// The block unpacked, from memory if another reader has just unpacked it.
    func unpack(_ stored: StoredBlock) throws(DamagedBlock) -> Block {
        let known = state.withLock { state in
            state.unpacked.first { $0.offsets == stored.offsets }
        }
        if let known { return known }
        let block = try stored.decode()
        state.withLock { state in
            if state.unpacked.count >= Self.unpackedBlocks { state.unpacked.removeLast() }
            state.unpacked.insert(block, at: 0)
        }
        return block
    }

    private func firstIndex(
        in kept: ArraySlice<StoredBlock>,
        endingAfter offset: Offset
    ) -> Int {
        var low = kept.startIndex
        var high = kept.endIndex
        while low < high {
            let middle = (low + high) / 2
            if kept[middle].offsets.upperBound > offset {
                high = middle
            } else {
                low = middle + 1
            }
        }
        return low
    }
}
