import ClickModel

/// What people did with links since it was last taken: kept on the log's thread, beside the commits.
///
/// It says which part of the log it counts: who finds a gap before it reads that part of the log.
struct LinkTally {
    /// Links in one tally; beyond, it is given up, and whoever counts reads the log.
    private static let mostLinks = 100_000
    /// Links that are known by their identity; beyond, they are folded by their ids: clicks from elsewhere
    /// bring a link each.
    private static let mostRoutes = 4096

    private struct Entry {
        /// Kept, so that no other route gets its identity.
        let route: Route
        var clicks: LinkClicks
    }

    private var entries: [Entry] = []
    private var indices: [ObjectIdentifier: Int] = [:]
    private var folded: [CountedLink: LinkClicks] = [:]
    /// The part of the log that is counted; nil where nothing is.
    private var offsets: Range<Offset>?

    /// Counts an event that goes into the next commit.
    mutating func add(_ click: Click, _ event: EncodedClick) {
        guard event.isHuman, !click.route.isOrphan else { return }
        let time = click.receivedAt
        if let index = indices[ObjectIdentifier(click.route)] {
            return entries[index].clicks.add(startsSession: event.startsSession, at: time)
        }
        if entries.count >= Self.mostRoutes { fold() }
        var clicks = LinkClicks(last: time)
        clicks.add(startsSession: event.startsSession, at: time)
        indices[ObjectIdentifier(click.route)] = entries.count
        entries.append(Entry(route: click.route, clicks: clicks))
    }

    /// The events that were added are in the log.
    mutating func committed(_ range: Range<Offset>) {
        // What was added for this commit is given up as well: nothing of it may be called counted.
        if folded.count > Self.mostLinks { return clear() }
        offsets = (offsets?.lowerBound ?? range.lowerBound)..<range.upperBound
    }

    /// The events that were added are not in the log: what was counted with them is given up.
    mutating func failed() { clear() }

    /// Hands out what is counted, and begins anew; nil when nothing is.
    ///
    /// Between two commits: else it counts what isn't in the log yet.
    mutating func take() -> LinkCounts? {
        guard let offsets else { return nil }
        fold()
        defer { clear() }
        return LinkCounts(offsets: offsets, links: folded)
    }

    private mutating func fold() {
        for entry in entries {
            guard let id = entry.route.id else { continue }
            let link = CountedLink(workspace: entry.route.workspace.number, id: id)
            folded[link, default: LinkClicks(last: entry.clicks.last)].add(entry.clicks)
        }
        entries.removeAll(keepingCapacity: true)
        indices.removeAll(keepingCapacity: true)
    }

    private mutating func clear() {
        entries.removeAll(keepingCapacity: true)
        indices.removeAll(keepingCapacity: true)
        (folded, offsets) = ([:], nil)
    }
}
