import ClickModel
import Foundation
import GRDB
import TestKit

extension TemporaryFolder {
    /// The log's files as a crash at this moment leaves them.
    func copyOfLog() throws -> TemporaryFolder {
        let copy = try TemporaryFolder()
        for name in ["log.db", "log.db-wal", "log.journal"] {
            let file = url.appending(path: name)
            guard FileManager.default.fileExists(atPath: file.path) else { continue }
            try FileManager.default.copyItem(at: file, to: copy.url.appending(path: name))
        }
        return copy
    }

    /// Flips one bit in the middle of the first block's data.
    func damageFirstBlock() throws {
        let queue = try DatabaseQueue(path: url.appending(path: "log.db").path)
        try queue.write { db in
            guard
                var data = try Data.fetchOne(
                    db,
                    sql: "SELECT data FROM blocks ORDER BY first LIMIT 1"
                )
            else { return }
            data[data.startIndex + data.count / 2] ^= 0x10
            try db.execute(
                sql: "UPDATE blocks SET data = ? WHERE first = (SELECT min(first) FROM blocks)",
                arguments: [data]
            )
        }
        try queue.close()
    }

    /// Dates the first block's arrival back.
    func ageFirstBlock(to time: Timestamp) throws {
        let queue = try DatabaseQueue(path: url.appending(path: "log.db").path)
        try queue.write { db in
            try db.execute(
                sql: "UPDATE blocks SET arrived = ? WHERE first = (SELECT MIN(first) FROM blocks)",
                arguments: [time.microseconds]
            )
        }
        try queue.close()
    }
}
