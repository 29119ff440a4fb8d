import ClickModel
import Synchronization

/// Unpacked blocks of the log's past, for streams that catch up together.
///
/// Where many workspaces share the log every block holds events of most of them: a thousand streams that were away would unpack each
/// block a thousand times. Streams that lag alone find nothing here and disturb nobody.
final class SharedBlocks: Sendable {
    private struct State {
        /// The one used last is last.
        var blocks: [Block] = []
        var bytes = 0
    }

    private let state = Mutex(State())
    private let limitBytes: Int

    init(limitBytes: Int) { self.limitBytes = limitBytes }

    /// The block that begins at an offset, if it is here.
    func block(at first: Offset) -> Block? {
        state.withLock { state in
            guard let index = state.blocks.lastIndex(where: { $0.first == first }) else {
                return nil
            }
            let block = state.blocks.remove(at: index)
            state.blocks.append(block)
            return block
        }
    }

    /// Keeps a block, and lets those go that were not used for longest.
    func put(_ block: Block) {
        state.withLock { state in
            guard !state.blocks.contains(where: { $0.first == block.first }) else { return }
            state.blocks.append(block)
            state.bytes += block.byteCount
            while state.bytes > limitBytes, !state.blocks.isEmpty {
                state.bytes -= state.blocks.removeFirst().byteCount
            }
        }
    }
}
