import ClickModel
import Logging

/// How a stream in lanes moves: by rounds.
///
/// A round is a batch for each lane, and they are under way together as long as the receiver takes them. Once it fails, one
/// batch at a time is tried, the one in trouble first: what follows an outcome is then what follows it in any stream.
extension StreamWorker {
    /// One attempt of a round, as it ended.
    private struct Trial: Sendable {
        let share: LaneRound.Share
        var cut: StreamReader.Cut
        var outcome: DeliveryOutcome = .abandoned
        var at: Timestamp
        var duration: Duration = .zero

        var isDelivered: Bool {
            if case .delivered = outcome { true } else { false }
        }

        var isAbandoned: Bool {
            if case .abandoned = outcome { true } else { false }
        }

        /// What says most about the receiver comes first; nil for what was accepted or broken off.
        var rank: Int? {
            switch outcome {
            case .gone: 0
            case .failed: 1
            case .refused: 2
            case .delivered, .abandoned: nil
            }
        }

        var retryAfter: Duration? {
            switch outcome {
            case .failed(let failure), .refused(let failure, _), .gone(let failure):
                failure.retryAfter
            case .delivered, .abandoned: nil
            }
        }
    }

    /// Cuts a round, or takes up the one that was recorded, and sends what is left of it.
    func laneTurn() async throws(LogError) -> Turn {
        await waitForRequest()
        guard !isOver else { return .over }
        // Room for one body; for those of the other lanes only as far as nobody else waits for it.
        guard var place = await takeRoom(bytesOfACut) else { return .over }
        defer {
            reader.kept.forget()
            surroundings.room.giveBack(place)
        }
        var bodies = 1
        while !isOneByOne, bodies < position.round?.shares.count ?? stream.lanes,
            surroundings.room.grow(&place, by: stream.limits.bytes)
        {
            bodies += 1
        }

        var cuts: [Int: StreamReader.Cut] = [:]
        if position.round == nil {
            var moved = position
            let look = try await reader.nextRound(&moved, within: bodies * stream.limits.bytes)
            position = moved
            switch look {
            case .none(let look): return try await turn(after: look)
            case .round(let round, let fresh): (position.round, cuts) = (round, fresh)
            }
            surroundings.room.shrink(&place, to: cuts.values.reduce(0) { $0 + $1.body.count })
            // They are there, and were counted together.
            bodies = stream.lanes
        }
        while let round = position.round {
            guard !isOver else { return .over }
            let due = round.shares.prefix(isOneByOne ? 1 : bodies)
            var trials: [Trial] = []
            for share in due {
                if let cut = try await cut(
                    for: share,
                    of: round,
                    cuts.removeValue(forKey: share.lane)
                ) {
                    trials.append(Trial(share: share, cut: cut, at: time.now))
                }
            }
            // What is sent is on disk before, and so is the number of its attempt.
            if position != stored { try await store() }
            guard !trials.isEmpty else {
                try await endRoundIfOver()
                continue
            }
            trials = await send(trials)
            guard !trials.allSatisfy(\.isAbandoned) else { return .over }
            if let turn = try await settle(trials) { return turn }
            // What is left of several is made again, for which this turn took no room.
            if bodies > 1 || stream.requestsPerSecond != nil { return .sent }
        }
        return .sent
    }

    private var isOneByOne: Bool { isCareful || stream.requestsPerSecond != nil }

    /// Whether one batch at a time is tried.
    private var isCareful: Bool { position.health.isUncertain }

    /// The batch of a share that is to be sent, noted in the position; nil when nothing is left of the share.
    private func cut(
        for share: LaneRound.Share,
        of round: LaneRound,
        _ fresh: StreamReader.Cut?
    ) async throws(LogError) -> StreamReader.Cut? {
        var share = share
        if isCareful, share.batch?.attempts == 0 {
            // It was never sent: while the receiver recovers it may be too much at once.
            share.batch = nil
        } else if var fresh {
            fresh.batch.attempts = 1
            change(share.lane) { [fresh] in $0.batch = fresh.batch }
            return fresh
        }
        if share.batch != nil {
            if let again = try await reader.again(share, of: round) {
                change(share.lane) { $0.batch = again.batch }
                return again
            }
            share.batch = nil
            share.next = try await share.end - reader.left(of: share, in: round)
        } else if log.bounds.lowerBound > share.start {
            share.next = try await share.end - reader.left(of: share, in: round)
        }
        let limits = StreamCourse(position.health, limits: stream.limits).nextLimits
        guard var cut = try await reader.next(of: share, in: round, limits: limits) else {
            remove(share)
            return nil
        }
        cut.batch.attempts = 1
        share.batch = cut.batch
        change(share.lane) { [share] in $0 = share }
        return cut
    }

    private func send(_ trials: [Trial]) async -> [Trial] {
        let (sink, time, replay) = (sink, time, stream.replay?.id.description)
        return await withTaskGroup(of: (Int, Trial).self) { group in
            for (index, trial) in trials.enumerated() {
                group.addTask {
                    var trial = trial
                    let (batch, began) = (trial.cut.batch, ContinuousClock.now)
                    trial.at = time.now
                    trial.outcome = await sink.deliver(
                        OutgoingBatch(
                            id: batch.id,
                            attempt: batch.attempts,
                            sequences: batch.sequences,
                            lane: trial.share.lane,
                            firstTime: batch.firstTime,
                            replay: replay,
                            contentType: trial.cut.contentType,
                            body: trial.cut.body
                        )
                    )
                    trial.duration = .now - began
                    return (index, trial)
                }
            }
            var ended = trials
            for await (index, trial) in group { ended[index] = trial }
            return ended
        }
    }

    /// Takes the outcomes of a round's attempts: those that were accepted, then the one of the others that says most.
    ///
    /// The rest says nothing new: their batches are tried again, one by one.
    ///
    /// - Returns: How the turn ends; nil when it goes on.
    private func settle(_ trials: [Trial]) async throws(LogError) -> Turn? {
        for trial in trials where !trial.isAbandoned {
            surroundings.ledger.note(record(of: trial), of: stream.replay?.stream ?? stream.id)
        }
        for trial in trials where trial.isDelivered {
            var batch = trial.cut.batch
            _ = take(trial.outcome, of: &batch)
            settle(batch, of: trial.share.lane)
            metrics.batchesDelivered.add()
            metrics.eventsDelivered.add(Int(batch.count))
        }
        let failed = trials.filter { $0.rank != nil }
        for _ in failed { metrics.attemptsFailed.add() }
        guard let trial = failed.min(by: { $0.rank ?? 0 < $1.rank ?? 0 }) else {
            try await endRoundIfOver()
            await note(.active, nil)
            return nil
        }
        return try await unsettled(trial, hint: failed.compactMap(\.retryAfter).max())
    }

    /// What follows an attempt that did not go through; `hint` is the longest `Retry-After` of those beside it.
    private func unsettled(_ trial: Trial, hint: Duration?) async throws(LogError) -> Turn {
        var batch = trial.cut.batch
        let lane = trial.share.lane
        let reason = record(of: trial).error ?? "it was not accepted"
        let step = take(trial.outcome, of: &batch)
        // Something was accepted beside it.
        if position.round?.isPartlyAccepted == true { position.health.refusedLeft = nil }
        put(lane, atEnd: step == .park)
        switch step {
        case .settled: break
        case .wait:
            if let hint {
                let earliest = time.now.advanced(by: RetrySchedule.honour(hint, atLeast: .zero))
                position.health.nextAttempt = max(position.health.nextAttempt ?? earliest, earliest)
            }
            change(lane) { $0.batch = batch }
            backoff = untilNextAttempt
            try await store()
        case .split:
            change(lane) { $0.batch = nil }
            try await store()
        case .park:
            settle(batch, of: lane, isParked: true)
            // A replay's event had its chance on its first journey, and is in the log.
            let parked =
                stream.replay == nil ? parked(trial.cut, batch, reason, lane: lane) : nil
            try await endRoundIfOver(parked)
        case .disable(let why):
            change(lane) { $0.batch = batch }
            try await store()
            logger.error("the stream is over", metadata: ["reason": "\(why)"])
            await finish(because: why)
            return .over
        }
        await note(.failing, reason)
        warn(batch, step, reason)
        return .sent
    }

    private func record(of trial: Trial) -> AttemptRecord {
        AttemptRecord(
            of: trial.cut.batch,
            trial.outcome,
            at: trial.at,
            duration: trial.duration,
            lane: trial.share.lane
        )
    }

    // MARK: - The round

    private func change(_ lane: Int, _ change: (inout LaneRound.Share) -> Void) {
        guard let index = position.round?.shares.firstIndex(where: { $0.lane == lane }) else {
            return
        }
        if var share = position.round?.shares[index] {
            change(&share)
            position.round?.shares[index] = share
        }
    }

    /// Lets a lane be tried first, or after the others: where an event was parked they tell whether all are refused.
    private func put(_ lane: Int, atEnd: Bool) {
        guard let index = position.round?.shares.firstIndex(where: { $0.lane == lane }),
            let share = position.round?.shares.remove(at: index)
        else { return }
        if atEnd {
            position.round?.shares.append(share)
        } else {
            position.round?.shares.insert(share, at: 0)
        }
    }

    /// Moves a share over a batch; one that is settled whole leaves the round.
    private func settle(_ batch: InFlightBatch, of lane: Int, isParked: Bool = false) {
        if isParked {
            position.parked += batch.count
        } else {
            position.delivered += batch.count
            position.round?.isPartlyAccepted = true
        }
        position.nextSequence += batch.count
        position.setNumber(batch.firstSequence + batch.count, ofLane: lane)
        change(lane) { share in
            share.start = batch.covers.upperBound
            share.next = batch.firstSequence + batch.count
            share.batch = nil
        }
        position.round?.shares.removeAll { $0.lane == lane && $0.next >= $0.end }
    }

    /// Takes a share out of which nothing can be read any more.
    private func remove(_ share: LaneRound.Share) {
        position.setNumber(share.end, ofLane: share.lane)
        position.round?.shares.removeAll { $0.lane == share.lane }
    }

    /// Moves the checkpoint over a round that is settled, and stores where the stream stands.
    private func endRoundIfOver(_ parked: ParkedEvent? = nil) async throws(LogError) {
        if let round = position.round, round.shares.isEmpty {
            let end = round.covers.upperBound
            let all = try await log.total(of: stream.workspace, before: end) - stream.startTotal
            position.filtered += round.filtered
            // What is neither delivered nor parked nor filtered is gone: trimmed, damaged or given up.
            let gone = max(0, all - position.settled)
            position.expired += gone
            position.nextSequence += gone
            position.checkpoint = end
            position.round = nil
        }
        try await store(parked)
    }

    /// Gives up what lies before an offset in the round that is under way.
    ///
    /// - Returns: Whether the round is over.
    func giveUpRound(before offset: Offset) async throws(LogError) -> Bool {
        guard let round = position.round else { return true }
        for share in round.shares where share.start < offset {
            var left = share
            left.start = min(offset, round.covers.upperBound)
            left.batch = nil
            left.next = try await share.end - reader.left(of: left, in: round)
            if left.next >= left.end {
                remove(left)
            } else {
                change(left.lane) { [left] in $0 = left }
            }
        }
        try await endRoundIfOver()
        return position.round == nil
    }
}
