import ClickModel
import Dispatch
import GRDB
import TestKit

@testable import EmbeddedLog

extension EmbeddedLog {
    /// Holds SQLite's commits up until the returned semaphore is signalled.
    func holdStoreUp() async throws -> DispatchSemaphore {
        let mayEnd = DispatchSemaphore(value: 0)
        storeWriter.submit(StoreWriter.Change(apply: { _ in mayEnd.wait() }, done: { _ in }))
        while storeWriter.waitingChanges > 0 { try await Task.sleep(for: .milliseconds(1)) }
        return mayEnd
    }

    /// Has SQLite refuse every new row of a table.
    func refuseRows(of table: String) async throws {
        try await storeWriter.commit { db in
            try db.execute(
                sql: """
                    CREATE TRIGGER refuse BEFORE INSERT ON \(table)
                    BEGIN SELECT RAISE(ABORT, 'not now'); END
                    """
            )
        }
    }

    /// Has SQLite take them again.
    func takeRows() async throws {
        try await store.pool.write { try $0.execute(sql: "DROP TRIGGER refuse") }
    }

    /// What groups taught the session table, row by row.
    func sessionJournal() throws -> [[UInt8]] {
        var rows: [[UInt8]] = []
        try readSessionJournal(since: Timestamp(microseconds: 0)) { rows.append(Array($0)) }
        return rows
    }

    /// The events from an offset on, as far as they can be read.
    func texts(from offset: Offset = .zero) async throws -> [String] {
        var texts: [String] = []
        var position = offset
        while case .blocks(let blocks) = try await read(from: position, workspace: nil) {
            for block in blocks {
                for (index, text) in block.texts.enumerated()
                where block.first.advanced(by: index) >= position { texts.append(text) }
                position = block.offsets.upperBound
            }
        }
        return texts
    }
}
