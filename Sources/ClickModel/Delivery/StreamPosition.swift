/// Where a stream stands: the one row that a batch's life changes.
package struct StreamPosition: Hashable, Sendable {
    package let stream: EventStream.ID
    /// Everything before it is settled: delivered, parked, filtered or expired.
    package var checkpoint: Offset
    /// The number that the stream's next matching event gets; the first is 1.
    ///
    /// In a stream in lanes, where each lane counts for itself, it counts them all.
    package var nextSequence: Int64
    /// The number that each lane's next event gets; what isn't there is 1.
    package var laneNumbers: [Int64] = []
    // The accounting: how the workspace's events since the stream's start were settled.
    package var delivered: Int64
    package var parked: Int64
    package var filtered: Int64
    package var expired: Int64
    package var health = StreamHealth()
    /// The batch whose range was recorded and whose fate is not.
    package var inFlight: InFlightBatch?
    /// What a stream in lanes is sending.
    package var round: LaneRound?

    package init(stream: EventStream.ID, checkpoint: Offset) {
        self.stream = stream
        self.checkpoint = checkpoint
        nextSequence = 1
        delivered = 0
        parked = 0
        filtered = 0
        expired = 0
    }

    /// How many of the workspace's events are settled.
    package var settled: Int64 { delivered + parked + filtered + expired }

    /// Moves the lanes' numbers over events that none of them sends; by lane.
    package mutating func passNumbers(_ counts: [Int64]) {
        for (lane, count) in counts.enumerated() {
            setNumber(number(ofLane: lane) + count, ofLane: lane)
        }
    }

    /// Where the numbering is known: behind the round that is under way, if one is.
    package var mark: SequenceMark {
        guard let round else {
            return SequenceMark(checkpoint, sequence: nextSequence, laneNumbers: laneNumbers)
        }
        var behind = self
        for share in round.shares {
            behind.nextSequence += share.end - share.next
            behind.setNumber(share.end, ofLane: share.lane)
        }
        return SequenceMark(
            round.covers.upperBound,
            sequence: behind.nextSequence,
            laneNumbers: behind.laneNumbers
        )
    }

    /// The number that a lane's next event gets.
    package func number(ofLane lane: Int) -> Int64 {
        laneNumbers.indices.contains(lane) ? laneNumbers[lane] : 1
    }

    /// Notes the number that a lane's next event gets.
    package mutating func setNumber(_ number: Int64, ofLane lane: Int) {
        let missing = lane + 1 - laneNumbers.count
        if missing > 0 { laneNumbers += Array(repeating: 1, count: missing) }
        laneNumbers[lane] = number
    }
}

/// What a stream's next attempt depends on; a restart goes on with it.
package struct StreamHealth: Hashable, Sendable {
    /// Attempts that failed since the last success; refusals of single events are none.
    package var failures = 0
    /// When the first attempt since the last success failed or was refused.
    package var failingSince: Timestamp?
    /// Nothing is sent before.
    package var nextAttempt: Timestamp?
    /// Slow start: how many events the next batch may have.
    package var ramp: Int?
    /// What "too large" left of the stream's size limit, in bytes.
    package var bytes: Int?
    /// So many events behind the checkpoint hold one that is refused, at least.
    package var suspects: Int?
    /// Events that were parked with nothing accepted between them.
    package var parkedInARow = 0
    /// How many of the events that were first refused together are left, when none of them was accepted; 0 when all were
    /// refused.
    package var refusedLeft: Int?

    /// Whether something is being found out: then one batch at a time is tried.
    package var isUncertain: Bool { failingSince != nil || ramp != nil || suspects != nil }

    package init() {}
}

/// A batch as it is recorded before its first send: enough to make the same bytes again.
package struct InFlightBatch: Hashable, Sendable {
    /// The `webhook-id`.
    package let id: String
    /// Everything the batch considered: its events, and others' between them.
    package let covers: Range<Offset>
    package let firstSequence: Int64
    /// How many events the batch carries.
    package let count: Int64
    /// When its first event was clicked.
    package let firstTime: Timestamp
    /// The format its events were cut in.
    package let format: EventFormat
    /// The filter it was cut with.
    package let filter: EventFilter
    /// The version of the key in its envelope.
    package let keyVersion: Int
    /// Sends so far, the one under way included.
    package var attempts: Int
    /// How often it was refused, as a batch of one event.
    package var refusals = 0

    /// The numbers of its events; that of the first alone when it should carry none.
    package var sequences: ClosedRange<Int64> {
        firstSequence...(firstSequence + max(0, count - 1))
    }

    package init(
        id: String,
        covers: Range<Offset>,
        firstSequence: Int64,
        count: Int64,
        firstTime: Timestamp,
        format: EventFormat,
        filter: EventFilter = EventFilter(),
        keyVersion: Int = 1,
        attempts: Int,
        refusals: Int = 0
    ) {
        self.id = id
        self.covers = covers
        self.firstSequence = firstSequence
        self.count = count
        self.firstTime = firstTime
        self.format = format
        self.filter = filter
        self.keyVersion = keyVersion
        self.attempts = attempts
        self.refusals = refusals
    }
}
