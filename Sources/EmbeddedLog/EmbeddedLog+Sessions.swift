package import ClickModel
import Foundation
import GRDB

extension EmbeddedLog: SessionStore {
    package func sessionKeys() throws -> [SessionKey] {
        try store.pool.read { db in
            try Row.fetchAll(db, sql: "SELECT created, key FROM session_keys ORDER BY created").map
            {
                SessionKey(
                    createdAt: Timestamp(microseconds: $0["created"]),
                    bytes: Array($0["key"] as Data)
                )
            }
        }
    }

    package func sessionJournal(since time: Timestamp) throws -> [[UInt8]] {
        try store.pool.read { db in
            let rows = try Row.fetchCursor(
                db,
                sql: "SELECT data FROM session_journal WHERE written >= ? ORDER BY id",
                arguments: [time.microseconds]
            )
            var entries: [[UInt8]] = []
            while let row = try rows.next() {
                try row.withUnsafeData(atIndex: 0) { entries.append(Array($0 ?? Data())) }
            }
            return entries
        }
    }
}
