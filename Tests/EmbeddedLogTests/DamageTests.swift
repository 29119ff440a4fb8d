import ClickModel
import Foundation
import GRDB
import TestKit
import Testing

@testable import EmbeddedLog

@Suite struct DamageTests {
    /// Changes the file of a log that is closed.
    private static func change(_ folder: TemporaryFolder, _ sql: String) throws {
        let queue = try DatabaseQueue(path: folder.url.appending(path: "log.db").path)
        try queue.write { try $0.execute(sql: sql) }
        try queue.close()
    }

    @Test func `a block whose count is too large takes no other along when it is trimmed`()
        async throws
    {
        let folder = try TemporaryFolder()
        var settings = TemporaryFolder.settings
        settings.mergeAfter = .seconds(86_400)
        let log = try folder.openLog(settings)
        let source = TestSource(for: log)
        for number in 0..<6 { try await source.append([TestEvent("event \(number)")]) }
        log.close()
        // The second one says that it has four events, the last one more than the log.
        try Self.change(folder, "UPDATE blocks SET count = 4 WHERE first = 1")
        let again = try folder.openLog(settings)
        #expect(try again.maintenance.trimSome(before: Offset(2)))
        #expect(again.bounds == Offset(2)..<Offset(6))
        let kept = try await again.read { try Int64.fetchAll($0, sql: "SELECT first FROM blocks") }
        #expect(kept == [2, 3, 4, 5])
        #expect(try await again.total(of: 1, before: Offset(2)) == 2)
        again.close()
    }

    @Test func `a last block that ends behind the log is trimmed without a trap`() async throws {
        let folder = try TemporaryFolder()
        let log = try folder.openLog()
        defer { log.close() }
        try await TestSource(for: log).append([TestEvent("one")])
        try await log.storeWriter.commit { db in
            try db.execute(sql: "UPDATE blocks SET count = 1000")
        }
        #expect(try log.maintenance.trimSome(before: Offset(5000)))
        #expect(log.bounds == Offset(1)..<Offset(1))
    }

    @Test func `what a row lacks traps nothing`() async throws {
        for damage in [
            "count = NULL", "count = 'many'", "tally = NULL", "tally = x'01FFFFFFFFFFFFFFFF7F'",
            "data = NULL",
            "latest = NULL, arrived = NULL",
        ] {
            let folder = try TemporaryFolder()
            let log = try folder.openLog()
            let source = TestSource(for: log)
            for number in 0..<3 { try await source.append([TestEvent("event \(number)")]) }
            log.close()
            // Columns that take anything, as a flipped bit in a row's head makes them.
            try Self.change(
                folder,
                """
                CREATE TABLE loose (first INTEGER PRIMARY KEY, count, earliest, latest, tally, data, arrived);
                INSERT INTO loose SELECT first, count, earliest, latest, tally, data, arrived FROM blocks;
                UPDATE loose SET \(damage) WHERE first = 1;
                DROP TABLE blocks;
                ALTER TABLE loose RENAME TO blocks;
                """
            )
            let again = try folder.openLog()
            defer { again.close() }
            #expect(again.bounds == Offset(0)..<Offset(3), "\(damage)")
            var position = Offset.zero
            var (whole, damaged) = (0, 0)
            loop: while true {
                switch try await again.read(from: position, workspace: nil) {
                case .blocks(let blocks):
                    whole += blocks.flatMap(\.texts).count
                    position = blocks.last?.offsets.upperBound ?? position
                case .damaged(let offsets, _, _):
                    damaged += 1
                    position = offsets.upperBound
                case .end: break loop
                }
            }
            #expect(whole + damaged == 3, "\(damage)")
            _ = try await again.total(of: 1, before: Offset(2))
            _ = try await again.offset(at: .now)
            let merger = BlockMerger(again.store, again.storeWriter, after: .zero)
            _ = try? merger.mergeSome()
            #expect(try again.maintenance.trimSome(before: Offset(3)))
        }
    }

    @Test func `a page that can't be read costs its block, and streams go on`() async throws {
        let folder = try TemporaryFolder()
        var settings = TemporaryFolder.settings
        settings.mergeAfter = .seconds(86_400)
        let log = try folder.openLog(settings)
        let source = TestSource(for: log)
        let text = (0..<16_384).map { _ in String(UInt64.random(in: 0 ... .max), radix: 16) }
            .joined()
        for mark in ["before", text, "after"] { try await source.append([TestEvent(mark)]) }
        log.close()
        let file = folder.url.appending(path: "log.db")
        let queue = try DatabaseQueue(path: file.path)
        let data = try await queue.read { db in
            try Data.fetchOne(db, sql: "SELECT data FROM blocks WHERE first = 1") ?? Data()
        }
        try queue.close()
        // A page in the middle of the block's: its first bytes name the next one.
        var bytes = try Data(contentsOf: file)
        let found = try #require(bytes.range(of: data[60_000..<60_016]))
        let page = found.lowerBound / LogStore.pageBytes * LogStore.pageBytes
        bytes.replaceSubrange(page..<page + 4, with: [0xFF, 0xFF, 0xFF, 0xFF])
        try bytes.write(to: file)

        let again = try folder.openLog(settings)
        defer { again.close() }
        guard case .blocks(let first) = try await again.read(from: .zero, workspace: nil),
            case .damaged(let offsets, let events, _) =
                try await again.read(from: Offset(1), workspace: nil),
            case .blocks(let last) = try await again.read(from: Offset(2), workspace: nil)
        else {
            Issue.record("the damage is not told")
            return
        }
        #expect(first.flatMap(\.texts) == [TestEvent("before").json])
        #expect(offsets == Offset(1)..<Offset(2))
        #expect(events == 1)
        #expect(last.flatMap(\.texts) == [TestEvent("after").json])
    }

    @Test func `a delivery log that can't be read is put aside, and the service goes on`()
        async throws
    {
        let folder = try TemporaryFolder()
        try folder.openLog().close()
        let file = folder.url.appending(path: "deliveries.db")
        try Data("no database, but long enough to be taken for one that was".utf8).write(to: file)
        let log = try folder.openLog()
        defer { log.close() }
        let attempts = try await log.attempts(of: EventStream.ID("s1"), before: nil, limit: 10)
        #expect(attempts.isEmpty)
        #expect(FileManager.default.fileExists(atPath: file.path + ".damaged"))
    }

    @Test func `a moment is found however many blocks lie before it`() async throws {
        let folder = try TemporaryFolder()
        var settings = TemporaryFolder.settings
        settings.mergeAfter = .seconds(86_400)
        let log = try folder.openLog(settings)
        defer { log.close() }
        let source = TestSource(for: log)
        let time = Timestamp(microseconds: 1_600_000_000_000_000)
        try await source.append([TestEvent("first", at: time)])
        try await log.storeWriter.store(upTo: Offset(1))
        // As many as two looks go through, all of them earlier.
        try await log.storeWriter.commit { db in
            try db.execute(
                sql: """
                    WITH RECURSIVE numbers (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM numbers WHERE n < 9000)
                    INSERT INTO blocks (first, count, earliest, latest, tally, data)
                    SELECT n, 1, 0, 0, x'', x'' FROM numbers
                    """
            )
            try db.execute(sql: "UPDATE blocks SET first = 10000 WHERE first = 0")
        }
        #expect(try await log.offset(at: time) == Offset(10_000))
        #expect(try await log.offset(at: time.advanced(by: .seconds(1))) == Offset(1))
    }
}
