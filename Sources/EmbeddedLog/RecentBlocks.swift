import ClickModel
import Foundation
import Synchronization

/// The newest blocks, for those who follow the log's end: nobody who does reads the disk.
///
/// Kept as they are stored, which takes a tenth of the memory. Those that were committed or read last are kept unpacked
/// too: streams that follow the end need to unpack nothing, and those that lag together unpack each block once.
final class RecentBlocks: Sendable {
    private struct Entry {
        var stored: StoredBlock
        var unpacked: Block?
    }

    private struct State {
        var entries: [Entry] = []
        var bytes = 0
        /// How many of `entries` are already out: dropping from the front of an array one by one
        /// would move it each time.
        var dropped = 0
        /// Where the blocks begin that are kept unpacked, the one that is let go of next first.
        var unpacked: [Offset] = []
        var unpackedBytes = 0
        /// How many blocks have come since somebody read one.
        var unread = Int.max
    }

    /// A block as it is stored, and unpacked if it is kept so.
    typealias Found = (stored: StoredBlock, unpacked: Block?)

    /// What unpacked blocks may take: a few batches' events, few enough to leave the caches to the event loops.
    private static let unpackedBytes = 2 << 20
    /// Nobody follows the end who has left so many blocks unread.
    private static let longestPause = 256

    private let state = Mutex(State())
    private let limitBytes: Int

    /// Keeps up to `limitBytes` of blocks, and always the newest one and those that are nowhere else to be read.
    init(limitBytes: Int) { self.limitBytes = limitBytes }

    /// Whether somebody reads blocks soon after they come.
    var isFollowed: Bool { state.withLock { $0.unread < Self.longestPause } }

    /// Adds the newest block.
    ///
    /// - Parameters:
    ///   - block: The block.
    ///   - storedEnd: Where the log ends on the disk that readers look into.
    func append(_ block: StoredBlock, storedEnd: Offset) {
        state.withLock { state in
            state.entries.append(Entry(stored: block))
            state.bytes += block.data.count
            if state.unread < Int.max { state.unread += 1 }
            while state.bytes > limitBytes, state.dropped < state.entries.count - 1,
                state.entries[state.dropped].stored.offsets.upperBound <= storedEnd
            {
                let gone = state.entries[state.dropped].stored
                state.bytes -= gone.data.count
                Self.pack(&state.entries[state.dropped], &state.unpackedBytes)
                // Its place is kept for a while, its bytes are not.
                state.entries[state.dropped].stored = StoredBlock(
                    offsets: gone.offsets,
                    tally: Tally(),
                    data: Data()
                )
                state.dropped += 1
            }
            if state.dropped > 64, state.dropped > state.entries.count / 2 {
                state.entries.removeFirst(state.dropped)
                state.dropped = 0
            }
        }
    }

    /// Keeps a block unpacked, in place of those that were kept first.
    func keep(_ block: Block) {
        let bytes = block.byteCount
        state.withLock { state in
            guard let index = Self.index(of: block.first, in: state),
                state.entries[index].unpacked == nil
            else { return }
            state.entries[index].unpacked = block
            state.unpacked.append(block.first)
            state.unpackedBytes += bytes
            var gone = 0
            while state.unpackedBytes > Self.unpackedBytes, gone < state.unpacked.count - 1 {
                if let index = Self.index(of: state.unpacked[gone], in: state) {
                    Self.pack(&state.entries[index], &state.unpackedBytes)
                }
                gone += 1
            }
            state.unpacked.removeFirst(gone)
        }
    }

    private static func pack(_ entry: inout Entry, _ unpackedBytes: inout Int) {
        guard let block = entry.unpacked else { return }
        unpackedBytes -= block.byteCount
        entry.unpacked = nil
    }

    /// The next blocks that end after `offset` with events of the workspace, and the offset that was looked
    /// up to; nil when `offset` is older than what is kept here.
    func read(
        from offset: Offset,
        workspace: WorkspaceNumber?,
        limitBytes: Int
    ) -> (blocks: [Found], next: Offset)? {
        state.withLock { state in
            let kept = state.entries[state.dropped...]
            guard let oldest = kept.first, offset >= oldest.stored.offsets.lowerBound else {
                return nil
            }
            state.unread = 0
            var found: [Found] = []
            var bytes = 0
            var next = offset
            var index = Self.firstIndex(in: kept, endingAfter: offset)
            while index < kept.endIndex, bytes < limitBytes {
                let entry = kept[index]
                if entry.stored.count(of: workspace) > 0 {
                    found.append((entry.stored, entry.unpacked))
                    bytes += entry.stored.plainBytes
                }
                next = entry.stored.offsets.upperBound
                index += 1
            }
            return (found, next)
        }
    }

    /// Where the block that begins at an offset is; nil when it is not here.
    private static func index(of first: Offset, in state: State) -> Int? {
        let kept = state.entries[state.dropped...]
        let index = firstIndex(in: kept, endingAfter: first)
        guard index < kept.endIndex, kept[index].stored.offsets.lowerBound == first else {
            return nil
        }
        return index
    }

    private static func firstIndex(
        in kept: ArraySlice<Entry>,
        endingAfter offset: Offset
    ) -> Int {
        var low = kept.startIndex
        var high = kept.endIndex
        while low < high {
            let middle = (low + high) / 2
            if kept[middle].stored.offsets.upperBound > offset {
                high = middle
            } else {
                low = middle + 1
            }
        }
        return low
    }
}
