package import ClickModel
import GRDB

/// What people did with a link between two moments.
package struct LinkClicks: Hashable, Sendable {
    package var clicks = 0
    package var sessions = 0
    package var last: Timestamp

    package init(last: Timestamp) { self.last = last }
}

extension Catalog {
    /// How far the log is counted; nil where nothing was yet.
    package func countedEvents() async throws(CatalogError) -> Offset? {
        try await read { db in
            try Int64.fetchOne(db, sql: "SELECT offset FROM countedEvents").map(Offset.init)
        }
    }

    /// Adds to what people did with links, by the links' ids, and notes how far the log is counted: both or neither.
    package func add(
        _ clicks: [String: LinkClicks],
        upTo offset: Offset
    ) async throws(CatalogError) {
        try await change { db, _ in
            let statement = try db.cachedStatement(
                sql: """
                    INSERT INTO linkClicks (link, clicks, sessions, lastClickAt)
                    SELECT number, ?, ?, ? FROM links WHERE id = ?
                    ON CONFLICT (link) DO UPDATE SET clicks = clicks + excluded.clicks,
                        sessions = sessions + excluded.sessions,
                        lastClickAt = max(lastClickAt, excluded.lastClickAt)
                    """
            )
            for (id, link) in clicks {
                try statement.execute(arguments: [
                    link.clicks, link.sessions, link.last.microseconds, id,
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
