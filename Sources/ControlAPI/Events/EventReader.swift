import ClickModel

/// Reads a workspace's events from the log, in order, over what was trimmed or damaged.
struct EventReader {
    let log: any EventLog
    let workspace: WorkspaceNumber
    let format: EventFormat
    /// An event has to pass all of them.
    let filters: [EventMatcher]
    /// Only events of this time.
    var times: Range<Timestamp>?

    /// What a step found.
    enum Step {
        /// Some events, or none that were asked for; reading goes on at the offset.
        case events(Offset)
        /// The log's end as it was.
        case end(Offset)
        /// A part of the log is gone; reading goes on behind it.
        case lost(LostEvents)
    }

    /// Reads on from `position`, and calls `take` for each event with its offset.
    ///
    /// - Parameters:
    ///   - position: Where to read on.
    ///   - take: Returns false to go no further; reading then goes on after that event.
    /// - Returns: Where reading goes on.
    /// - Throws: What the log throws, but for what was trimmed.
    func step(
        from position: Offset,
        _ take: (StoredEvent) -> Bool
    ) async throws(LogError) -> Step {
        let found: LogRead
        do {
            found = try await log.read(from: position, workspace: workspace)
        } catch .trimmed(let available) {
            let kept = max(position, available.lowerBound)
            return .lost(LostEvents(.trimmed, position..<kept))
        }
        switch found {
        case .end(let end): return .end(max(position, end))
        case .damaged(let range, _, _):
            return .lost(LostEvents(.damaged, position..<max(position, range.upperBound)))
        case .blocks(let blocks):
            var next = position
            for block in blocks {
                for (index, facts) in block.facts.enumerated() {
                    let offset = block.first.advanced(by: index)
                    guard offset >= position, facts.workspace == workspace,
                        times?.contains(facts.timestamp) ?? true
                    else { continue }
                    let goesOn = block.withEvent(at: index) { event in
                        filters.allSatisfy { $0.matches(event) } ? take(event) : true
                    }
                    guard goesOn else { return .events(offset.advanced(by: 1)) }
                }
                next = max(next, block.offsets.upperBound)
            }
            return .events(next)
        }
    }
}

/// A part of the log that nobody can read any more.
struct LostEvents: Hashable, Sendable {
    enum Cause: String {
        /// Retention took it.
        case trimmed
        /// The file is damaged.
        case damaged
    }

    let cause: Cause
    /// The offsets, over all workspaces.
    let range: Range<Offset>

    init(_ cause: Cause, _ range: Range<Offset>) { (self.cause, self.range) = (cause, range) }

    /// How many places of the log it had.
    var offsets: Int64 { range.upperBound.value - range.lowerBound.value }
}
