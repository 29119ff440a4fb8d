/// A link as events name it.
///
/// Events of clicks from elsewhere have ids that their senders gave: they count in the senders' workspace alone.
package struct CountedLink: Hashable, Sendable {
    package let workspace: WorkspaceNumber
    package let id: String

    package init(workspace: WorkspaceNumber, id: String) {
        (self.workspace, self.id) = (workspace, id)
    }
}

/// What people did with a link between two moments.
package struct LinkClicks: Hashable, Sendable {
    package var clicks = 0
    package var sessions = 0
    package var last: Timestamp

    package init(last: Timestamp) { self.last = last }

    /// Adds a click.
    package mutating func add(startsSession: Bool, at time: Timestamp) {
        clicks += 1
        if startsSession { sessions += 1 }
        last = max(last, time)
    }

    package mutating func add(_ other: LinkClicks) {
        clicks += other.clicks
        sessions += other.sessions
        last = max(last, other.last)
    }
}

/// What people did with links in a part of the log.
package struct LinkCounts: Sendable {
    package let offsets: Range<Offset>
    package let links: [CountedLink: LinkClicks]

    package init(offsets: Range<Offset>, links: [CountedLink: LinkClicks]) {
        (self.offsets, self.links) = (offsets, links)
    }
}
