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
        var room: Int?
        var blocksRead = 0
        var attempts: [EventStream.ID: [RecordedAttempt]] = [:]
        var parked: [EventStream.ID: [ParkedEvent]] = [:]
        var unparked: [EventStream.ID: (delivered: Int64, expired: Int64)] = [:]
        var marks: [EventStream.ID: [SequenceMark]] = [:]
        var lastID: Int64 = 0
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
            let blocks = found.prefix(16)
            state.blocksRead += blocks.count
            return blocks.isEmpty ? .end(state.end) : .blocks(Array(blocks))
        }
    }

    /// How many blocks were given to readers in all.
    package var blocksRead: Int { state.withLock { $0.blocksRead } }

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

    package func wait(
        forTotal total: Int64,
        of workspace: WorkspaceNumber,
        until deadline: ContinuousClock.Instant
    ) async {
        while deadline > .now, !Task.isCancelled {
            let end = bounds.upperBound
            if let all = try? await self.total(of: workspace, before: end), all >= total { return }
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

    package func offset(usedUp percent: Int) async throws(LogError) -> Offset {
        state.withLock { state in
            guard let room = state.room else { return .zero }
            return Offset(max(0, state.end.value - Int64(room * percent / 100)))
        }
    }

    /// How many events it may hold, for `offset(usedUp:)`.
    package func setRoom(_ events: Int) { state.withLock { $0.room = events } }

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

    package func store(_ step: DeliveryStep) async throws(LogError) {
        let (position, stream) = (step.position, step.position.stream)
        state.withLock { state in
            state.positions[stream] = position
            state.saves.append(position)
            if step.isMark {
                state.marks[stream, default: []].append(position.mark)
            }
            if let parked = step.parked {
                state.lastID += 1
                state.parked[stream, default: []].append(parked.stored(as: state.lastID))
            }
        }
    }

    package func note(_ attempt: AttemptRecord, of stream: EventStream.ID) {
        state.withLock { state in
            state.lastID += 1
            state.attempts[stream, default: []].append(
                RecordedAttempt(id: state.lastID, record: attempt)
            )
        }
    }

    package func accounting(of stream: EventStream) async throws(LogError) -> DeliveryAccounting {
        let position =
            try await position(of: stream.id)
            ?? StreamPosition(stream: stream.id, checkpoint: stream.start)
        let total = try await total(of: stream.workspace, before: bounds.upperBound)
        let unparked = state.withLock { $0.unparked[stream.id] }
        return DeliveryAccounting(
            position,
            total: total - stream.startTotal,
            unparkedDelivered: unparked?.delivered ?? 0,
            unparkedExpired: unparked?.expired ?? 0
        )
    }

    package func attempts(
        of stream: EventStream.ID,
        before: Int64?,
        limit: Int
    ) async throws(LogError) -> [RecordedAttempt] {
        state.withLock { state in
            let all = state.attempts[stream] ?? []
            return Array(all.reversed().filter { $0.id < before ?? .max }.prefix(limit))
        }
    }

    package func attemptSummary(
        of stream: EventStream.ID
    ) async throws(LogError) -> AttemptSummary {
        state.withLock { state in
            let all = (state.attempts[stream] ?? []).map(\.record)
            let delivered = all.filter { $0.status == "delivered" }
            let sum = all.reduce(Duration.zero) { $0 + $1.duration }
            return AttemptSummary(
                from: all.map(\.at).min(),
                count: all.count,
                delivered: delivered.count,
                events: delivered.reduce(0) { $0 + $1.events },
                averageDuration: all.isEmpty ? nil : sum / all.count
            )
        }
    }

    package func parked(
        of stream: EventStream.ID,
        after: Int64?,
        limit: Int
    ) async throws(LogError) -> [ParkedEvent] {
        state.withLock { state in
            Array((state.parked[stream] ?? []).filter { $0.id > after ?? 0 }.prefix(limit))
        }
    }

    package func unpark(
        _ id: Int64,
        of stream: EventStream.ID,
        isDelivered: Bool
    ) async throws(LogError) -> Bool {
        state.withLock { state in
            guard let index = state.parked[stream]?.firstIndex(where: { $0.id == id }) else {
                return false
            }
            state.parked[stream]?.remove(at: index)
            var unparked = state.unparked[stream] ?? (0, 0)
            if isDelivered { unparked.delivered += 1 } else { unparked.expired += 1 }
            state.unparked[stream] = unparked
            return true
        }
    }

    package func mark(
        of stream: EventStream.ID,
        behind offset: Offset
    ) async throws(LogError) -> SequenceMark? {
        state.withLock { state in
            (state.marks[stream] ?? []).filter { $0.offset >= offset }
                .min { $0.offset < $1.offset }
        }
    }

    package func forgetStreams(
        except kept: Set<EventStream.ID>
    ) async throws(LogError) {
        state.withLock { state in
            state.positions = state.positions.filter { kept.contains($0.key) }
            state.attempts = state.attempts.filter { kept.contains($0.key) }
            state.parked = state.parked.filter { kept.contains($0.key) }
            state.unparked = state.unparked.filter { kept.contains($0.key) }
            state.marks = state.marks.filter { kept.contains($0.key) }
        }
    }
}
