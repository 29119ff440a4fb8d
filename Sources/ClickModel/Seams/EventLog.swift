/// The durable log: clicks go in once, streams read them in order.
package protocol EventLog: Sendable {
    /// The offsets that can be read now; trimming raises the lower bound.
    var bounds: Range<Offset> { get }

    /// Takes events from `source` until the log is closed; called once.
    ///
    /// The source is asked on the log's own thread, whenever the log is ready to commit and has been
    /// woken: so a group is what arrived while the last commit ran.
    func take(from source: any EventSource)

    /// Says that the source has something. Cheap, and safe from any thread.
    func wake()

    /// Reads the next blocks at or after `offset` with events of `workspace` (nil: of any).
    ///
    /// A megabyte or so at once.
    ///
    /// - Throws: `LogError.trimmed` when `offset` lies before what is kept.
    func read(from offset: Offset, workspace: WorkspaceNumber?) async throws(LogError) -> LogRead

    /// Returns once an event of `workspace` (nil: any) at or after `offset` may be there to read, when
    /// `deadline` has passed, or when the task is cancelled.
    func wait(
        for offset: Offset,
        workspace: WorkspaceNumber?,
        until deadline: ContinuousClock.Instant?
    ) async

    /// Returns once the workspace had `total` events in all, when `deadline` has passed, or when the task is cancelled.
    func wait(
        forTotal total: Int64,
        of workspace: WorkspaceNumber,
        until deadline: ContinuousClock.Instant
    ) async

    /// How many events of the workspace were ever appended before `offset`, trimmed ones included.
    func total(of workspace: WorkspaceNumber, before offset: Offset) async throws(LogError) -> Int64

    /// The offset of the first kept event that was received at or after `time`; the end if none was.
    func offset(at time: Timestamp) async throws(LogError) -> Offset

    /// The offset before which events have used up so many percent of the room that the log may take; zero where only
    /// their age counts.
    func offset(usedUp percent: Int) async throws(LogError) -> Offset

    /// Forgets events before `offset`, as far as whole blocks allow.
    func trim(before offset: Offset) async throws(LogError)
}

/// What a read found.
package enum LogRead: Sendable {
    /// Blocks in the order of their offsets, each with at least one event asked for at or after the
    /// offset; none asked for lies between them or before the first.
    case blocks([Block])
    /// Nothing asked for lies before this offset, which is the log's end as it was.
    case end(Offset)
    /// The next block asked for can't be read; its events are lost.
    case damaged(Range<Offset>, events: Int64, reason: String)
}

/// Where the log takes its events from.
package protocol EventSource: AnyObject, Sendable {
    /// Encodes what waits into the group, behind what it holds and up to what a block should hold; leaves it as it is
    /// when nothing waits. Called on the log's thread, for one group as often as the log likes.
    func fill(_ group: EventGroup)

    /// How the group that was last filled ended: its offsets, or why nothing of it was stored.
    func settle(_ result: Result<Range<Offset>, LogError>)
}

/// Why the log could not do something.
package enum LogError: Error, Hashable, Sendable {
    /// There is no room on the disk.
    case full
    /// The events before `available` are gone.
    case trimmed(available: Range<Offset>)
    /// The store failed otherwise.
    case io(String)
    /// The log was closed.
    case closed
}
