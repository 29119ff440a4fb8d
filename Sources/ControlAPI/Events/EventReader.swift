import ClickModel

/// Reads a workspace's events from the log, in order, over what was trimmed or damaged.
struct EventReader {
    let log: any EventLog
    let workspace: WorkspaceNumber
    let format: EventFormat
    /// Only events of this time.
    var times: Range<Timestamp>?

    /// What a step found.
    enum Step {
        /// Some events; reading goes on at the offset.
        case events(Offset)
        /// The log's end as it was.
        case end(Offset)
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
            return .events(max(position, available.lowerBound))
        }
        switch found {
        case .end(let end): return .end(max(position, end))
        case .damaged(let range, _, _): return .events(max(position, range.upperBound))
        case .blocks(let blocks):
            var next = position
            for block in blocks {
                for (index, facts) in block.facts.enumerated() {
                    let offset = block.first.advanced(by: index)
                    // Orphans are for streams that ask for them.
                    guard offset >= position, facts.workspace == workspace, !facts.isOrphan,
                        times?.contains(facts.timestamp) ?? true
                    else { continue }
                    guard block.withEvent(at: index, take) else {
                        return .events(offset.advanced(by: 1))
                    }
                }
                next = max(next, block.offsets.upperBound)
            }
            return .events(next)
        }
    }
}
