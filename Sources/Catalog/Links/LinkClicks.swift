package import ClickModel
import GRDB

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
