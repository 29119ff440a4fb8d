package import ClickModel
import Foundation
import GRDB

extension EmbeddedLog: SessionStore {
    package func sessionKeys() throws -> [SessionKey] {
        try store.pool.read { db in
            try Row.fetchAll(db, sql: "SELECT created, key FROM session_keys ORDER BY created").map
            {
                SessionKey(
                    createdAt: Timestamp(microseconds: $0.number("created")),
                    bytes: Array($0.data("key"))
                )
            }
        }
    }

    package func readSessionJournal(
        since time: Timestamp,
        _ body: (ByteView) -> Void
    ) throws {
        do {
            try readRows(since: time, body)
        } catch let error as DatabaseError where error.isDamage {
            // Visits that are cut short are a smaller loss than a service that doesn't start.
        }
    }

    private func readRows(since time: Timestamp, _ body: (ByteView) -> Void) throws {
        try store.pool.read { db in
            let rows = try Row.fetchCursor(
                db,
                sql: "SELECT data FROM session_journal WHERE written >= ? ORDER BY id",
                arguments: [time.microseconds]
            )
            while let row = try rows.next() {
                row.data("data").withUnsafeBytes { body($0.bindMemory(to: UInt8.self)) }
            }
        }
    }
}
