/// A part of the log that is sent to a stream's destination again, beside what the stream does.
///
/// It goes on over restarts like a stream of its own, and counts nothing in the stream's accounting.
package struct Replay: Identifiable, Hashable, Sendable {
    /// What `webhook-replay` says; its place in the log is kept under it, too.
    package let id: EventStream.ID
    package let stream: EventStream.ID
    package let covers: Range<Offset>
    /// The number that the stream gave the first of its events in there.
    package let firstSequence: Int64
    /// The same by lanes, for a stream in lanes.
    package let laneNumbers: [Int64]
    /// How many events the workspace had before it.
    package let startTotal: Int64

    package init(
        id: EventStream.ID,
        stream: EventStream.ID,
        covers: Range<Offset>,
        firstSequence: Int64,
        laneNumbers: [Int64] = [],
        startTotal: Int64
    ) {
        self.id = id
        self.stream = stream
        self.covers = covers
        self.firstSequence = firstSequence
        self.laneNumbers = laneNumbers
        self.startTotal = startTotal
    }
}
