import ClickModel
import Logging

/// Moves one stream's events from the log to its destination, in order, at least once.
///
/// Memory holds one batch, whatever the receiver does: the log is the only queue.
actor StreamWorker {
    private let stream: EventStream
    private let framing: BodyFraming
    private let sink: any Sink
    private let surroundings: DeliverySurroundings
    private let logger: Logger
    private let stop: StopSwitch
    private var position: StreamPosition
    /// The state that was last stored, so that only changes are.
    private var noted: StreamState

    private var log: any EventLog { surroundings.log }
    private var ledger: any DeliveryLedger { surroundings.ledger }
    private var metrics: ServiceMetrics { surroundings.metrics }

    init(
        _ stream: EventStream,
        framing: BodyFraming,
        sink: any Sink,
        in surroundings: DeliverySurroundings,
        stop: StopSwitch
    ) {
        self.stream = stream
        self.framing = framing
        self.sink = sink
        self.surroundings = surroundings
        self.stop = stop
        var logger = surroundings.logger
        logger[metadataKey: "stream"] = "\(stream.id)"
        self.logger = logger
        position = StreamPosition(stream: stream.id, checkpoint: stream.start)
        noted = stream.state
    }

    /// A batch that is cut, with its bytes.
    private struct Cut {
        var batch: InFlightBatch
        let firstTime: Timestamp
        let body: [UInt8]

        init(_ batch: InFlightBatch, _ cutter: BatchCutter) {
            self.batch = batch
            firstTime = cutter.firstTime ?? .now
            body = cutter.finishedBody()
        }
    }

    /// Runs until told to stop, cancelled, or the receiver is gone for good.
    func run() async {
        var failuresOfStore = 0
        while !isOver {
            do {
                try await deliver()
                return
            } catch {
                // The store is in trouble (a full disk): nothing was moved, so nothing is lost.
                failuresOfStore += 1
                logger.error(
                    "delivery waits for the log's store",
                    metadata: ["error": "\(error)"]
                )
                await pause(for: .seconds(min(failuresOfStore, 5)))
            }
        }
    }

    private var isOver: Bool { stop.isStopped || Task.isCancelled }

    private func deliver() async throws(LogError) {
        if let stored = try await ledger.position(of: stream.id) { position = stored }
        var cut = try await cutAgain()
        while !isOver {
            if cut == nil { cut = try await cutNext() }
            guard var next = cut else { return }
            // The range is on disk before the first send, and so is the attempt's number: what is sent
            // after a crash is the same batch with the next number.
            position.inFlight = next.batch
            try await ledger.save(position)
            guard try await settle(&next) else { return }
            // The next batch, if it is already full, is recorded in the same commit that moves the
            // checkpoint.
            cut = try await cutNext(waiting: false)
            if cut == nil { try await ledger.save(position) }
        }
        if position.inFlight == nil { try await ledger.save(position) }
    }

    // MARK: - Cutting

    /// The batch that was recorded before a stop or a crash, with the same bytes.
    private func cutAgain() async throws(LogError) -> Cut? {
        guard var batch = position.inFlight else { return nil }
        var cutter = BatchCutter(again: batch, of: stream, framing: framing)
        var isWhole = false
        while !isWhole {
            switch try await readOn(cutter.covers.upperBound) {
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
            // Part of it was trimmed or damaged meanwhile: it can't be sent again as it was.
            position.inFlight = nil
            return nil
        }
        batch.attempts += 1
        return Cut(batch, cutter)
    }

    /// The next batch; nil when told to stop or, unless `waiting`, when none is full yet.
    private func cutNext(waiting: Bool = true) async throws(LogError) -> Cut? {
        var cutter = BatchCutter(for: stream, framing: framing, from: position.checkpoint)
        var deadline: ContinuousClock.Instant?
        while !isOver {
            guard let read = try await readOn(cutter.covers.upperBound) else {
                guard cutter.isEmpty else { return finish(cutter) }
                cutter = BatchCutter(for: stream, framing: framing, from: position.checkpoint)
                continue
            }
            switch read {
            case .blocks(let blocks):
                for block in blocks where cutter.add(block) { return finish(cutter) }
                if deadline == nil, let first = cutter.firstTime { deadline = due(first) }
            case .end(let end):
                cutter.skip(to: end)
                if cutter.isEmpty { position.checkpoint = max(position.checkpoint, end) }
                if let deadline, !cutter.isEmpty, deadline <= .now {
                    return finish(cutter)
                }
                guard waiting else { return nil }
                let due = cutter.isEmpty ? nil : deadline
                await stop.interruptible { [log, workspace = stream.workspace] in
                    await log.wait(for: end, workspace: workspace, until: due)
                }
            case .damaged:
                return nil
            }
        }
        return nil
    }

    /// When a batch is to leave whose first event is of the given time.
    private func due(_ first: Timestamp) -> ContinuousClock.Instant {
        let waited = Duration.microseconds(Timestamp.now.microseconds &- first.microseconds)
        // A clock that was set must not make it wait longer than it may.
        return .now + min(max(stream.limits.wait - waited, .zero), stream.limits.wait)
    }

    private func finish(_ cutter: BatchCutter) -> Cut {
        let batch = InFlightBatch(
            id: Self.newBatchID(),
            covers: position.checkpoint..<cutter.covers.upperBound,
            firstSequence: position.nextSequence,
            count: Int64(cutter.count),
            format: stream.format,
            attempts: 1
        )
        return Cut(batch, cutter)
    }

    /// Reads on.
    ///
    /// What is gone (trimmed, damaged) is counted as expired, and nil is returned.
    private func readOn(_ offset: Offset) async throws(LogError) -> LogRead? {
        do {
            let read = try await log.read(from: offset, workspace: stream.workspace)
            guard case .damaged(let range, _, let reason) = read else { return read }
            logger.error(
                "a block of the log is damaged: its events are counted as expired",
                metadata: ["offset": "\(range.lowerBound.value)", "reason": "\(reason)"]
            )
            // What was read before the damage is sent first; the next read meets it again.
            guard offset == position.checkpoint || range.lowerBound <= position.checkpoint else {
                return nil
            }
            try await expire(before: range.upperBound)
            return nil
        } catch LogError.trimmed(let available) {
            // What was read before is sent first; the next read expires what is missing behind it.
            guard offset == position.checkpoint else { return nil }
            try await expire(before: available.lowerBound)
            return nil
        }
    }

    /// Moves the checkpoint over events that are gone, and counts them.
    private func expire(before offset: Offset) async throws(LogError) {
        let total = try await log.total(of: stream.workspace, before: offset) - stream.startTotal
        let missed = max(0, total - position.settled)
        position.expired += missed
        position.nextSequence += missed
        position.checkpoint = max(position.checkpoint, offset)
        position.inFlight = nil
        try await ledger.save(position)
    }

    // MARK: - Sending

    /// Sends until the batch is settled.
    ///
    /// False when told to stop before that.
    private func settle(_ cut: inout Cut) async throws(LogError) -> Bool {
        var failures = 0
        while true {
            let batch = cut.batch
            let outcome = await sink.deliver(
                OutgoingBatch(
                    id: batch.id,
                    attempt: batch.attempts,
                    sequences: batch.firstSequence...(batch.firstSequence + batch.count - 1),
                    firstTime: cut.firstTime,
                    contentType: framing.contentType,
                    body: cut.body
                )
            )
            switch outcome {
            case .delivered:
                await accepted(batch)
                return true
            case .abandoned:
                return false
            case .gone(let failure):
                // A stream that is over must not look alive, so this note is not given up.
                while !isOver, !(await note(.disabled, failure.message)) {
                    await pause(for: .seconds(1))
                }
                return false
            case .failed(let failure), .refused(let failure, _):
                failures += 1
                metrics.attemptsFailed.add()
                await note(.failing, failure.message)
                let delay = RetrySchedule().delay(
                    afterFailures: failures,
                    hint: failure.retryAfter,
                    chance: .random(in: 0...1)
                )
                logger.warning(
                    "delivery will be retried",
                    metadata: [
                        "batch": "\(batch.id)", "attempt": "\(batch.attempts)", "in": "\(delay)",
                        "reason": "\(failure.message)",
                    ]
                )
                await pause(for: delay)
                guard !isOver else { return false }
                cut.batch.attempts += 1
                position.inFlight = cut.batch
                try await ledger.save(position)
            }
        }
    }

    private func accepted(_ batch: InFlightBatch) async {
        position.checkpoint = batch.covers.upperBound
        position.nextSequence = batch.firstSequence + batch.count
        position.delivered += batch.count
        position.inFlight = nil
        metrics.batchesDelivered.add()
        metrics.eventsDelivered.add(Int(batch.count))
        await note(.active, nil)
    }

    /// Notes a change of the stream's state; a failure to do so costs the note, not the delivery.
    ///
    /// - Returns: Whether it is noted.
    @discardableResult
    private func note(_ status: StreamStatus, _ reason: String?) async -> Bool {
        guard noted.status != status || noted.reason != reason else { return true }
        let since = noted.status == status ? noted.since : Timestamp.now
        let state = StreamState(status, reason: reason, since: since)
        // Who paused it meanwhile has the last word.
        let isNoted = await surroundings.note(state, of: stream, from: [.active, .failing])
        if isNoted { noted = state }
        return isNoted
    }

    private func pause(for delay: Duration) async {
        await stop.interruptible { try? await Task.sleep(for: delay) }
    }

    /// A new `webhook-id`.
    static func newBatchID() -> String {
        var random = SystemRandomNumberGenerator()
        return "bat_\(ClickID(at: .now, using: &random))"
    }
}
