import ClickModel
import Foundation
import GRDB
import TestKit
import Testing

@testable import EmbeddedLog

@Suite struct DamageTests {
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
        try folder.change("UPDATE blocks SET count = 4 WHERE first = 1")
        let again = try folder.openLog(settings)
        #expect(try again.maintenance.trimSome(before: Offset(2)))
        #expect(again.bounds == Offset(2)..<Offset(6))
        let kept = try await again.read { try Int64.fetchAll($0, sql: "SELECT first FROM blocks") }
        #expect(kept == [2, 3, 4, 5])
        #expect(try await again.total(of: 1, before: Offset(2)) == 2)
        again.close()
    }

    @Test func `a block whose count is wrong hides none of those behind it`() async throws {
        for count in [4, 1000] {
            let folder = try TemporaryFolder()
            var settings = TemporaryFolder.settings
            settings.mergeAfter = .seconds(86_400)
            let log = try folder.openLog(settings)
            let source = TestSource(for: log)
            for number in 0..<6 {
                try await source.append([
                    TestEvent("event \(number)", workspace: Int64(number % 2 + 1))
                ])
            }
            log.close()
            try folder.change("UPDATE blocks SET count = \(count) WHERE first = 1")
            let again = try folder.openLog(settings)
            defer { again.close() }
            guard
                case .damaged(let offsets, let events, _) =
                    try await again.read(from: Offset(1), workspace: nil)
            else {
                Issue.record("the damage is not told")
                return
            }
            #expect(offsets == Offset(1)..<Offset(2))
            #expect(events == 1)
            #expect(
                try await again.texts(from: Offset(2))
                    == (2..<6).map { TestEvent("event \($0)").json }
            )
            // What is counted before the next block is what was read or told.
            #expect(try await again.total(of: 2, before: Offset(2)) == 1)
            #expect(try await again.total(of: 1, before: Offset(2)) == 1)
            #expect(try await again.total(of: 2, before: Offset(5)) == 2)
        }
    }

    @Test func `no column's damage is a trap`() async throws {
        let stream = EventStream.ID("s1")
        var settings = TemporaryFolder.settings
        settings.journalBytes = 1 << 16
        for table in ["positions", "parked", "unparked", "marks", "session_keys"] {
            let folder = try TemporaryFolder()
            let log = try folder.openLog(settings)
            try await TestSource(for: log).append([TestEvent("one")])
            var position = StreamPosition(stream: stream, checkpoint: Offset(1))
            position.laneNumbers = [1]
            (position.delivered, position.expired, position.parked) = (3, 2, 1)
            position.inFlight = InFlightBatch(
                id: "bat_1",
                covers: Offset(0)..<Offset(1),
                firstSequence: 1,
                count: 1,
                firstTime: .now,
                format: .extended,
                filter: EventFilter(countries: ["br"], types: []),
                attempts: 2
            )
            let parked = ParkedEvent(
                offset: Offset(0),
                sequence: 1,
                clickedAt: .now,
                format: .extended,
                event: Array("{}".utf8),
                reason: "answered 422",
                attempts: 3,
                parkedAt: .now
            )
            try await log.store(DeliveryStep(position, parked: parked, isMark: true))
            try await log.storeWriter.commit { db in
                try db.execute(
                    sql:
                        "INSERT INTO unparked VALUES ('s1', 1, 1); INSERT INTO session_keys VALUES (1, x'00')"
                )
            }
            log.close()
            let columns = try folder.columns(of: table)
            #expect(columns.count > 1)
            for column in columns {
                for value in ["NULL", "'x'", "x'00FF'", "-1", "9223372036854775807", "1.5"] {
                    let damaged = try folder.copyOfLog()
                    // Columns that take anything, as a flipped bit in a row's head makes them.
                    try damaged.change(
                        """
                        CREATE TABLE loose AS SELECT * FROM \(table);
                        UPDATE loose SET "\(column)" = \(value);
                        DROP TABLE \(table);
                        ALTER TABLE loose RENAME TO \(table);
                        """
                    )
                    guard let again = try? damaged.openLog(settings) else { continue }
                    defer { again.close() }
                    _ = try? await again.position(of: stream)
                    _ = try? await again.parked(of: stream, after: nil, limit: 10)
                    _ = try? await again.mark(of: stream, behind: .zero)
                    _ = try? again.sessionKeys()
                    _ = try? await again.accounting(
                        of: .fixture("s1")
                    )
                }
            }
        }
    }

    @Test func `a stream whose numbers are damaged is told so`() async throws {
        let folder = try TemporaryFolder()
        let log = try folder.openLog()
        try await log.save(StreamPosition(stream: EventStream.ID("s1"), checkpoint: Offset(0)))
        log.close()
        try folder.change("UPDATE positions SET delivered = 9223372036854775807")
        let again = try folder.openLog()
        defer { again.close() }
        let error = try await #require(throws: LogError.self) {
            try await again.position(of: EventStream.ID("s1"))
        }
        #expect("\(error)".contains("its delivered is no count"))
    }

    @Test func `what meets a damaged page fails alone`() async throws {
        let folder = try TemporaryFolder()
        var settings = TemporaryFolder.settings
        settings.journalBytes = 1 << 15
        let log = try folder.openLog(settings)
        let source = TestSource(for: log)
        try await source.append([TestEvent("first")])
        log.close()
        for table in ["marks", "session_journal"] { try folder.damagePages(of: table) }

        let again = try folder.openLog(settings)
        defer { again.close() }
        let (stuck, other) = (EventStream.ID("stuck"), EventStream.ID("other"))
        // Their sessions can't be stored, the events can.
        let key = SessionKey(createdAt: .now, bytes: Array(0..<16))
        again.take(from: JournalSource(key: key, journal: Array(0..<24), isKeyNew: false))
        while again.bounds.upperBound < Offset(2) { try await Task.sleep(for: .milliseconds(1)) }
        let position = StreamPosition(stream: stuck, checkpoint: Offset(1))
        try await again.store(DeliveryStep(position, isMark: true))
        try await again.save(StreamPosition(stream: other, checkpoint: Offset(2)))
        await #expect(throws: LogError.self) {
            try await again.storeWriter.commit { try $0.execute(sql: "DELETE FROM marks") }
        }
        try await again.storeWriter.commit { _ in }
        #expect(again.storeWriter.storedEnd == Offset(2))
        #expect(again.storeWriter.waitingStreams == ["stuck"])
        #expect(try await again.position(of: stuck) == position)
        let stored = try await again.read { try DeliveryRows.position($0, of: other) }
        #expect(stored?.0.checkpoint == Offset(2))
        // Nor does the journal fill up by it.
        let more = TestSource(for: again)
        for number in 0..<300 { try await more.append([TestEvent("event \(number)")]) }
        #expect(again.bounds == Offset(0)..<Offset(302))
        #expect(again.failure == nil)
        // After a crash, too, the rest is there.
        let last = try folder.copyOfLog().openLog(settings)
        defer { last.close() }
        #expect(try last.sessionJournal().isEmpty)
        #expect(last.bounds == Offset(0)..<Offset(302))
        #expect(try await last.position(of: other)?.checkpoint == Offset(2))
    }

    @Test func `a log whose positions can't be read opens, and takes events`() async throws {
        let folder = try TemporaryFolder()
        let log = try folder.openLog()
        let stream = EventStream.ID("s1")
        try await log.save(StreamPosition(stream: stream, checkpoint: Offset(0)))
        log.close()
        try folder.damagePages(of: "positions")
        let again = try folder.openLog()
        defer { again.close() }
        await #expect(throws: LogError.self) { try await again.position(of: stream) }
        try await TestSource(for: again).append([TestEvent("one")])
        try await again.storeWriter.store(upTo: Offset(1))
        #expect(try await again.texts() == [TestEvent("one").json])
    }

    @Test func `a delivery log that is damaged deep inside is put aside when it is closed`()
        async throws
    {
        let folder = try TemporaryFolder()
        let log = try folder.openLog()
        let stream = EventStream.ID("s1")
        let attempt = AttemptRecord(
            batch: "bat_1",
            number: 1,
            at: .now,
            duration: .milliseconds(3),
            status: "delivered",
            error: nil,
            answer: nil,
            events: 1,
            sequences: 1...1,
            lane: nil
        )
        log.note(attempt, of: stream)
        #expect(try await log.attempts(of: stream, before: nil, limit: 10).count == 1)
        log.close()
        try folder.damagePages(of: "attempts_by_time", in: "deliveries.db")
        let again = try folder.openLog()
        again.note(attempt, of: stream)
        // What was written before is shown.
        #expect(try await again.attempts(of: stream, before: nil, limit: 10).count == 1)
        again.close()
        let last = try folder.openLog()
        defer { last.close() }
        last.note(attempt, of: stream)
        #expect(try await last.attempts(of: stream, before: nil, limit: 10).count == 1)
        let aside = folder.url.appending(path: "deliveries.db.damaged").path
        #expect(FileManager.default.fileExists(atPath: aside))
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
            try folder.change(
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
