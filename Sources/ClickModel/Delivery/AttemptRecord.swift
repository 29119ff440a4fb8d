/// One attempt at one batch, as the delivery log keeps it.
package struct AttemptRecord: Hashable, Sendable {
    package let batch: String
    /// 1 for a batch's first send.
    package let number: Int
    package let at: Timestamp
    package let duration: Duration
    /// How it ended: `delivered`, `failed`, `refused`, `gone`.
    package let status: String
    /// Why it did not end well.
    package let error: String?
    package let answer: DeliveryAnswer?
    package let events: Int64
    package let sequences: ClosedRange<Int64>
    /// The lane that numbers the events; nil for a stream without lanes.
    package let lane: Int?

    package init(
        batch: String,
        number: Int,
        at: Timestamp,
        duration: Duration,
        status: String,
        error: String?,
        answer: DeliveryAnswer?,
        events: Int64,
        sequences: ClosedRange<Int64>,
        lane: Int? = nil
    ) {
        self.batch = batch
        self.number = number
        self.at = at
        self.duration = duration
        self.status = status
        self.error = error
        self.answer = answer
        self.events = events
        self.sequences = sequences
        self.lane = lane
    }
}

/// An attempt in the delivery log.
package struct RecordedAttempt: Hashable, Sendable {
    /// Grows with time.
    package let id: Int64
    package let record: AttemptRecord

    package init(id: Int64, record: AttemptRecord) { (self.id, self.record) = (id, record) }
}

/// What the delivery log still has of a stream's attempts, in sum.
package struct AttemptSummary: Hashable, Sendable {
    /// When the oldest of them was made; nil where there is none.
    package let from: Timestamp?
    package let count: Int
    /// How many were accepted.
    package let delivered: Int
    /// Events of those that were accepted.
    package let events: Int64
    /// How long an attempt takes.
    package let averageDuration: Duration?

    package init(
        from: Timestamp?,
        count: Int,
        delivered: Int,
        events: Int64,
        averageDuration: Duration?
    ) {
        self.from = from
        self.count = count
        self.delivered = delivered
        self.events = events
        self.averageDuration = averageDuration
    }
}

/// An event that its receiver refused, set aside with its bytes.
package struct ParkedEvent: Hashable, Sendable {
    /// Given when it is stored.
    package let id: Int64
    package let offset: Offset
    /// The number that the stream gave it, which it keeps.
    package let sequence: Int64
    /// The lane that numbers it; nil for a stream without lanes.
    package let lane: Int?
    /// When it was clicked.
    package let clickedAt: Timestamp
    /// The format of its bytes.
    package let format: EventFormat
    /// Its bytes, as they were sent.
    package let event: [UInt8]
    /// The last answer.
    package let reason: String
    package let attempts: Int
    package let parkedAt: Timestamp

    package init(
        id: Int64 = 0,
        offset: Offset,
        sequence: Int64,
        lane: Int? = nil,
        clickedAt: Timestamp,
        format: EventFormat,
        event: [UInt8],
        reason: String,
        attempts: Int,
        parkedAt: Timestamp
    ) {
        self.id = id
        self.offset = offset
        self.sequence = sequence
        self.lane = lane
        self.clickedAt = clickedAt
        self.format = format
        self.event = event
        self.reason = reason
        self.attempts = attempts
        self.parkedAt = parkedAt
    }

    /// The same event with the id that it was stored under.
    package func stored(as id: Int64) -> ParkedEvent {
        ParkedEvent(
            id: id,
            offset: offset,
            sequence: sequence,
            lane: lane,
            clickedAt: clickedAt,
            format: format,
            event: event,
            reason: reason,
            attempts: attempts,
            parkedAt: parkedAt
        )
    }
}
