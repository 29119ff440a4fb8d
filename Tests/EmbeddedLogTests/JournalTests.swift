import ClickModel
import Dispatch
import Foundation
import TestKit
import Testing

@testable import EmbeddedLog

@Suite struct JournalTests {
    private static func journal(
        in folder: TemporaryFolder,
        identity: UInt64 = 7,
        bytes: Int = 8192
    ) throws -> Journal {
        try Journal(
            path: folder.url.appending(path: "log.journal").path,
            identity: identity,
            bytes: bytes
        )
    }

    private static func append(_ text: String, at first: Int64, to journal: Journal) throws {
        try Array(text.utf8).withUnsafeBufferPointer { block in
            try Array("sessions of \(text)".utf8).withUnsafeBufferPointer { sessions in
                try journal.append(
                    (block, sessions, Offset(first), 2, Timestamp(microseconds: first)),
                    steps: (ByteView(start: nil, count: 0), 0, .zero)
                )
            }
        }
    }

    private static func texts(_ records: [Journal.Record]) -> [String] {
        records.map { String(decoding: $0.block, as: UTF8.self) }
    }

    @Test func `records are read back from where SQLite ends, those of another log are not`() throws
    {
        let folder = try TemporaryFolder()
        let journal = try Self.journal(in: folder)
        #expect(try journal.leftover(from: .zero).records.isEmpty)
        journal.makeRoom()
        for first in [0, 2, 4] { try Self.append("block \(first)", at: Int64(first), to: journal) }
        let again = try Self.journal(in: folder)
        let records = try again.leftover(from: Offset(2)).records
        #expect(Self.texts(records) == ["block 2", "block 4"])
        #expect(
            records.map { String(decoding: $0.sessions, as: UTF8.self) }.last
                == "sessions of block 4"
        )
        #expect(records.map(\.count) == [2, 2])
        #expect(records.map(\.arrived.microseconds) == [2, 4])
        #expect(try again.leftover(from: Offset(6)).records.isEmpty)
        #expect(try Self.journal(in: folder, identity: 8).leftover(from: .zero).records.isEmpty)
    }

    @Test func `a journal that goes on where the log never was is not taken for this log's`() throws
    {
        let folder = try TemporaryFolder()
        let journal = try Self.journal(in: folder)
        try Self.append("far", at: 40, to: journal)
        let error = try #require(throws: LogError.self) {
            try journal.leftover(from: Offset(6)).records
        }
        #expect("\(error)".contains("goes on at offset 40, but the log ends at 6"))
        // An older round's records lie before the end: they are in SQLite.
        #expect(try journal.leftover(from: Offset(42)).records.isEmpty)
    }

    @Test func `a torn or damaged record ends what is read, wherever it broke`() throws {
        let folder = try TemporaryFolder()
        let journal = try Self.journal(in: folder)
        try Self.append("whole", at: 0, to: journal)
        try Self.append("torn", at: 2, to: journal)
        let file = folder.url.appending(path: "log.journal")
        let content = try Data(contentsOf: file)
        let whole = journal.bytes(block: 5, sessions: "sessions of whole".utf8.count)
        for place in whole..<content.count {
            var damaged = content
            damaged[place] ^= 0x20
            try damaged.write(to: file)
            #expect(
                Self.texts(try Self.journal(in: folder).leftover(from: .zero).records) == ["whole"]
            )
            try content.prefix(place).write(to: file)
            #expect(
                Self.texts(try Self.journal(in: folder).leftover(from: .zero).records) == ["whole"]
            )
        }
    }

    @Test func `lengths and numbers that a hostile disk makes up trap nothing`() throws {
        let folder = try TemporaryFolder()
        let journal = try Self.journal(in: folder)
        try Self.append("whole", at: 0, to: journal)
        let file = folder.url.appending(path: "log.journal")
        let content = try Data(contentsOf: file)
        for place in stride(from: 0, to: 56, by: 4) {
            var damaged = content
            for index in place..<place + 4 { damaged[index] = 0xFF }
            try damaged.write(to: file)
            #expect(try Self.journal(in: folder).leftover(from: .zero).records.isEmpty)
        }
    }

    @Test func `of two records at one offset the later one counts`() throws {
        let folder = try TemporaryFolder()
        let journal = try Self.journal(in: folder)
        try Self.append("failed", at: 0, to: journal)
        journal.turn()
        try Self.append("its successor", at: 0, to: journal)
        let again = try Self.journal(in: folder)
        #expect(Self.texts(try again.leftover(from: .zero).records) == ["its successor"])
        // The next one is later than both.
        try Self.append("another", at: 0, to: again)
        #expect(
            Self.texts(try Self.journal(in: folder).leftover(from: .zero).records) == ["another"]
        )
    }

    @Test func `both halves are used in turn, and one is full before the other begins`() throws {
        let folder = try TemporaryFolder()
        let journal = try Self.journal(in: folder, bytes: 1000)
        let bytes = journal.bytes(block: 5, sessions: "sessions of block".utf8.count)
        #expect(journal.canHold(500))
        #expect(!journal.canHold(501))
        var first: Int64 = 0
        for _ in 0..<2 {
            while journal.hasRoom(for: bytes) {
                try Self.append("block", at: first, to: journal)
                first += 2
            }
            #expect(journal.neededBeforeTurn.offset <= Offset(first))
            journal.turn()
        }
        #expect(
            try Self.journal(in: folder, bytes: 1000).leftover(from: .zero).records.count == Int(
                first
            ) / 2
        )
        #expect(journal.neededBeforeTurn.offset == Offset(first))
    }

    @Test func `what a crash leaves in the journal alone is in the log after it`() async throws {
        let folder = try TemporaryFolder()
        let log = try folder.openLog()
        defer { log.close() }
        let source = TestSource(for: log)
        // SQLite is held up: nothing goes there.
        let mayEnd = try await log.holdStoreUp()
        defer { mayEnd.signal() }
        for round in 0..<20 { try await source.append([TestEvent("event \(round)")]) }
        let key = SessionKey(createdAt: .now, bytes: Array(0..<16))
        log.take(from: JournalSource(key: key, journal: Array(0..<24), isKeyNew: false))
        while log.bounds.upperBound < Offset(21) { try await Task.sleep(for: .milliseconds(1)) }
        #expect(log.storeWriter.storedEnd == .zero)

        let crashed = try folder.copyOfLog()
        let again = try crashed.openLog()
        defer { again.close() }
        #expect(again.bounds == Offset(0)..<Offset(21))
        #expect(again.storeWriter.storedEnd == Offset(21))
        // Visits that were under way go on.
        #expect(
            try again.sessionJournal() == [Array(0..<24)]
        )
        #expect(try await again.total(of: 1, before: Offset(20)) == 20)
        guard case .blocks(let blocks) = try await again.read(from: .zero, workspace: nil) else {
            Issue.record("nothing was read")
            return
        }
        let texts = (0..<20).map { TestEvent("event \($0)").json }
        #expect(blocks.flatMap(\.texts).prefix(20) == texts[...])
        #expect(
            try await TestSource(for: again).append([TestEvent("more")]) == Offset(21)..<Offset(22)
        )
    }

    @Test func `crash after crash, whatever SQLite had of it, nothing is lost and nothing twice`()
        async throws
    {
        var folder = try TemporaryFolder()
        var settings = TemporaryFolder.settings
        settings.journalBytes = 1 << 16  // Turned over again and again.
        settings.recentBytes = 0
        for life in 1...4 {
            let log = try folder.openLog(settings)
            defer { log.close() }
            #expect(log.bounds.upperBound == Offset(Int64(life - 1) * 400))
            let source = TestSource(for: log)
            for round in 0..<400 {
                try await source.append([TestEvent("event \((life - 1) * 400 + round)")])
            }
            folder = try folder.copyOfLog()
        }
        let log = try folder.openLog(settings)
        defer { log.close() }
        #expect(try await log.texts() == (0..<1600).map { TestEvent("event \($0)").json })
    }

    @Test func `a block that is larger than the journal is stored all the same`() async throws {
        let folder = try TemporaryFolder()
        var settings = TemporaryFolder.settings
        settings.journalBytes = 512
        let log = try folder.openLog(settings)
        let source = TestSource(for: log)
        for round in 0..<3 {
            let events = (0..<200).map { TestEvent("event \(round) \($0) \(UUID())") }
            try await source.append(events)
            try await source.append([TestEvent("small \(round)")])
        }
        log.close()
        let again = try folder.openLog(settings)
        defer { again.close() }
        #expect(again.bounds == Offset(0)..<Offset(603))
    }

    @Test func `the file has its size from the start, and keeps it`() throws {
        let folder = try TemporaryFolder()
        let file = folder.url.appending(path: "log.journal")
        var settings = TemporaryFolder.settings
        settings.journalBytes = 3 << 20
        for _ in 0..<2 {
            try folder.openLog(settings).close()
            let size = try FileManager.default.attributesOfItem(atPath: file.path)[.size] as? Int
            #expect(size == 3 << 20)
        }
    }
}
