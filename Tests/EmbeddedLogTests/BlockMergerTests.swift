import ClickModel
import Foundation
import GRDB
import TestKit
import Testing

@testable import EmbeddedLog

@Suite struct BlockMergerTests {
    private static var settings: LogSettings {
        var settings = TemporaryFolder.settings
        settings.recentBytes = 0
        // The test merges itself, when it wants to.
        settings.mergeAfter = .seconds(86_400)
        return settings
    }

    private static func counts(_ log: EmbeddedLog) async throws -> [Int] {
        try await log.read { try Int.fetchAll($0, sql: "SELECT count FROM blocks ORDER BY first") }
    }

    private static func merge(_ log: EmbeddedLog, after wait: Duration = .zero) throws {
        let merger = BlockMerger(log.store, log.storeWriter, after: wait)
        while try merger.mergeSome() {}
    }

    @Test func `small neighbours become one, and readers notice nothing`() async throws {
        let folder = try TemporaryFolder()
        let log = try folder.openLog(Self.settings)
        defer { log.close() }
        let source = TestSource(for: log)
        var events: [TestEvent] = []
        for number in 0..<700 {
            events.append(TestEvent("event \(number)", workspace: Int64(number % 2 + 1)))
            try await source.append([events[number]])
        }
        let large = (0..<40).map { TestEvent("large \($0)") }
        try await source.append(large)
        for number in 0..<3 {
            events.append(TestEvent("after \(number)"))
            try await source.append([events[700 + number]])
        }
        try await log.storeWriter.store(upTo: log.bounds.upperBound)
        let totals = try await log.total(of: 1, before: Offset(101))

        try Self.merge(log)
        #expect(try await Self.counts(log) == [512, 188, 40, 3])
        let expected = (events[..<700] + large[...] + events[700...]).map(\.json)
        #expect(try await log.texts() == expected)
        #expect(try await log.texts(from: Offset(511)) == Array(expected[511...]))
        let merged = try await log.total(of: 1, before: Offset(101))
        #expect(merged == totals)
        #expect(try await log.total(of: 2, before: log.bounds.upperBound) == 350)
        // What was trimmed goes in whole blocks, the merged ones.
        try await log.trim(before: Offset(600))
        #expect(log.bounds.lowerBound == Offset(512))
        #expect(try await log.total(of: 2, before: Offset(512)) == 256)
    }

    @Test func `what is merged is so after a restart, and commits go on`() async throws {
        let folder = try TemporaryFolder()
        let log = try folder.openLog(Self.settings)
        let source = TestSource(for: log)
        for number in 0..<50 { try await source.append([TestEvent("event \(number)")]) }
        try await log.storeWriter.store(upTo: Offset(50))
        try Self.merge(log)
        log.close()
        let again = try folder.openLog(Self.settings)
        defer { again.close() }
        #expect(again.bounds == Offset(0)..<Offset(50))
        #expect(try await Self.counts(again) == [50])
        #expect(try await again.texts() == (0..<50).map { TestEvent("event \($0)").json })
        let more = TestSource(for: again)
        #expect(try await more.append([TestEvent("more")]) == Offset(50)..<Offset(51))
    }

    @Test func `what was not merged before a restart is merged after it`() async throws {
        let folder = try TemporaryFolder()
        let log = try folder.openLog(Self.settings)
        let source = TestSource(for: log)
        // More than one look goes through, and than lie behind the last snapshot.
        let large = (0..<40).map { TestEvent("large \($0)") }
        for _ in 0..<1100 { try await source.append(large) }
        for number in 0..<1100 { try await source.append([TestEvent("event \(number)")]) }
        try await log.storeWriter.store(upTo: log.bounds.upperBound)
        log.close()
        let again = try folder.openLog(Self.settings)
        try Self.merge(again)
        #expect(try await Self.counts(again).filter { $0 < 32 }.count <= 2)
        again.close()
        // A later start goes on where that one ended.
        let last = try folder.openLog(Self.settings)
        defer { last.close() }
        let merged = try await last.read {
            try Int64.fetchOne($0, sql: "SELECT merged FROM journal")
        }
        #expect(merged == last.bounds.upperBound.value)
    }

    @Test func `a few between large ones stay as they are`() async throws {
        let folder = try TemporaryFolder()
        let log = try folder.openLog(Self.settings)
        defer { log.close() }
        let source = TestSource(for: log)
        let large = (0..<40).map { TestEvent("large \($0)") }
        for few in [0, 7, 8] {
            for number in 0..<few { try await source.append([TestEvent("small \(number)")]) }
            try await source.append(large)
        }
        try await log.storeWriter.store(upTo: log.bounds.upperBound)
        let texts = try await log.texts()
        try Self.merge(log)
        let ones = Array(repeating: 1, count: 7)
        #expect(try await Self.counts(log) == [40] + ones + [40, 8, 40])
        #expect(try await log.texts() == texts)
    }

    @Test func `those that came lately wait for more`() async throws {
        let folder = try TemporaryFolder()
        let log = try folder.openLog(Self.settings)
        defer { log.close() }
        let source = TestSource(for: log)
        for number in 0..<5 { try await source.append([TestEvent("event \(number)")]) }
        try await log.storeWriter.store(upTo: Offset(5))
        try Self.merge(log, after: .seconds(3600))
        #expect(try await Self.counts(log) == [1, 1, 1, 1, 1])
        try Self.merge(log)
        #expect(try await Self.counts(log) == [5])
    }

    @Test func `those that came more than ten minutes apart stay apart`() async throws {
        let folder = try TemporaryFolder()
        let log = try folder.openLog(Self.settings)
        defer { log.close() }
        let source = TestSource(for: log)
        for number in 0..<6 { try await source.append([TestEvent("event \(number)")]) }
        try await log.storeWriter.store(upTo: Offset(6))
        try await log.storeWriter.commit { db in
            // The fourth came ten minutes after the first and joins it, the fifth a microsecond later.
            for (offset, came) in [600_000_000, 600_000_001, 900_000_000].enumerated() {
                try db.execute(
                    sql: "UPDATE blocks SET arrived = ? WHERE first = ?",
                    arguments: [came, offset + 3]
                )
            }
            try db.execute(sql: "UPDATE blocks SET arrived = 0 WHERE first < 3")
        }
        try Self.merge(log)
        #expect(try await Self.counts(log) == [4, 2])
        let arrivals = try await log.read {
            try Int64.fetchAll($0, sql: "SELECT arrived FROM blocks ORDER BY first")
        }
        #expect(arrivals == [600_000_000, 900_000_000])
    }

    @Test func `a merged block has a megabyte of events at most`() async throws {
        let folder = try TemporaryFolder()
        let log = try folder.openLog(Self.settings)
        defer { log.close() }
        let source = TestSource(for: log)
        let texts = (0..<30).map { String(repeating: "\($0) ", count: 50_000 / "\($0) ".count) }
        for text in texts { try await source.append([TestEvent(text)]) }
        try await log.storeWriter.store(upTo: Offset(30))
        try Self.merge(log)
        #expect(try await Self.counts(log) == [10, 10, 10])
        #expect(try await log.texts() == texts.map { TestEvent($0).json })
    }

    @Test func `a merge that can't be stored leaves the blocks, and is tried again`() async throws {
        let folder = try TemporaryFolder()
        let log = try folder.openLog(Self.settings)
        defer { log.close() }
        let source = TestSource(for: log)
        for number in 0..<20 { try await source.append([TestEvent("event \(number)")]) }
        try await log.storeWriter.store(upTo: Offset(20))
        let texts = try await log.texts()
        try await log.refuseRows(of: "blocks")
        let merger = BlockMerger(log.store, log.storeWriter, after: .zero)
        #expect(throws: LogError.self) { try merger.mergeSome() }
        #expect(try await Self.counts(log) == Array(repeating: 1, count: 20))
        #expect(try await log.texts() == texts)
        try await log.takeRows()
        #expect(try merger.mergeSome())
        #expect(try await Self.counts(log) == [20])
        #expect(try await log.texts() == texts)
    }

    @Test func `no block lies across a snapshot of the totals`() async throws {
        let folder = try TemporaryFolder()
        let log = try folder.openLog(Self.settings)
        let source = TestSource(for: log)
        for number in 0..<1100 { try await source.append([TestEvent("event \(number)")]) }
        try await log.storeWriter.store(upTo: Offset(1100))
        let snapshots = try await log.read {
            try Int64.fetchAll($0, sql: "SELECT before FROM totals")
        }
        let snapshot = try #require(snapshots.first)
        try Self.merge(log)
        let across = try await log.read { db in
            try Int.fetchOne(
                db,
                sql: """
                    SELECT count(*) FROM blocks, totals WHERE first < before AND first + count > before
                    """
            )
        }
        #expect(across == 0)
        #expect(try await log.total(of: 1, before: Offset(snapshot)) == snapshot)
        #expect(try await log.total(of: 1, before: Offset(1099)) == 1099)
        // A log that is opened anew counts from the snapshot, too.
        log.close()
        let again = try folder.openLog(Self.settings)
        defer { again.close() }
        #expect(try await again.total(of: 1, before: Offset(1100)) == 1100)
    }

    @Test func `a damaged block among them stays, and is told`() async throws {
        let folder = try TemporaryFolder()
        let log = try folder.openLog(Self.settings)
        let source = TestSource(for: log)
        for number in 0..<5 { try await source.append([TestEvent("event \(number)")]) }
        log.close()
        try folder.damageFirstBlock()
        let again = try folder.openLog(Self.settings)
        defer { again.close() }
        try Self.merge(again)
        guard case .damaged(let offsets, _, _) = try await again.read(from: .zero, workspace: nil)
        else {
            Issue.record("the damage is gone")
            return
        }
        #expect(offsets == Offset(0)..<Offset(1))
        #expect(try await again.texts(from: Offset(1)).count == 4)
    }
}
