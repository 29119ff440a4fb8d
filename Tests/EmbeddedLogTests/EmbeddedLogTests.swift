import ClickModel
import Foundation
import GRDB
import Synchronization
import TestKit
import Testing

@testable import EmbeddedLog

/// A folder of its own, gone when the test is.
final class TemporaryFolder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "clickstream-\(UUID())")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    /// Test events are years old: they stay unless the test itself sets a retention.
    static var settings: LogSettings {
        var settings = LogSettings()
        settings.retention = .seconds(100 * 366 * 86_400)
        // What a test parks is dated 1970, and stays however slow the machine is.
        settings.deliveryRetention = .seconds(100 * 366 * 86_400)
        return settings
    }

    func openLog(_ settings: LogSettings = TemporaryFolder.settings) throws -> EmbeddedLog {
        try EmbeddedLog(
            path: url.appending(path: "log.db").path,
            settings: settings,
            metrics: ServiceMetrics()
        )
    }
}

@Suite struct EmbeddedLogTests {
    @Test func `the embedded log keeps the log's promises`() async throws {
        let folder = try TemporaryFolder()
        let log = try folder.openLog()
        defer { log.close() }
        try await EventLogConformance(log).run()
    }

    @Test func `the log in memory keeps the same promises`() async throws {
        try await EventLogConformance(MemoryLog()).run()
    }

    @Test func `reads from the disk are the same as reads from memory`() async throws {
        let folder = try TemporaryFolder()
        var settings = TemporaryFolder.settings
        settings.recentBytes = 0  // Only the newest block stays in memory.
        let log = try folder.openLog(settings)
        defer { log.close() }
        try await EventLogConformance(log).run()
    }

    @Test func `what was appended is there after reopening, and offsets go on`() async throws {
        let folder = try TemporaryFolder()
        let log = try folder.openLog()
        let source = TestSource(for: log)
        try await source.append([TestEvent("a"), TestEvent("b", workspace: 2)])
        try await source.append([TestEvent("c")])
        try await log.save(StreamPosition(stream: EventStream.ID("s"), checkpoint: Offset(1)))
        log.close()

        let again = try folder.openLog()
        defer { again.close() }
        #expect(again.bounds == Offset(0)..<Offset(3))
        #expect(try await again.total(of: 1, before: Offset(3)) == 2)
        #expect(try await again.position(of: EventStream.ID("s"))?.checkpoint == Offset(1))
        guard case .blocks(let blocks) = try await again.read(from: .zero, workspace: nil) else {
            Issue.record("nothing was read")
            return
        }
        #expect(blocks.flatMap(\.texts) == ["a", "b", "c"].map { TestEvent($0).json })
        let more = TestSource(for: again)
        #expect(try await more.append([TestEvent("d")]) == Offset(3)..<Offset(4))
    }

    @Test func `offsets and totals survive the trimming of everything`() async throws {
        let folder = try TemporaryFolder()
        let log = try folder.openLog()
        let source = TestSource(for: log)
        try await source.append([TestEvent("a"), TestEvent("b")])
        try await log.trim(before: Offset(2))
        log.close()

        let again = try folder.openLog()
        defer { again.close() }
        #expect(again.bounds == Offset(2)..<Offset(2))
        #expect(try await again.total(of: 1, before: Offset(2)) == 2)
        let more = TestSource(for: again)
        #expect(try await more.append([TestEvent("c")]) == Offset(2)..<Offset(3))
    }

    @Test func `what came longer ago than the retention goes, what tells of old clicks stays`()
        async throws
    {
        let folder = try TemporaryFolder()
        let first = try folder.openLog()
        let source = TestSource(for: first)
        try await source.append([TestEvent("old")])
        try await source.append([TestEvent("backfilled, of 2019 too")])
        first.close()
        try folder.ageFirstBlock(to: Timestamp.now.advanced(by: .seconds(-7200)))
        var settings = LogSettings()
        settings.retention = .seconds(3600)
        let log = try folder.openLog(settings)
        defer { log.close() }
        while log.bounds.lowerBound == .zero { try await Task.sleep(for: .milliseconds(50)) }
        #expect(log.bounds == Offset(1)..<Offset(2))
    }

    @Test func `blocks that came while the clock was ahead go with those behind them`()
        async throws
    {
        let folder = try TemporaryFolder()
        let log = try folder.openLog()
        let source = TestSource(for: log)
        // More than one look goes through.
        for number in 0..<303 { try await source.append([TestEvent("event \(number)")]) }
        log.close()
        let (old, ahead) = (
            Timestamp.now.advanced(by: .seconds(-7200)),
            Timestamp.now.advanced(by: .seconds(86_400))
        )
        try folder.change("UPDATE blocks SET arrived = \(ahead.microseconds) WHERE first <> 302")
        var settings = LogSettings()
        settings.retention = .seconds(3600)
        let again = try folder.openLog(settings)
        #expect(
            try !again.maintenance.trimSome(olderThan: Timestamp.now.advanced(by: .seconds(-3600)))
        )
        again.close()
        try folder.change("UPDATE blocks SET arrived = \(old.microseconds) WHERE first = 300")
        let last = try folder.openLog(settings)
        defer { last.close() }
        let oldest = Timestamp.now.advanced(by: .seconds(-3600))
        while try last.maintenance.trimSome(olderThan: oldest) {}
        // The one behind may be older than the last, which stays.
        #expect(last.bounds == Offset(301)..<Offset(303))
        #expect(try await last.total(of: 1, before: Offset(301)) == 301)
    }

    @Test func `half of the room is for events, however much is known of visits`() async throws {
        let folder = try TemporaryFolder()
        var settings = LogSettings()
        settings.mergeAfter = .seconds(86_400)
        let first = try folder.openLog(settings)
        let source = TestSource(for: first)
        let text = (0..<4096).map { _ in String(UInt64.random(in: 0 ... .max), radix: 16) }.joined()
        for _ in 0..<16 { try await source.append([TestEvent(text)]) }
        try await first.storeWriter.store(upTo: Offset(16))
        try await first.storeWriter.commit { db in
            try db.execute(
                sql: "INSERT INTO session_journal (written, data) VALUES (?, zeroblob(4000000))",
                arguments: [Timestamp.now.microseconds]
            )
        }
        let used = try await first.read { try LogStore.usedBytes($0) }
        first.close()
        // Sessions alone are more than may be; the events are less than half of it.
        settings.retentionBytes = 3_000_000
        #expect(used > 4_500_000)
        let log = try folder.openLog(settings)
        #expect(try !log.maintenance.trimSome(olderThan: Timestamp(microseconds: 0)))
        #expect(log.bounds.lowerBound == .zero)
        log.close()
        // Here they are more than half.
        settings.retentionBytes = 1_000_000
        let again = try folder.openLog(settings)
        defer { again.close() }
        while try again.maintenance.trimSome(olderThan: Timestamp(microseconds: 0)) {}
        #expect((4...14) ~= again.bounds.lowerBound.value)
    }

    @Test func `an event that says it is of the future doesn't keep the log from forgetting`()
        async throws
    {
        let folder = try TemporaryFolder()
        var settings = LogSettings()
        settings.retention = .seconds(1)
        let log = try folder.openLog(settings)
        defer { log.close() }
        let source = TestSource(for: log)
        let future = Timestamp(microseconds: 253_402_300_799_000_000)
        try await source.append([TestEvent("future", at: future)])
        while log.bounds.lowerBound == .zero { try await Task.sleep(for: .milliseconds(50)) }
        #expect(log.bounds.lowerBound == Offset(1))
    }

    @Test func `sessions and their keys come back, but for keys that have served`() async throws {
        let folder = try TemporaryFolder()
        let log = try folder.openLog()
        let key = SessionKey(createdAt: .now, bytes: Array(0..<16))
        let source = JournalSource(key: key, journal: [1, 2, 3])
        log.take(from: source)
        while log.bounds.upperBound == .zero { try await Task.sleep(for: .milliseconds(5)) }
        log.close()
        let again = try folder.openLog()
        defer { again.close() }
        #expect(try again.sessionKeys() == [key])
        #expect(try again.sessionJournal() == [[1, 2, 3]])
    }

    @Test(arguments: [-1, 0, Int64.max])
    func `a block with an impossible count is told, and the other blocks are read`(
        count: Int64
    ) async throws {
        let folder = try TemporaryFolder()
        var settings = TemporaryFolder.settings
        settings.recentBytes = 0
        var log = try folder.openLog(settings)
        defer { log.close() }
        let source = TestSource(for: log)
        try await source.append([TestEvent("first"), TestEvent("of two")])
        try await source.append([TestEvent("second")])
        try await log.storeWriter.commit { db in
            try db.execute(
                sql: "UPDATE blocks SET count = ? WHERE first = 0",
                arguments: [count]
            )
        }
        log.close()
        // Nothing is in memory then.
        log = try folder.openLog(settings)
        guard case .damaged(let range, _, _) = try await log.read(from: .zero, workspace: 1) else {
            Issue.record("the damage was not found")
            return
        }
        #expect(range == Offset(0)..<Offset(2))
        guard case .blocks(let blocks) = try await log.read(from: Offset(2), workspace: 1)
        else {
            Issue.record("the next block was not read")
            return
        }
        #expect(blocks.flatMap(\.texts) == [TestEvent("second").json])
        _ = try await log.offset(at: Timestamp(microseconds: 0))
        _ = try await log.total(of: 1, before: Offset(1))
        let merger = BlockMerger(log.store, log.storeWriter, after: .zero)
        while try merger.mergeSome() {}
        guard case .damaged = try await log.read(from: .zero, workspace: 1) else {
            Issue.record("the damage is gone")
            return
        }
    }

    @Test func `clicks that come while a commit gathers share it`() async throws {
        let folder = try TemporaryFolder()
        let log = try folder.openLog()
        defer { log.close() }
        let source = SteadySource([6, 4, 4, 4, 4, 4, 4])
        log.take(from: source)
        while log.bounds.upperBound < Offset(30) { try await Task.sleep(for: .milliseconds(1)) }
        // Five waits, and what came after them.
        #expect(source.settled == [Offset(0)..<Offset(26), Offset(26)..<Offset(30)])
    }

    @Test func `a trim takes many blocks, none that goes on behind it`() async throws {
        let folder = try TemporaryFolder()
        let log = try folder.openLog()
        defer { log.close() }
        let source = TestSource(for: log)
        for number in 0..<450 { try await source.append([TestEvent("event \(number)")]) }
        try await source.append([TestEvent("one"), TestEvent("block")])
        try await log.storeWriter.store(upTo: log.bounds.upperBound)
        for end in [256, 450] {
            #expect(try log.maintenance.trimSome(before: Offset(451)))
            #expect(log.bounds.lowerBound == Offset(Int64(end)))
        }
        #expect(try !log.maintenance.trimSome(before: Offset(451)))
        #expect(try await log.total(of: 1, before: log.bounds.upperBound) == 452)
        guard case .blocks(let blocks) = try await log.read(from: Offset(450), workspace: 1) else {
            Issue.record("what lies behind the trim was not read")
            return
        }
        #expect(blocks.flatMap(\.texts).count == 2)
    }

    @Test func `what sessions need no more is forgotten, however much it is`() async throws {
        let folder = try TemporaryFolder()
        let log = try folder.openLog()
        defer { log.close() }
        try await log.storeWriter.commit { db in
            for _ in 0..<400 {
                try db.execute(
                    sql: "INSERT INTO session_journal (written, data) VALUES (1, x'00')"
                )
            }
            try db.execute(
                sql: "INSERT INTO session_journal (written, data) VALUES (?, x'01')",
                arguments: [Timestamp.now.microseconds]
            )
        }
        let deadline = ContinuousClock.now + .seconds(60)
        var journal: [[UInt8]] = []
        repeat {
            try await Task.sleep(for: .milliseconds(200))
            journal = try log.sessionJournal()
        } while journal.count > 1 && .now < deadline
        #expect(journal == [[1]])
    }

    @Test func `a flipped bit is found, and the other blocks are read`() async throws {
        let folder = try TemporaryFolder()
        let log = try folder.openLog()
        let source = TestSource(for: log)
        let marks = (0..<50).map { "mark-of-the-first-block-\($0 * 7919)" }
        try await source.append(marks.map { TestEvent($0) })
        try await source.append([TestEvent("second")])
        log.close()
        try folder.damageFirstBlock()

        var settings = TemporaryFolder.settings
        settings.recentBytes = 0
        let again = try folder.openLog(settings)
        defer { again.close() }
        guard
            case .damaged(let range, let events, _) = try await again.read(
                from: .zero,
                workspace: 1
            )
        else {
            Issue.record("the damage was not found")
            return
        }
        #expect(range == Offset(0)..<Offset(50))
        #expect(events == 50)
        guard case .blocks(let blocks) = try await again.read(from: range.upperBound, workspace: 1)
        else {
            Issue.record("the next block was not read")
            return
        }
        #expect(blocks.flatMap(\.texts) == [TestEvent("second").json])
    }
}

/// Gives one event with a session key and a journal entry, once.
final class JournalSource: EventSource {
    private let key: SessionKey
    private let journal: [UInt8]
    private let isKeyNew: Bool
    nonisolated(unsafe) private var isDone = false

    init(key: SessionKey, journal: [UInt8], isKeyNew: Bool = true) {
        (self.key, self.journal, self.isKeyNew) = (key, journal, isKeyNew)
    }

    func fill(_ group: EventGroup) {
        guard !isDone else { return }
        isDone = true
        TestEvent("a", at: .now).encode(into: group)
        group.sessions.append(journal)
        guard isKeyNew else { return }
        let served = SessionKey(createdAt: key.createdAt.advanced(by: .seconds(-9)), bytes: [9])
        group.unsavedSessionKeys += [served, key]
        group.retiredSessionKeys.append(served)
    }

    func settle(_ result: Result<Range<Offset>, LogError>) {}
}

/// Gives so many events each time that it is asked, and nothing after that.
private final class SteadySource: EventSource {
    private let counts: Mutex<[Int]>
    private let ranges = Mutex<[Range<Offset>]>([])

    init(_ counts: [Int]) { self.counts = Mutex(counts) }

    var settled: [Range<Offset>] { ranges.withLock { $0 } }

    func fill(_ group: EventGroup) {
        let count = counts.withLock { $0.isEmpty ? 0 : $0.removeFirst() }
        for number in 0..<count { TestEvent("event \(number)", at: .now).encode(into: group) }
    }

    func settle(_ result: Result<Range<Offset>, LogError>) {
        if let range = try? result.get() { ranges.withLock { $0.append(range) } }
    }
}
