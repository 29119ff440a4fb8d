package import ClickModel

extension DeliverySupervisor {
    /// What a replay from a time to a time would send again: events that the stream is done with.
    ///
    /// - Parameters:
    ///   - stream: The stream.
    ///   - start: Events that were clicked before it are left out.
    ///   - end: Events that were clicked at it or later are left out.
    /// - Returns: The replay; nil when there is no such event.
    /// - Throws: `LogError`.
    package nonisolated func planReplay(
        of stream: EventStream,
        from start: Timestamp,
        to end: Timestamp
    ) async throws(LogError) -> Replay? {
        let (log, ledger) = (surroundings.log, surroundings.ledger)
        guard let position = try await ledger.position(of: stream.id) else { return nil }
        // Before a change of filter or format the numbers and the bytes were others.
        let start = max(start, stream.numberedSince ?? start)
        let first = max(try await log.offset(at: start), stream.start)
        let last = min(try await log.offset(at: end), position.checkpoint)
        guard first < last else { return nil }
        let mark =
            try await ledger.mark(of: stream.id, behind: first)
            ?? position.mark
        // Counted backwards from where the numbering is known: what lies between is still in the log.
        let between = try await matching(stream, first..<max(first, mark.offset))
        return Replay(
            id: EventStream.ID("rpl_\(StreamWorker.newBatchID().dropFirst(4))"),
            stream: stream.id,
            covers: first..<last,
            firstSequence: max(1, mark.sequence - between.reduce(0, +)),
            laneNumbers: stream.lanes == 1
                ? []
                : between.enumerated().map { lane, count in
                    let known = mark.laneNumbers
                    return max(1, (known.indices.contains(lane) ? known[lane] : 1) - count)
                },
            startTotal: try await log.total(of: stream.workspace, before: first)
        )
    }

    /// How many of a stream's events lie in a part of the log, by lane.
    private nonisolated func matching(
        _ stream: EventStream,
        _ range: Range<Offset>
    ) async throws(LogError) -> [Int64] {
        var count = EventCount(stream)
        var position = range.lowerBound
        while position < range.upperBound {
            switch try await surroundings.log.read(from: position, workspace: stream.workspace) {
            case .blocks(let blocks):
                for block in blocks { count.add(block, position..<range.upperBound) }
                position = blocks.last?.offsets.upperBound ?? range.upperBound
            case .end: return count.byLane
            case .damaged(_, _, let reason):
                throw .io(
                    "a block of the log is damaged (\(reason)): the numbers behind it are not known"
                )
            }
        }
        return count.byLane
    }
}
