import ClickModel
import Foundation
import GRDB
import Synchronization
import TestKit
import Testing

@testable import EmbeddedLog

@Suite struct CheckpointTests {
    private static func writeAheadBytes(_ folder: TemporaryFolder) throws -> Int {
        let path = folder.url.appending(path: "log.db-wal").path
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return (attributes[.size] as? NSNumber)?.intValue ?? 0
    }

    @Test func `the write-ahead log is bounded where one reader follows the other`() async throws {
        let folder = try TemporaryFolder()
        var settings = TemporaryFolder.settings
        settings.checkpointBytes = 1 << 20
        settings.writeAheadBytes = 4 << 20
        let log = try folder.openLog(settings)
        defer { log.close() }
        try await log.storeWriter.commit {
            try $0.execute(sql: "CREATE TABLE filler (data BLOB NOT NULL)")
        }
        // Two that read by turns, so that one always holds a checkpoint up.
        let pool = log.store.pool
        let readers = (0..<2).map { number in
            Task {
                try await Task.sleep(for: .milliseconds(10 * number))
                while !Task.isCancelled {
                    try await pool.read { db in
                        _ = try Int.fetchOne(db, sql: "SELECT count(*) FROM filler")
                        Thread.sleep(forTimeInterval: 0.02)
                    }
                }
            }
        }
        for number in 0..<256 {
            try await log.storeWriter.commit {
                try $0.execute(sql: "INSERT INTO filler VALUES (randomblob(262144))")
            }
            if number % 4 == 0 { log.storeWriter.requestCheckpoint() }
        }
        for reader in readers { reader.cancel() }
        #expect(try Self.writeAheadBytes(folder) < 16 << 20)
    }

    @Test func `a checkpoint that is due comes before every merge`() async throws {
        let folder = try TemporaryFolder()
        var settings = TemporaryFolder.settings
        settings.mergeAfter = .seconds(86_400)
        let log = try folder.openLog(settings)
        let source = TestSource(for: log)
        // Two make a full block, with their details.
        let text = String(repeating: "text", count: 62_500)
        for _ in 0..<40 { try await source.append([TestEvent(text)]) }
        try await log.storeWriter.store(upTo: Offset(40))
        // Nothing is merged before there is a `note`.
        try await log.storeWriter.commit {
            try $0.execute(
                sql: "CREATE TRIGGER watch AFTER INSERT ON blocks BEGIN SELECT note(); END"
            )
        }
        log.close()

        (settings.mergeAfter, settings.checkpointBytes) = (.zero, 0)
        let again = try folder.openLog(settings)
        defer { again.close() }
        let uncheckpointed = Mutex<[Int]>([])
        try await again.storeWriter.commit { [storeWriter = again.storeWriter] db in
            let note = DatabaseFunction("note", argumentCount: 0) { _ in
                let bytes = storeWriter.uncheckpointedBytes.load(ordering: .relaxed)
                uncheckpointed.withLock { $0.append(bytes) }
                return nil
            }
            db.add(function: note)
        }
        let smallBlocks = "SELECT count(*) FROM blocks WHERE count = 1"
        while try await again.read({ try Int.fetchOne($0, sql: smallBlocks) }) != 0 {
            try await Task.sleep(for: .milliseconds(1))
        }
        let seen = uncheckpointed.withLock(\.self)
        // The first one may come right behind the commit that made it possible.
        #expect(seen.count == 20)
        #expect(seen.dropFirst() == Array(repeating: 0, count: 19)[...])
    }
}
