package import ClickModel
import Synchronization

/// A log in memory, for tests of those who read one.
///
/// It passes `EventLogConformance`.
///
/// It commits on whatever thread wakes it, so a test needs no other.
package final class MemoryLog: EventLog, DeliveryLedger {
    private struct State {
        var blocks: [Block] = []
        var end = Offset.zero
        var start = Offset.zero
        var trimmedTotals: [WorkspaceNumber: Int64] = [:]
        var positions: [EventStream.ID: StreamPosition] = [:]
        var saves: [StreamPosition] = []
        var source: (any EventSource)?
    }

    private let state = Mutex(State())
    private let isCommitting = Mutex(())

    package init() {}

    /// Every position that was ever saved, in order.
    package var saves: [StreamPosition] { state.withLock { $0.saves } }

    package var bounds: Range<Offset> { state.withLock { $0.start..<$0.end } }

    package func take(from source: any EventSource) { state.withLock { $0.source = source } }

    package func wake() {
        isCommitting.withLock { _ in
            guard let source = state.withLock({ $0.source }) else { return }
            let group = EventGroup()
            while true {
                group.removeAll()
                source.fill(group)
                guard !group.isEmpty else { return }
                let offsets = state.withLock { state in
                    let block = Block(
                        first: state.end,
                        facts: group.facts,
                        payload: OwnedBytes(group.payload.bytes)
                    )
                    state.blocks.append(block)
                    state.end = block.offsets.upperBound
                    return block.offsets
                }
                source.settle(.success(offsets))
            }
        }
    }

    package func read(
        from offset: Offset,
        workspace: WorkspaceNumber?
    ) async throws(LogError) -> LogRead {
        try state.withLock { state throws(LogError) in
            guard offset >= state.start else { throw .trimmed(available: state.start..<state.end) }
            let found = state.blocks.filter { block in
                block.offsets.upperBound > offset
                    && block.facts.indices.contains { index in
                        block.first.advanced(by: index) >= offset
                            && (workspace.map { block.facts[index].workspace == $0 } ?? true)
                    }
            }
            return found.isEmpty ? .end(state.end) : .blocks(Array(found.prefix(16)))
        }
    }

    package func wait(
        for offset: Offset,
        workspace: WorkspaceNumber?,
        until deadline: ContinuousClock.Instant?
    ) async {
        // Tests are few and short: polling needs no bookkeeping to get wrong.
        while bounds.upperBound <= offset, deadline.map({ $0 > .now }) ?? true, !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(1))
        }
    }

    package func total(
        of workspace: WorkspaceNumber,
        before offset: Offset
    ) async throws(LogError) -> Int64 {
        state.withLock { state in
            state.blocks.reduce(state.trimmedTotals[workspace] ?? 0) { total, block in
                total
                    + Int64(
                        block.facts.indices.count {
                            block.first.advanced(by: $0) < offset
                                && block.facts[$0].workspace == workspace
                        }
                    )
            }
        }
    }

    package func offset(at time: Timestamp) async throws(LogError) -> Offset {
        state.withLock { state in
            for block in state.blocks {
                if let index = block.facts.firstIndex(where: { $0.timestamp >= time }) {
                    return block.first.advanced(by: index)
                }
            }
            return state.end
        }
    }

    package func trim(before offset: Offset) async throws(LogError) {
        state.withLock { state in
            while let block = state.blocks.first, block.offsets.upperBound <= offset {
                for event in block.facts { state.trimmedTotals[event.workspace, default: 0] += 1 }
                state.start = block.offsets.upperBound
                state.blocks.removeFirst()
            }
        }
    }

    package func position(of stream: EventStream.ID) async throws(LogError) -> StreamPosition? {
        state.withLock { $0.positions[stream] }
    }

    package func save(_ position: StreamPosition) async throws(LogError) {
        state.withLock { state in
            state.positions[position.stream] = position
            state.saves.append(position)
        }
    }

    package func forgetStreams(
        except kept: Set<EventStream.ID>
    ) async throws(LogError) {
        state.withLock { state in
            state.positions = state.positions.filter { kept.contains($0.key) }
        }
    }
}
