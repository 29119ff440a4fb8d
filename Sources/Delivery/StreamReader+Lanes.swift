import ClickModel

/// What a stream in lanes reads: rounds, and what is left of a lane's share in one.
extension StreamReader {
    /// What a look for the next round gave.
    enum RoundLook {
        /// A round, with the batches that it begins with.
        case round(LaneRound, cuts: [Int: Cut])
        case none(Look)
    }

    /// The next round behind the checkpoint: a batch for each lane, up to where the first of them is full.
    ///
    /// - Parameters:
    ///   - position: Where the stream stands.
    ///   - bytes: What all bodies may have together.
    /// - Returns: The round, or why there is none.
    /// - Throws: What the log throws.
    func nextRound(
        _ position: inout StreamPosition,
        within bytes: Int
    ) async throws(LogError) -> RoundLook {
        let start = position
        var cutter = LaneCutter(stream, from: start.checkpoint, within: bytes) { newCutter(start) }
        if let look = try await fill(&cutter, &position) { return .none(look) }
        let covers = position.checkpoint..<cutter.covers.upperBound
        var shares: [LaneRound.Share] = []
        var cuts: [Int: Cut] = [:]
        for (lane, own) in cutter.cutters.enumerated() where !own.isEmpty {
            let first = position.number(ofLane: lane)
            let batch = batch(own, covers, first)
            cuts[lane] = cut(batch, own)
            shares.append(
                LaneRound.Share(
                    lane: lane,
                    start: covers.lowerBound,
                    next: first,
                    end: first + batch.count,
                    batch: batch
                )
            )
        }
        let round = LaneRound(
            covers: covers,
            lanes: stream.lanes,
            format: stream.format,
            filter: stream.filter,
            filtered: cutter.filtered,
            shares: shares
        )
        return .round(round, cuts: cuts)
    }

    private func batch(
        _ cutter: BatchCutter,
        _ covers: Range<Offset>,
        _ first: Int64,
        _ round: LaneRound? = nil
    ) -> InFlightBatch {
        InFlightBatch(
            id: StreamWorker.newBatchID(),
            covers: covers,
            firstSequence: first,
            count: Int64(cutter.count),
            firstTime: cutter.firstTime ?? time.now,
            format: round?.format ?? stream.format,
            filter: round?.filter ?? stream.filter,
            keyVersion: stream.key.version,
            attempts: 0
        )
    }

    /// A share's batch that was recorded, with the same bytes and the number of its next attempt.
    ///
    /// - Returns: Nil when a part of it is gone: it can't be sent again as it was.
    func again(
        _ share: LaneRound.Share,
        of round: LaneRound
    ) async throws(LogError) -> Cut? {
        guard var batch = share.batch, let key = key(of: batch) else { return nil }
        var cutter = BatchCutter(
            again: batch,
            of: stream,
            lane: Lane(share.lane, of: round.lanes),
            framing: framing(batch.format, key)
        )
        let end = batch.covers.upperBound
        try await pass(over: batch.covers) { cutter.add($0, before: end) }
        guard cutter.count == batch.count else { return nil }
        batch.attempts += 1
        return cut(batch, cutter)
    }

    /// Cuts a batch from what is left of a share.
    ///
    /// - Returns: Nil when nothing is left of it.
    func next(
        of share: LaneRound.Share,
        in round: LaneRound,
        limits: BatchLimits
    ) async throws(LogError) -> Cut? {
        var cutter = BatchCutter(
            of: share,
            in: round,
            stream,
            limits: limits,
            framing: framing(round.format, stream.key)
        )
        let end = round.covers.upperBound
        var isFull = false
        try await pass(over: share.start..<end) { block in
            isFull = cutter.add(block, before: end)
            return isFull
        }
        if !isFull { cutter.skip(to: end) }
        guard !cutter.isEmpty else { return nil }
        return cut(batch(cutter, cutter.covers, share.next, round), cutter)
    }

    /// How many events can still be read of what is left of a share.
    func left(of share: LaneRound.Share, in round: LaneRound) async throws(LogError) -> Int64 {
        let range = share.start..<max(share.start, round.covers.upperBound)
        var count = EventCount(stream.workspace, round.filter, lanes: round.lanes)
        try await pass(over: range) { block in
            count.add(block, range)
            return false
        }
        return count.byLane[share.lane]
    }

    /// Reads a part of the log that was read before; what is gone meanwhile is passed over.
    ///
    /// - Parameters:
    ///   - range: Which part.
    ///   - take: Takes a block; true ends it.
    /// - Throws: What the log throws, but for what was trimmed.
    private func pass(
        over range: Range<Offset>,
        _ take: (Block) -> Bool
    ) async throws(LogError) {
        var position = range.lowerBound
        while position < range.upperBound {
            do {
                switch try await log.read(from: position, workspace: stream.workspace) {
                case .blocks(let blocks):
                    for block in blocks {
                        if take(block) { return }
                        position = max(position, block.offsets.upperBound)
                    }
                case .end: return
                case .damaged(let gone, _, _): position = max(position, gone.upperBound)
                }
            } catch LogError.trimmed(let available) {
                guard available.lowerBound > position else { return }
                position = available.lowerBound
            }
        }
    }
}
