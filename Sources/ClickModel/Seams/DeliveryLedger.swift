/// Where streams stand, kept in the log's own store so that one commit moves what belongs together.
package protocol DeliveryLedger: Sendable {
    /// Where a stream stands; nil for one that never moved.
    func position(of stream: EventStream.ID) async throws(LogError) -> StreamPosition?

    /// Stores what a stream came to, all of it or nothing. On disk when this returns.
    func store(_ step: DeliveryStep) async throws(LogError)

    /// A stream's accounting, with how many events its workspace ever had, as of one moment.
    func accounting(of stream: EventStream) async throws(LogError) -> DeliveryAccounting

    /// Takes note of an attempt; nothing waits for the disk, and a crash may take the last of them.
    func note(_ attempt: AttemptRecord, of stream: EventStream.ID)

    /// A stream's attempts, newest first.
    ///
    /// - Parameters:
    ///   - stream: Whose.
    ///   - before: Only those with smaller ids; nil for the newest.
    ///   - limit: How many.
    /// - Returns: The attempts.
    /// - Throws: What the store failed with.
    func attempts(
        of stream: EventStream.ID,
        before: Int64?,
        limit: Int
    ) async throws(LogError) -> [RecordedAttempt]

    /// What the delivery log still has of a stream's attempts, in sum.
    func attemptSummary(of stream: EventStream.ID) async throws(LogError) -> AttemptSummary

    /// A stream's parked events, oldest first.
    ///
    /// - Parameters:
    ///   - stream: Whose.
    ///   - after: Only those with larger ids; nil for the oldest.
    ///   - limit: How many.
    /// - Returns: The events.
    /// - Throws: What the store failed with.
    func parked(
        of stream: EventStream.ID,
        after: Int64?,
        limit: Int
    ) async throws(LogError) -> [ParkedEvent]

    /// Takes a parked event out, because it was delivered after all or because nobody wants it.
    ///
    /// - Returns: Whether it was there.
    func unpark(
        _ id: Int64,
        of stream: EventStream.ID,
        isDelivered: Bool
    ) async throws(LogError) -> Bool

    /// The first place at or behind an offset where a stream's numbering is known; nil when none is but its position.
    func mark(of stream: EventStream.ID, behind offset: Offset) async throws(LogError)
        -> SequenceMark?

    /// Forgets every stream but these.
    func forgetStreams(except kept: Set<EventStream.ID>) async throws(LogError)
}

extension DeliveryLedger {
    /// Stores where a stream stands.
    ///
    /// On disk when this returns.
    package func save(_ position: StreamPosition) async throws(LogError) {
        try await store(DeliveryStep(position))
    }
}

/// What is stored together when a stream moves.
package struct DeliveryStep: Sendable {
    /// Where it stands now.
    package let position: StreamPosition
    /// The event that was set aside.
    package let parked: ParkedEvent?
    /// Whether the position's numbering is to be found again.
    package let isMark: Bool

    package init(
        _ position: StreamPosition,
        parked: ParkedEvent? = nil,
        isMark: Bool = false
    ) {
        (self.position, self.parked) = (position, parked)
        self.isMark = isMark
    }
}

/// A place in the log, and the number of the first of a stream's events at or behind it.
package struct SequenceMark: Hashable, Sendable {
    package let offset: Offset
    package let sequence: Int64
    /// The same of each lane; what isn't there is 1.
    package let laneNumbers: [Int64]

    package init(_ offset: Offset, sequence: Int64, laneNumbers: [Int64] = []) {
        (self.offset, self.sequence) = (offset, sequence)
        self.laneNumbers = laneNumbers
    }
}
