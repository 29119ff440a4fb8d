import ClickModel
import Logging

/// Reads a stream's events out of the log: cuts its batches, and counts what is gone or given up.
///
/// Moves the position over what needs no sending; storing it is its worker's.
struct StreamReader: Sendable {
    /// A batch that is cut, with its bytes.
    struct Cut: Sendable {
        var batch: InFlightBatch
        /// Events of the workspace between its own that the filter kept out.
        let filtered: Int64
        let body: [UInt8]
        let contentType: String
        /// What a single event is parked as.
        let event: [UInt8]
        let lastOffset: Offset
    }

    /// What a look at the log gave.
    enum Look: Sendable {
        case batch(Cut)
        /// A batch has begun; it is sent at the given time, or when it may be full: when the workspace has had so many events.
        case early(due: ContinuousClock.Instant, total: Int64)
        /// Nothing of the stream lies before the log's end.
        case nothing(end: Offset)
        /// The position has changed: look again.
        case moved
        /// A replay is at its end.
        case finished
    }

    let stream: EventStream
    /// How events are joined, by format and key.
    let framing: @Sendable (EventFormat, StreamKey) -> BodyFraming
    let log: any EventLog
    let time: any TimeSource
    let logger: Logger
    /// Whether the stream's worker is told to stop: a look through a long log ends then.
    let isStopped: @Sendable () -> Bool
    let kept = KeptBlocks()

    /// How long a look goes on for more once it has found an event.
    private static let patience = Duration.seconds(1)

    /// Nothing is read from here on.
    private var end: Offset { stream.replay?.covers.upperBound ?? Offset(.max) }

    // MARK: - Cutting

    /// The next batch behind the checkpoint.
    func next(_ position: inout StreamPosition) async throws(LogError) -> Look {
        var cutter = newCutter(position)
        return try await fill(&cutter, &position) ?? .batch(finish(cutter, position))
    }

    /// An empty batch at the checkpoint.
    func newCutter(_ position: StreamPosition) -> BatchCutter {
        BatchCutter(
            for: stream,
            limits: StreamCourse(position.health, limits: stream.limits).nextLimits,
            framing: framing(stream.format, stream.key),
            from: position.checkpoint
        )
    }

    /// Gathers what lies behind the checkpoint.
    ///
    /// - Returns: Nil when what was gathered is to be sent; else why not.
    func fill(
        _ cutter: inout some EventCutter,
        _ position: inout StreamPosition
    ) async throws(LogError) -> Look? {
        guard position.checkpoint < end else { return .finished }
        let limits = StreamCourse(position.health, limits: stream.limits).nextLimits
        let began = ContinuousClock.now
        while true {
            if isStopped() { return .moved }
            // Behind a sparse filter the next event may be far: what was found does not wait for it.
            if !cutter.isEmpty, .now - began > limits.wait + Self.patience { return nil }
            guard let read = try await read(on: cutter.covers.upperBound, &position) else {
                // What was read before the gap goes first.
                return cutter.isEmpty ? .moved : nil
            }
            switch read {
            case .blocks(let blocks):
                for block in blocks where cutter.add(block, before: end) {
                    if !cutter.isEmpty { return nil }
                    position.filtered += cutter.filtered
                    position.checkpoint = end
                    return .finished
                }
                // What the filter keeps out is passed over as it goes, so that it is not read again.
                if cutter.isEmpty, cutter.filtered > 0 {
                    position.filtered += cutter.filtered
                    position.checkpoint = cutter.covers.upperBound
                    return .moved
                }
            case .end(let logEnd):
                let reached = min(logEnd, end)
                cutter.skip(to: reached)
                guard let first = cutter.firstTime else {
                    position.filtered += cutter.filtered
                    position.checkpoint = max(position.checkpoint, reached)
                    return position.checkpoint < end ? .nothing(end: logEnd) : .finished
                }
                // Nothing more comes to a replay.
                let left = stream.replay == nil ? waitLeft(first, limits) : .zero
                guard left > .zero else { return nil }
                // All that lies before the checkpoint is settled: so many events the workspace had before it.
                let seen = position.settled + Int64(cutter.count) + cutter.filtered
                return .early(due: .now + left, total: stream.startTotal + seen + cutter.missing)
            case .damaged:
                return .moved
            }
        }
    }

    /// How long a batch may still wait whose first event is of the given time.
    private func waitLeft(_ first: Timestamp, _ limits: BatchLimits) -> Duration {
        let waited = Duration.microseconds(time.now.microseconds &- first.microseconds)
        // A clock that was set must not make it wait longer than it may.
        return min(max(limits.wait - waited, .zero), limits.wait)
    }

    private func finish(_ cutter: BatchCutter, _ position: StreamPosition) -> Cut {
        let batch = InFlightBatch(
            id: StreamWorker.newBatchID(),
            covers: position.checkpoint..<cutter.covers.upperBound,
            firstSequence: position.nextSequence,
            count: Int64(cutter.count),
            firstTime: cutter.firstTime ?? time.now,
            format: stream.format,
            filter: stream.filter,
            keyVersion: stream.key.version,
            attempts: 1
        )
        return cut(batch, cutter)
    }

    func cut(_ batch: InFlightBatch, _ cutter: BatchCutter) -> Cut {
        // Before the body is finished: what goes around the events is not theirs.
        let event = batch.count == 1 ? cutter.events : []
        return Cut(
            batch: batch,
            filtered: cutter.filtered,
            body: cutter.finishedBody(),
            contentType: cutter.contentType,
            event: event,
            lastOffset: cutter.lastOffset ?? batch.covers.lowerBound
        )
    }

    /// The batch that was recorded, with the same bytes and the number of its next attempt.
    ///
    /// - Returns: Nil when a part of it is gone: it can't be sent again as it was.
    func again(_ position: inout StreamPosition) async throws(LogError) -> Cut? {
        guard var batch = position.inFlight else { return nil }
        guard let key = key(of: batch) else {
            position.inFlight = nil
            return nil
        }
        var cutter = BatchCutter(
            again: batch,
            of: stream,
            framing: framing(batch.format, key)
        )
        var isWhole = false
        while !isWhole {
            switch try await read(on: cutter.covers.upperBound, &position) {
            case .blocks(let blocks)?:
                for block in blocks where !isWhole {
                    isWhole = cutter.add(block, before: batch.covers.upperBound)
                }
                isWhole = isWhole || cutter.covers.upperBound >= batch.covers.upperBound
            default:
                isWhole = true
            }
        }
        guard cutter.count == batch.count else {
            position.inFlight = nil
            return nil
        }
        batch.attempts += 1
        return cut(batch, cutter)
    }

    /// The key that a batch was cut with; nil when nobody has it any more, and it can't be made again.
    func key(of batch: InFlightBatch) -> StreamKey? {
        ([stream.key] + stream.previousKeys).first { $0.version == batch.keyVersion }
    }

    // MARK: - What is gone

    /// Reads on.
    ///
    /// What is gone behind the checkpoint (trimmed, damaged) is counted as expired, and nil is returned.
    private func read(
        on offset: Offset,
        _ position: inout StreamPosition
    ) async throws(LogError) -> LogRead? {
        let known = kept.blocks(from: offset)
        if !known.isEmpty { return .blocks(known) }
        // Not beside what is read now: a sparse stream reads on and on.
        kept.forget()
        do {
            let read = try await log.read(from: offset, workspace: stream.workspace)
            if case .blocks(let blocks) = read { kept.keep(blocks, from: offset) }
            guard case .damaged(let range, _, let reason) = read else { return read }
            logger.error(
                "a block of the log is damaged: its events are counted as expired",
                metadata: ["offset": "\(range.lowerBound.value)", "reason": "\(reason)"]
            )
            // What was read before the damage is sent first; the next read meets it again.
            guard offset == position.checkpoint || range.lowerBound <= position.checkpoint else {
                return nil
            }
            try await expire(before: range.upperBound, &position)
            return nil
        } catch LogError.trimmed(let available) {
            // What was read before is sent first; the next read expires what is missing behind it.
            guard offset == position.checkpoint else { return nil }
            try await expire(before: available.lowerBound, &position)
            return nil
        }
    }

    /// Moves the checkpoint over events that nobody can read any more.
    private func expire(
        before offset: Offset,
        _ position: inout StreamPosition
    ) async throws(LogError) {
        let total = try await log.total(of: stream.workspace, before: offset) - stream.startTotal
        let missed = max(0, total - position.settled)
        position.expired += missed
        position.nextSequence += missed
        // Nobody knows whose they were: each lane has a gap that is large enough.
        if stream.lanes > 1, missed > 0 {
            position.passNumbers(Array(repeating: missed, count: stream.lanes))
        }
        position.checkpoint = max(position.checkpoint, offset)
        position.inFlight = nil
    }

    /// Gives up the events before `offset`: those that the filter lets through expire.
    func giveUp(before offset: Offset, _ position: inout StreamPosition) async throws(LogError) {
        position.inFlight = nil
        let offset = min(offset, log.bounds.upperBound)
        while position.checkpoint < offset, !isStopped() {
            let start = position.checkpoint
            guard let read = try await read(on: start, &position) else { continue }
            guard case .blocks(let blocks) = read else {
                position.checkpoint = offset
                return
            }
            var count = EventCount(stream)
            var end = start
            for block in blocks where block.first < offset {
                end = min(block.offsets.upperBound, offset)
                count.add(block, start..<end)
            }
            position.expired += count.matching
            position.nextSequence += count.matching
            if stream.lanes > 1 { position.passNumbers(count.byLane) }
            position.filtered += count.filtered
            // Blocks that begin behind it leave nothing of the stream before it.
            position.checkpoint = end > start ? end : offset
        }
    }
}
