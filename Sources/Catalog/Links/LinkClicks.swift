package import ClickModel
import GRDB

/// What people did with a link between two moments.
package struct LinkClicks: Hashable, Sendable {
    package var clicks = 0
    package var sessions = 0
    package var last: Timestamp

    package init(last: Timestamp) { self.last = last }
}

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

extension Catalog {
    /// How far the log is counted; nil where nothing was yet.
    package func countedEvents() async throws(CatalogError) -> Offset? {
        try await read { db in
            try Int64.fetchOne(db, sql: "SELECT offset FROM countedEvents").map(Offset.init)
        }
    }

    /// Adds to what people did with links, and notes how far the log is counted: both or neither.
    package func add(
        _ clicks: [CountedLink: LinkClicks],
        upTo offset: Offset
    ) async throws(CatalogError) {
        try await change { [settings] db, _ in
            let now = settings.now()
            let statement = try db.cachedStatement(
                sql: """
                    UPDATE links SET clicks = clicks + ?, sessions = sessions + ?, lastClickAt = max(lastClickAt, ?)
                    WHERE id = ? AND workspace = ?
                    """
            )
            for (link, counts) in clicks {
                try statement.execute(arguments: [
                    counts.clicks, counts.sessions, min(counts.last, now).microseconds, link.id,
                    link.workspace,
                ])
            }
            try db.execute(
                sql: """
                    INSERT INTO countedEvents (one, offset) VALUES (1, ?)
                    ON CONFLICT (one) DO UPDATE SET offset = excluded.offset
                    """,
                arguments: [offset.value]
            )
        }
    }
}
