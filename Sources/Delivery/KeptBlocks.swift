import ClickModel
import Synchronization

/// What was read of the log beyond the batch that was cut from it, for the batch behind that.
///
/// Blocks are unpacked whole and batches end anywhere: without it a stream that catches up would unpack each block two or
/// three times. It is kept only while one batch follows the other, within the room that the stream has taken.
final class KeptBlocks: Sendable {
    private struct State {
        /// Nothing of the stream lies between it and the first block.
        var start = Offset.zero
        var blocks: [Block] = []
    }

    private let state = Mutex(State())

    /// The blocks that a read at an offset would give, as far as they are here; empty when none are.
    func blocks(from offset: Offset) -> [Block] {
        state.withLock { state in
            guard offset >= state.start else { return [] }
            return Array(state.blocks.drop { $0.offsets.upperBound <= offset })
        }
    }

    /// Keeps what a read at an offset gave, in place of what was kept.
    func keep(_ blocks: [Block], from offset: Offset) {
        state.withLock { $0 = State(start: offset, blocks: blocks) }
    }

    func forget() { state.withLock { $0 = State() } }
}
