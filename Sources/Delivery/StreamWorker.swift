import ClickModel
import Logging

/// Moves one stream's events from the log to its destination, in order, at least once.
///
/// Memory holds one batch, and only while it is sent: the log is the only queue.
actor StreamWorker {
    let stream: EventStream
    let sink: any Sink
    let surroundings: DeliverySurroundings
    let reader: StreamReader
    let logger: Logger
    private let stop: StopSwitch
    var position: StreamPosition
    /// What was last stored of it.
    var stored: StreamPosition
    private var storedAt = ContinuousClock.now
    /// How long to wait before the next attempt.
    var backoff = Duration.zero
    /// When the next request may leave, with `requestsPerSecond`.
    private var nextRequest = ContinuousClock.now
    /// The state that was last stored, so that only changes are.
    private var noted: StreamState

    /// The number of the event whose place was last marked.
    private var marked: Int64 = 1

    /// How many events lie between two marks.
    private static let eventsPerMark: Int64 = 1000
    /// What a read of the log holds beside the body that is cut from it, about.
    private static let readBytes = 1 << 20
    /// How often a position is stored that only the filter moved.
    private static let pauseBetweenNotes = Duration.seconds(1)

    var log: any EventLog { surroundings.log }
    var time: any TimeSource { surroundings.time }
    var metrics: ServiceMetrics { surroundings.metrics }

    init(
        _ stream: EventStream,
        framing: @escaping @Sendable (EventFormat, StreamKey) -> BodyFraming,
        sink: any Sink,
        in surroundings: DeliverySurroundings,
        stop: StopSwitch
    ) {
        self.stream = stream
        self.sink = sink
        self.surroundings = surroundings
        self.stop = stop
        var logger = surroundings.logger
        logger[metadataKey: "stream"] = "\(stream.id)"
        self.logger = logger
        reader = StreamReader(
            stream: stream,
            framing: framing,
            log: surroundings.log,
            time: surroundings.time,
            logger: logger,
            isStopped: { stop.isStopped || Task.isCancelled }
        )
        position = Self.beginning(of: stream)
        stored = position
        noted = stream.state
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

    private static func beginning(of stream: EventStream) -> StreamPosition {
        var position = StreamPosition(stream: stream.id, checkpoint: stream.start)
        position.nextSequence = stream.replay?.firstSequence ?? 1
        position.laneNumbers = stream.replay?.laneNumbers ?? []
        return position
    }

    var isOver: Bool { stop.isStopped || Task.isCancelled }

    private func deliver() async throws(LogError) {
        try await takeUp()
        while !isOver {
            try await waitForNextAttempt()
            if isOver { break }
            try await giveUpWhatIsTooOld()
            switch try await turn() {
            case .sent: break
            case .nothing(let end):
                try await storeNowAndThen()
                // What only the filter moved is stored when it is time, also if nothing more comes.
                let isStored = position.filtered == stored.filtered
                await waitForMore(
                    behind: end,
                    until: isStored ? nil : .now + Self.pauseBetweenNotes
                )
            case .early(let due, let total): await waitUntilFull(due, total)
            case .over: return
            case .finished:
                try await store()
                return await finish()
            }
        }
        if position.inFlight == nil { try await store() }
    }

    /// Goes on where the stream stood.
    private func takeUp() async throws(LogError) {
        position =
            try await surroundings.ledger.position(of: stream.id)
            ?? Self.beginning(of: stream)
        stored = position
        marked = position.nextSequence
        if let since = position.health.failingSince, let resumed = stream.resumedAt, resumed > since
        {
            // A person let it go on, or changed where it goes: what it learnt is of the past.
            position.health = StreamHealth()
        }
        backoff = untilNextAttempt
        if let skipTo = stream.skipTo, skipTo > position.checkpoint {
            try await giveUp(before: skipTo)
            try await store()
        }
    }

    var untilNextAttempt: Duration {
        guard let next = position.health.nextAttempt else { return .zero }
        let left = Duration.microseconds(next.microseconds &- time.now.microseconds)
        // A clock that was set must not make it wait longer than a receiver may ask for.
        return min(max(left, .zero), RetrySchedule.longestHint)
    }

    /// Waits until the next attempt is due; what grows too old meanwhile is given up then, not later.
    private func waitForNextAttempt() async throws(LogError) {
        while backoff > .zero, !isOver {
            await pause(for: min(backoff, untilExpiry))
            if isOver { return }
            backoff = untilNextAttempt
            if backoff > .zero { try await giveUpWhatIsTooOld() }
        }
    }

    /// When to look for events that are too old: not before one can be, and then at every twentieth part of `maxAge`.
    private var untilExpiry: Duration {
        guard let since = position.health.failingSince else { return backoff }
        let first = since.advanced(by: stream.maxAge)
        let left = Duration.microseconds(first.microseconds &- time.now.microseconds)
        guard left < .zero else { return left + .milliseconds(1) }
        return min(max(stream.maxAge / 20, .seconds(1)), .seconds(600))
    }

    /// Lets events go that could not be delivered for too long.
    private func giveUpWhatIsTooOld() async throws(LogError) {
        guard let since = position.health.failingSince else { return }
        let oldest = time.now.advanced(by: .zero - stream.maxAge)
        guard since < oldest else { return }
        let edge = try await log.offset(at: oldest)
        guard edge > position.checkpoint else { return }
        let before = position.expired
        try await giveUp(before: edge)
        guard position.expired > before else { return }
        logger.error(
            "events are given up: they could not be delivered for as long as maxAge says",
            metadata: ["events": "\(position.expired - before)"]
        )
        try await store()
    }

    // What the reader does moves the position; when the log can't be read it stays as it was.

    private func next() async throws(LogError) -> StreamReader.Look {
        var moved = position
        let look = try await reader.next(&moved)
        position = moved
        return look
    }

    private func again() async throws(LogError) -> StreamReader.Cut? {
        var moved = position
        let cut = try await reader.again(&moved)
        position = moved
        return cut
    }

    private func giveUp(before offset: Offset) async throws(LogError) {
        guard try await giveUpRound(before: offset), offset > position.checkpoint else { return }
        defer { reader.kept.forget() }
        var moved = position
        try await reader.giveUp(before: offset, &moved)
        position = moved
    }

    // MARK: - Waiting

    private func waitForMore(behind end: Offset, until deadline: ContinuousClock.Instant?) async {
        await stop.interruptible { [log, workspace = stream.workspace] in
            await log.wait(for: end, workspace: workspace, until: deadline)
        }
        guard !isOver, log.bounds.upperBound > end, stream.limits.wait > .zero,
            stream.limits.events > 1
        else { return }
        // The first event of a batch has just come; nothing of it is held while it waits for others.
        let limits = StreamCourse(position.health, limits: stream.limits).nextLimits
        let total = stream.startTotal + position.settled + Int64(limits.events)
        await waitUntilFull(.now + limits.wait, total)
    }

    private func waitUntilFull(_ due: ContinuousClock.Instant, _ total: Int64) async {
        await stop.interruptible { [log, workspace = stream.workspace] in
            await log.wait(forTotal: total, of: workspace, until: due)
        }
    }

    private func pause(for delay: Duration) async {
        guard delay > .zero else { return }
        await stop.interruptible { [time] in try? await time.sleep(for: delay) }
    }

    /// Keeps to `requestsPerSecond`.
    func waitForRequest() async {
        guard let rate = stream.requestsPerSecond, rate > 0 else { return }
        let now = ContinuousClock.now
        if nextRequest > now { await pause(for: nextRequest - now) }
        nextRequest = max(nextRequest, now) + .seconds(1 / rate)
    }

    // MARK: - Sending

    enum Turn {
        /// A batch or more were tried.
        case sent
        case nothing(end: Offset)
        case early(due: ContinuousClock.Instant, total: Int64)
        case over
        case finished
    }

    /// Cuts a batch and sends it, and those behind it as long as they are full and go through.
    private func turn() async throws(LogError) -> Turn {
        if stream.lanes > 1 { return try await laneTurn() }
        // Before anything is held.
        await waitForRequest()
        guard !isOver else { return .over }
        guard var place = await takeRoom(bytesOfACut) else { return .over }
        defer {
            reader.kept.forget()
            surroundings.room.giveBack(place)
        }

        if let again = try await again() { return try await send(again, &place) }
        let look = try await next()
        // Others wait for room: what was read beyond the batch is read again in this stream's next turn.
        if surroundings.room.isContended { reader.kept.forget() }
        if case .batch(let cut) = look { return try await send(cut, &place) }
        return try await turn(after: look)
    }

    /// What a look that found no batch makes of a turn.
    func turn(after look: StreamReader.Look) async throws(LogError) -> Turn {
        switch look {
        case .nothing(let end): return .nothing(end: end)
        case .early(let due, let total): return .early(due: due, total: total)
        case .finished: return .finished
        case .moved, .batch:
            try await storeNowAndThen()
            return .sent
        }
    }

    /// Takes room for bodies; nil when the stream stops first.
    func takeRoom(_ bytes: Int) async -> BodyRoom.Place? {
        let (room, workspace) = (surroundings.room, stream.workspace)
        let isFailing = position.health.failures > 0
        return await stop.interruptible {
            await room.take(bytes, for: workspace, isFailing: isFailing)
        }.flatMap(\.self)
    }

    private func send(_ first: StreamReader.Cut, _ place: inout BodyRoom.Place)
        async throws(LogError)
        -> Turn
    {
        var cut = first
        // The range is on disk before the first send, and so is the attempt's number: what is sent after a
        // crash is the same batch with the next number.
        position.inFlight = cut.batch
        try await store()
        while true {
            surroundings.room.shrink(&place, to: cut.body.count)
            guard !isOver else { return .over }
            let sent = cut
            let mayLook = await isBehind(sent) && surroundings.room.grow(&place, by: bytesOfACut)
            // The room is for one body now: what was read beyond it is read again.
            if !mayLook { reader.kept.forget() }
            async let ahead = mayLook ? lookAhead(behind: sent) : nil
            let attempted = await attempt(&cut)
            let looked = await ahead
            guard let (step, attempt) = attempted else { return .over }
            guard case .settled = step else { return try await unsettled(step, cut, attempt) }
            settle(cut)
            metrics.batchesDelivered.add()
            metrics.eventsDelivered.add(Int(cut.batch.count))
            await note(.active, nil)
            // The next batch, if it is already full, is recorded in the same commit that moves the checkpoint.
            guard !isOver, stream.requestsPerSecond == nil, !surroundings.room.isContended,
                mayLook || surroundings.room.grow(&place, by: bytesOfACut),
                let next = try await nextFull(looked)
            else {
                try await store()
                return .sent
            }
            cut = next
            position.inFlight = next.batch
            try await store()
        }
    }

    /// The batch behind one that has just been settled, if it is full.
    private func nextFull(_ looked: LookAhead?) async throws(LogError) -> StreamReader.Cut? {
        if let looked {
            position.checkpoint = looked.position.checkpoint
            position.filtered = looked.position.filtered
            return looked.cut
        }
        guard case .batch(let cut) = try await next() else { return nil }
        return cut
    }

    /// A batch that was cut while the one before it was sent, and where the stream would stand then.
    private struct LookAhead {
        let cut: StreamReader.Cut
        let position: StreamPosition
    }

    /// What cutting a batch may hold.
    var bytesOfACut: Int { stream.limits.bytes + Self.readBytes }

    /// Whether a full batch lies behind one, with nothing to be found out first.
    private func isBehind(_ cut: StreamReader.Cut) async -> Bool {
        guard stream.requestsPerSecond == nil, !position.health.isUncertain,
            let total = try? await log.total(of: stream.workspace, before: log.bounds.upperBound)
        else { return false }
        let settled = position.settled + cut.batch.count + cut.filtered
        return total - stream.startTotal - settled >= Int64(stream.limits.events)
    }

    /// Cuts the batch behind the one that is being sent.
    ///
    /// Nothing of it counts before the batch in front of it is settled.
    private func lookAhead(behind cut: StreamReader.Cut) async -> LookAhead? {
        var later = position
        Self.settle(&later, cut)
        guard case .batch(let next)? = try? await reader.next(&later) else { return nil }
        return LookAhead(cut: next, position: later)
    }

    /// One attempt; nil when it was broken off and is none.
    private func attempt(
        _ cut: inout StreamReader.Cut
    ) async -> (StreamCourse.Step, AttemptRecord)? {
        let batch = cut.batch
        let (at, began) = (time.now, ContinuousClock.now)
        let outcome = await sink.deliver(
            OutgoingBatch(
                id: batch.id,
                attempt: batch.attempts,
                sequences: batch.sequences,
                firstTime: batch.firstTime,
                replay: stream.replay?.id.description,
                contentType: cut.contentType,
                body: cut.body
            )
        )
        if case .abandoned = outcome { return nil }
        let step = take(outcome, of: &cut.batch)
        let attempt = AttemptRecord(
            of: batch,
            outcome,
            at: at,
            duration: .now - began
        )
        // A replay's attempts are shown with its stream's.
        surroundings.ledger.note(attempt, of: stream.replay?.stream ?? stream.id)
        return (step, attempt)
    }

    /// What an outcome means for the stream, which learns from it.
    func take(_ outcome: DeliveryOutcome, of batch: inout InFlightBatch) -> StreamCourse.Step {
        var course = StreamCourse(position.health, limits: stream.limits)
        let step = course.take(outcome, of: &batch, now: time.now, chance: .random(in: 0...1))
        position.health = course.health
        return step
    }

    /// What follows an attempt that did not go through.
    private func unsettled(
        _ step: StreamCourse.Step,
        _ cut: StreamReader.Cut,
        _ attempt: AttemptRecord
    ) async throws(LogError) -> Turn {
        let reason = attempt.error ?? "it was not accepted"
        metrics.attemptsFailed.add()
        switch step {
        case .settled: break
        case .wait:
            position.inFlight = cut.batch
            backoff = untilNextAttempt
            try await store()
        case .split:
            position.inFlight = nil
            try await store()
        case .park where stream.replay != nil:
            // It had its chance on its first journey, and is in the log.
            settle(cut, isParked: true)
            try await store()
        case .park:
            settle(cut, isParked: true)
            try await store(parked(cut, cut.batch, reason))
        case .disable(let why):
            position.inFlight = cut.batch
            try await store()
            logger.error("the stream is over", metadata: ["reason": "\(why)"])
            await finish(because: why)
            return .over
        }
        await note(.failing, reason)
        warn(cut.batch, step, reason)
        return .sent
    }

    func warn(_ batch: InFlightBatch, _ step: StreamCourse.Step, _ reason: String) {
        logger.warning(
            "a batch was not accepted",
            metadata: [
                "batch": "\(batch.id)", "attempt": "\(batch.attempts)",
                "events": "\(batch.count)", "next": "\(step)", "in": "\(backoff)",
                "reason": "\(reason)",
            ]
        )
    }

    /// The one event of a batch, as it is set aside.
    func parked(
        _ cut: StreamReader.Cut,
        _ batch: InFlightBatch,
        _ reason: String,
        lane: Int? = nil
    ) -> ParkedEvent {
        ParkedEvent(
            offset: cut.lastOffset,
            sequence: batch.firstSequence,
            lane: lane,
            clickedAt: batch.firstTime,
            format: batch.format,
            event: cut.event,
            reason: reason,
            attempts: batch.attempts,
            parkedAt: time.now
        )
    }

    private func settle(_ cut: StreamReader.Cut, isParked: Bool = false) {
        Self.settle(&position, cut, isParked: isParked)
    }

    /// Moves a position over a batch.
    private static func settle(
        _ position: inout StreamPosition,
        _ cut: StreamReader.Cut,
        isParked: Bool = false
    ) {
        let batch = cut.batch
        position.checkpoint = batch.covers.upperBound
        position.nextSequence = batch.firstSequence + batch.count
        position.filtered += cut.filtered
        if isParked { position.parked += batch.count } else { position.delivered += batch.count }
        position.inFlight = nil
    }

    /// Takes the stream, or the replay, out of delivery; until that is stored it would look alive, so it is not given up.
    func finish(because reason: String? = nil) async {
        while !isOver {
            if let replay = stream.replay {
                if await surroundings.finish(replay) { return }
            } else if await note(.disabled, reason) {
                return
            }
            await pause(for: .seconds(1))
        }
    }

    // MARK: - Storing

    func store(_ parked: ParkedEvent? = nil) async throws(LogError) {
        // Only behind a settled batch is the numbering that of the checkpoint.
        let isMark =
            stream.replay == nil && position.round == nil
            && position.nextSequence >= marked + Self.eventsPerMark
        try await surroundings.ledger.store(
            DeliveryStep(position, parked: parked, isMark: isMark)
        )
        if isMark { marked = position.nextSequence }
        stored = position
        storedAt = .now
    }

    /// Stores a position that moved without a delivery, but not all the time.
    private func storeNowAndThen() async throws(LogError) {
        guard position.filtered != stored.filtered || position.expired != stored.expired,
            .now - storedAt > Self.pauseBetweenNotes || position.expired != stored.expired
        else { return }
        try await store()
    }

    /// Notes a change of the stream's state; a failure to do so costs the note, not the delivery.
    ///
    /// - Returns: Whether it is noted.
    @discardableResult
    func note(_ status: StreamStatus, _ reason: String?) async -> Bool {
        // A replay's trouble is its own: the stream's state tells of live events.
        guard stream.replay == nil, noted.status != status || noted.reason != reason else {
            return true
        }
        let since = noted.status == status ? noted.since : time.now
        let state = StreamState(status, reason: reason, since: since)
        // Who paused it meanwhile has the last word.
        let isNoted = await surroundings.note(state, of: stream, from: [.active, .failing])
        if isNoted { noted = state }
        return isNoted
    }

    /// A new `webhook-id`.
    static func newBatchID() -> String {
        var random = SystemRandomNumberGenerator()
        return "bat_\(ClickID(at: .now, using: &random))"
    }
}

extension AttemptRecord {
    /// What the delivery log keeps of an attempt.
    init(
        of batch: InFlightBatch,
        _ outcome: DeliveryOutcome,
        at: Timestamp,
        duration: Duration,
        lane: Int? = nil
    ) {
        let (status, error): (String, String?) =
            switch outcome {
            case .delivered: ("delivered", nil)
            case .failed(let failure): ("failed", failure.message)
            case .refused(let failure, _): ("refused", failure.message)
            case .gone(let failure): ("gone", failure.message)
            case .abandoned: ("abandoned", nil)
            }
        self.init(
            batch: batch.id,
            number: batch.attempts,
            at: at,
            duration: duration,
            status: status,
            error: error,
            answer: outcome.answer,
            events: batch.count,
            sequences: batch.sequences,
            lane: lane
        )
    }
}
