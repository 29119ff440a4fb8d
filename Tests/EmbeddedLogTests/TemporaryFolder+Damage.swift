import ClickModel
import Foundation
import GRDB

extension TemporaryFolder {
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
