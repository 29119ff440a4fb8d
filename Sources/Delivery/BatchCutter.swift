package import ClickModel

/// Cuts a stream's events into batches and joins their bytes to a body.
///
/// Pure: it never asks the time.
package struct BatchCutter {
    private let workspace: WorkspaceNumber
    private let matcher: EventMatcher
    /// Only this lane's events; nil for all.
    private let lane: Lane?
    private let format: EventFormat
    private let limits: BatchLimits
    private let framing: BodyFraming
    private let body: ByteWriter
    /// Where the batch begins and how far it has looked.
    private let start: Offset
    private var reached: Offset
    package private(set) var count = 0
    /// Events of the workspace that the filter kept out.
    package private(set) var filtered: Int64 = 0
    /// When the batch's first event was clicked; nil without any.
    package private(set) var firstTime: Timestamp?
    /// The last event's place.
    package private(set) var lastOffset: Offset?

    /// Begins a batch.
    ///
    /// - Parameters:
    ///   - stream: Whose events: workspace, filter and format.
    ///   - limits: What it may hold.
    ///   - framing: How its events are joined.
    ///   - start: The stream's checkpoint.
    package init(
        for stream: EventStream,
        limits: BatchLimits,
        framing: BodyFraming,
        from start: Offset
    ) {
        self.init(stream.workspace, stream.filter, nil, stream.format, limits, framing, start)
    }

    /// Begins a batch that was recorded before, to make the same bytes again.
    package init(
        again batch: InFlightBatch,
        of stream: EventStream,
        lane: Lane? = nil,
        framing: BodyFraming
    ) {
        // The range that was recorded is the limit.
        let limits = BatchLimits(events: .max, bytes: .max, wait: .zero)
        self.init(
            stream.workspace,
            batch.filter,
            lane,
            batch.format,
            limits,
            framing,
            batch.covers.lowerBound
        )
    }

    /// Begins a batch of what is left of a lane's share in a round.
    init(
        of share: LaneRound.Share,
        in round: LaneRound,
        _ stream: EventStream,
        limits: BatchLimits,
        framing: BodyFraming
    ) {
        let lane = Lane(share.lane, of: round.lanes)
        self.init(
            stream.workspace,
            round.filter,
            lane,
            round.format,
            limits,
            framing,
            share.start
        )
    }

    private init(
        _ workspace: WorkspaceNumber,
        _ filter: EventFilter,
        _ lane: Lane?,
        _ format: EventFormat,
        _ limits: BatchLimits,
        _ framing: BodyFraming,
        _ start: Offset
    ) {
        self.workspace = workspace
        matcher = EventMatcher(filter)
        self.lane = lane
        self.format = format
        self.limits = limits
        self.framing = framing
        self.start = start
        reached = start
        body = ByteWriter(capacity: min(limits.bytes, 1 << 20))
        body.append(framing.prefix)
    }

    package var isEmpty: Bool { count == 0 }

    /// Bytes of the body so far.
    var bodyBytes: Int { body.count }

    /// Whether it has as many events as it may.
    var isFull: Bool { count >= limits.events }

    /// What the body is.
    var contentType: String { framing.contentType }

    /// Everything considered so far.
    package var covers: Range<Offset> { start..<reached }

    /// Adds a block's events, from where the batch has reached, up to `end`.
    ///
    /// - Returns: Whether the batch is full.
    package mutating func add(_ block: Block, before end: Offset = Offset(.max)) -> Bool {
        let (end, isWhole) = block.events(of: workspace, in: reached..<max(reached, end)) {
            take($0)
        }
        reached = end
        return !isWhole || isFull
    }

    /// Notes that nothing of the stream lies before `offset`.
    package mutating func skip(to offset: Offset) { reached = max(reached, offset) }

    /// How many more events may fill it: at least one, by the mean size of those it has.
    package var missing: Int64 {
        let mean = max(1, body.count / max(1, count))
        let byBytes = (limits.bytes - body.count) / mean
        return Int64(max(1, min(limits.events - count, byBytes)))
    }

    /// The whole body.
    package func finishedBody() -> [UInt8] {
        body.append(framing.suffix)
        return Array(body.bytes)
    }

    /// The bytes of the batch's events, as far as they are joined, without what goes around them.
    package var events: [UInt8] { Array(body.bytes.view(framing.prefix.count, body.count)) }

    /// Takes one event of the workspace, if it is of the stream.
    ///
    /// - Returns: Whether there was room for it.
    mutating func take(_ event: StoredEvent) -> Bool {
        guard !isFull else { return false }
        if let lane, !lane.holds(event.event) { return true }
        guard matcher.matches(event) else {
            filtered += 1
            return true
        }
        let before = body.count
        if count > 0 { body.append(framing.separator) }
        format.append(event, to: body)
        // An event that is larger than the limit goes alone.
        if count > 0, limits.bytes - framing.suffix.count < body.count {
            body.truncate(to: before)
            return false
        }
        count += 1
        lastOffset = event.offset
        if firstTime == nil { firstTime = event.facts.timestamp }
        return true
    }
}
