/// What a receiver remembers of one stream's batches, to tell repeated ones and missing numbers.
///
/// Ask for a batch's `finding`, put its events where they are safe, then `record` it: a batch that
/// could not be kept is then not taken for one that was. Memory is bounded: of ids the latest are
/// kept, of missing numbers the latest 256 ranges of each lane. Numbers count from where the ledger
/// begins; a replay's are not looked at.
///
/// Keep a ledger for each stream: streams count for themselves. `Batch.key` tells them apart.
public struct BatchLedger: Sendable {
    /// What a batch is, compared with those recorded before.
    public enum Finding: Equatable, Sendable {
        /// It goes on where the lane ended, or nothing can be told from its numbers. Take it.
        case new
        /// A batch with this id was recorded: answer 2xx, and leave its events out.
        case repeated
        /// The numbers before it are missing: expired or parked at the sender, or on their way.
        /// Take it.
        case gap(ClosedRange<Int64>)
        /// It brings numbers that were missing, and none that came before. Take it.
        case late
        /// Under a new id it brings numbers that came before, these. Take it; drop repeated events
        /// by their `id` where the format has one.
        case overlap([ClosedRange<Int64>])
    }

    private var ids: RecentIDs
    private var lanes: [Int?: SequenceTrack] = [:]

    /// Begins with nothing.
    ///
    /// - Parameter remembering: How many ids are kept, at least 1. A stream has one batch in flight in each lane,
    ///   so a repeated batch comes soon.
    public init(remembering: Int = 10_000) {
        ids = RecentIDs(limit: max(1, remembering))
    }

    /// What this batch is; remembers nothing.
    public func finding(for batch: Batch) -> Finding {
        if ids.contains(batch.id) { return .repeated }
        guard let sequences = Self.counted(batch), var track = lanes[batch.lane] else {
            return .new
        }
        return track.add(sequences)
    }

    /// Remembers a batch whose events are safe.
    ///
    /// - Returns: What it was, as `finding` said.
    @discardableResult
    public mutating func record(_ batch: Batch) -> Finding {
        guard ids.insert(batch.id) else { return .repeated }
        guard let sequences = Self.counted(batch) else { return .new }
        // There are no more than 257 lanes: a batch with another has no `lane`.
        guard var track = lanes[batch.lane] else {
            lanes[batch.lane] = SequenceTrack(last: sequences.upperBound)
            return .new
        }
        let finding = track.add(sequences)
        lanes[batch.lane] = track
        return finding
    }

    /// Goes on after a restart: a batch with this id is known to be safe.
    public mutating func resume(id: String) { _ = ids.insert(id) }

    /// Goes on after a restart: what was recorded up to this number of the lane is known to be
    /// safe.
    public mutating func resume(after sequence: Int64, lane: Int? = nil) {
        lanes[lane] = SequenceTrack(last: max(0, sequence))
    }

    /// The highest number recorded in a lane, to be kept for `resume`; nil when there is none.
    public func lastSequence(lane: Int? = nil) -> Int64? { lanes[lane]?.last }

    /// The numbers to count a batch by: neither a test nor a replay has any.
    private static func counted(_ batch: Batch) -> ClosedRange<Int64>? {
        batch.isTest || batch.replayID != nil ? nil : batch.sequences
    }
}
