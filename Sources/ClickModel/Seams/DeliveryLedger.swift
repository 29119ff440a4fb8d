/// Where streams stand, kept in the log's own store so that one commit moves what belongs together.
package protocol DeliveryLedger: Sendable {
    /// Where a stream stands; nil for one that never moved.
    func position(of stream: EventStream.ID) async throws(LogError) -> StreamPosition?

    /// Stores where a stream stands. On disk when this returns.
    func save(_ position: StreamPosition) async throws(LogError)

    /// Forgets every stream but these.
    func forgetStreams(except kept: Set<EventStream.ID>) async throws(LogError)
}

/// Where a stream stands: the one row that a batch's life changes.
package struct StreamPosition: Hashable, Sendable {
    package let stream: EventStream.ID
    /// Everything before it is settled: delivered, parked, filtered or expired.
    package var checkpoint: Offset
    /// The number that the stream's next matching event gets; the first is 1.
    package var nextSequence: Int64
    // The accounting: how the workspace's events since the stream's start were settled.
    package var delivered: Int64
    package var parked: Int64
    package var filtered: Int64
    package var expired: Int64
    /// The batch whose range was recorded and whose fate is not.
    package var inFlight: InFlightBatch?

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
    /// The format its events were cut in.
    package let format: EventFormat
    /// Sends so far, the one under way included.
    package var attempts: Int

    package init(
        id: String,
        covers: Range<Offset>,
        firstSequence: Int64,
        count: Int64,
        format: EventFormat,
        attempts: Int
    ) {
        self.id = id
        self.covers = covers
        self.firstSequence = firstSequence
        self.count = count
        self.format = format
        self.attempts = attempts
    }
}
