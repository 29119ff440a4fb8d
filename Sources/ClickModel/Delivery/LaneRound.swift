/// What a stream in lanes sends at once: the events of a part of the log, shared out to the lanes.
///
/// Recorded before anything of it is sent; the stream's checkpoint moves over it when every share is settled.
package struct LaneRound: Hashable, Sendable {
    /// One lane's events.
    package struct Share: Hashable, Sendable {
        package let lane: Int
        /// Everything of the lane before it is settled.
        package var start: Offset
        /// The number of the first event that is left.
        package var next: Int64
        /// The number behind its last event.
        package let end: Int64
        /// The batch whose range was recorded and whose fate is not; nil when what is left is cut anew.
        ///
        /// With no attempts it was not sent yet.
        package var batch: InFlightBatch?

        package init(
            lane: Int,
            start: Offset,
            next: Int64,
            end: Int64,
            batch: InFlightBatch?
        ) {
            self.lane = lane
            self.start = start
            self.next = next
            self.end = end
            self.batch = batch
        }
    }

    package let covers: Range<Offset>
    /// How many lanes it is shared out to.
    package let lanes: Int
    /// The format and the filter that its events were chosen with.
    package let format: EventFormat
    package let filter: EventFilter
    /// Events that the filter kept out.
    package let filtered: Int64
    /// What is left; the first one is tried first.
    package var shares: [Share]
    /// Whether a batch of it was accepted: then what is refused is not everything.
    package var isPartlyAccepted = false

    package init(
        covers: Range<Offset>,
        lanes: Int,
        format: EventFormat,
        filter: EventFilter,
        filtered: Int64,
        shares: [Share]
    ) {
        self.covers = covers
        self.lanes = lanes
        self.format = format
        self.filter = filter
        self.filtered = filtered
        self.shares = shares
    }
}
