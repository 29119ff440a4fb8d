import ClickModel
import Foundation
import GRDB
import TestKit

@testable import EmbeddedLog

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
        try change(
            "UPDATE blocks SET arrived = \(time.microseconds) WHERE first = (SELECT MIN(first) FROM blocks)"
        )
    }

    /// Writes over the first page of a table, or of an index, of a log that is closed.
    func damagePages(of name: String, in database: String = "log.db") throws {
        let file = url.appending(path: database)
        let queue = try DatabaseQueue(path: file.path)
        let root = try queue.write { db in
            try Int.fetchOne(
                db,
                sql: "SELECT rootpage FROM sqlite_master WHERE name = ?",
                arguments: [name]
            )
        }
        try queue.close()
        var bytes = try Data(contentsOf: file)
        let start = ((root ?? 1) - 1) * LogStore.pageBytes
        bytes.replaceSubrange(start..<start + 64, with: Data(repeating: 0xFF, count: 64))
        try bytes.write(to: file)
    }

    /// The names of a table's columns.
    func columns(of table: String) throws -> [String] {
        let queue = try DatabaseQueue(path: url.appending(path: "log.db").path)
        defer { try? queue.close() }
        return try queue.read { try $0.columns(in: table).map(\.name) }
    }

    /// Changes the file of a log that is closed.
    func change(_ sql: String) throws {
        let queue = try DatabaseQueue(path: url.appending(path: "log.db").path)
        try queue.write { try $0.execute(sql: sql) }
        try queue.close()
    }
}
