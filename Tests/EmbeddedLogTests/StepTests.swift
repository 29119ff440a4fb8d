import ClickModel
import Dispatch
import Foundation
import GRDB
import TestKit
import Testing

@testable import EmbeddedLog

@Suite struct StepTests {
    private static let stream = EventStream.ID("s1")

    private static func position(
        _ checkpoint: Int64,
        of stream: EventStream.ID = stream
    ) -> StreamPosition {
        var position = StreamPosition(stream: stream, checkpoint: Offset(checkpoint))
        position.nextSequence = checkpoint + 1
        position.delivered = checkpoint
        position.health.failingSince = Timestamp(microseconds: 1)
        position.health.ramp = 20
        position.laneNumbers = [4, 1, 7]
        position.inFlight = InFlightBatch(
            id: "bat_\(checkpoint)",
            covers: Offset(checkpoint)..<Offset(checkpoint + 7),
            firstSequence: checkpoint + 1,
            count: 4,
            firstTime: Timestamp(microseconds: 1_600_000_000_000_000),
            format: .extended,
            filter: EventFilter(countries: ["br"], types: []),
            attempts: 2
        )
        return position
    }

    private static func parked(_ number: Int64) -> ParkedEvent {
        ParkedEvent(
            offset: Offset(number),
            sequence: number,
            clickedAt: Timestamp(microseconds: 5),
            format: .extended,
            event: Array("{}".utf8),
            reason: "answered 422",
            attempts: 3,
            parkedAt: .now
        )
    }

    private static func marks(_ log: EmbeddedLog) async throws -> [Int64] {
        try await log.read { db in
            try Int64.fetchAll(db, sql: "SELECT \"offset\" FROM marks ORDER BY \"offset\"")
        }
    }

    @Test func `a step is read at once, and what a crash leaves in the journal is there after it`()
        async throws
    {
        let folder = try TemporaryFolder()
        let log = try folder.openLog()
        defer { log.close() }
        let other = EventStream.ID("s2")
        try await TestSource(for: log).append([TestEvent("one"), TestEvent("two")])
        let mayEnd = try await log.holdStoreUp()
        defer { mayEnd.signal() }
        for checkpoint in 1...5 {
            let position = Self.position(Int64(checkpoint))
            try await log.store(DeliveryStep(position, isMark: checkpoint % 2 == 0))
            #expect(try await log.position(of: Self.stream) == position)
        }
        try await log.save(Self.position(1, of: other))
        let stored = try await log.read { try DeliveryRows.position($0, of: Self.stream) }
        #expect(stored == nil)

        let again = try folder.copyOfLog().openLog()
        defer { again.close() }
        #expect(try await again.position(of: Self.stream) == Self.position(5))
        #expect(try await again.position(of: other) == Self.position(1, of: other))
        #expect(try await Self.marks(again) == [2, 4])
        #expect(again.bounds == Offset(0)..<Offset(2))
        // Later steps are later than those of the life before.
        try await again.save(Self.position(6))
        try await again.storeWriter.commit { _ in }
        let row = try await again.read { try DeliveryRows.position($0, of: Self.stream) }
        #expect(row?.0 == Self.position(6))
        #expect(row?.step == 7)
        #expect(again.storeWriter.waitingStreams.isEmpty)
    }

    @Test func `marks that SQLite has are not carried on by what came while it got them`()
        async throws
    {
        let folder = try TemporaryFolder()
        let log = try folder.openLog()
        defer { log.close() }
        try await log.store(DeliveryStep(Self.position(1), isMark: true))
        // The commit that takes this step's mark is held up, and two more steps come.
        let mayEnd = try await log.holdStoreUp()
        try await log.store(DeliveryStep(Self.position(2), isMark: true))
        try await log.save(Self.position(3))
        let waiting = try #require(log.storeWriter.waitingStep(of: Self.stream))
        #expect(waiting.marks.count == 2)
        // The next commit is held up, too: what waits then is what the first one left.
        let (hasBegun, mayEndToo) = (Flag(), DispatchSemaphore(value: 0))
        let change = StoreWriter.Change(
            apply: { _ in
                hasBegun.set(true)
                mayEndToo.wait()
            },
            done: { _ in }
        )
        log.storeWriter.submit(change)
        mayEnd.signal()
        while !hasBegun.isSet { try await Task.sleep(for: .milliseconds(1)) }
        #expect(log.storeWriter.waitingStep(of: Self.stream)?.marks.count == 1)
        mayEndToo.signal()
        try await log.storeWriter.commit { _ in }
        #expect(try await Self.marks(log) == [1, 2])
    }

    @Test func `an earlier step in the journal never undoes what SQLite has`() async throws {
        let folder = try TemporaryFolder()
        let log = try folder.openLog()
        defer { log.close() }
        try await log.save(Self.position(1))
        var later = Self.position(2)
        later.parked = 1
        // With an event that was set aside it goes into SQLite; the journal still has the one before.
        try await log.store(DeliveryStep(later, parked: Self.parked(2)))
        #expect(try await log.position(of: Self.stream) == later)
        var crashed = try folder.copyOfLog()
        for _ in 0..<2 {
            let again = try crashed.openLog()
            defer { again.close() }
            #expect(try await again.position(of: Self.stream) == later)
            #expect(try await again.parked(of: Self.stream, after: nil, limit: 10).count == 1)
            crashed = try crashed.copyOfLog()
        }
    }

    @Test func `crash after crash, with more steps than the journal has room for`() async throws {
        var folder = try TemporaryFolder()
        var settings = TemporaryFolder.settings
        settings.journalBytes = 1 << 16
        for life in 0..<3 {
            let log = try folder.openLog(settings)
            defer { log.close() }
            let source = TestSource(for: log)
            for round in 1...200 {
                let checkpoint = Int64(life * 200 + round)
                // By turns alone and beside clicks; one at a time, as a stream makes them.
                if round % 3 == 0 { try await source.append([TestEvent("\(checkpoint)")]) }
                try await log.store(
                    DeliveryStep(Self.position(checkpoint), isMark: round % 50 == 0)
                )
            }
            folder = try folder.copyOfLog()
            let again = try folder.copyOfLog().openLog(settings)
            defer { again.close() }
            let last = Int64(life * 200 + 200)
            #expect(try await again.position(of: Self.stream) == Self.position(last))
            #expect(again.bounds.upperBound == Offset(Int64(life + 1) * 66))
        }
        let log = try folder.openLog(settings)
        defer { log.close() }
        #expect(try await Self.marks(log) == (1...12).map { Int64($0 * 50) })
    }

    @Test func `many streams' steps share commits, beside clicks`() async throws {
        let folder = try TemporaryFolder()
        let log = try folder.openLog()
        let source = TestSource(for: log)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<50 {
                group.addTask {
                    let stream = EventStream.ID("stream \(number)")
                    for checkpoint in 1...20 {
                        try await log.save(Self.position(Int64(checkpoint), of: stream))
                    }
                }
            }
            for number in 0..<20 { try await source.append([TestEvent("event \(number)")]) }
            try await group.waitForAll()
        }
        log.close()
        let again = try folder.openLog()
        defer { again.close() }
        for number in 0..<50 {
            let stream = EventStream.ID("stream \(number)")
            #expect(try await again.position(of: stream) == Self.position(20, of: stream))
        }
        #expect(again.bounds.upperBound == Offset(20))
    }

    @Test func `streams go on while SQLite fails, until the journal is full`() async throws {
        let folder = try TemporaryFolder()
        var settings = TemporaryFolder.settings
        settings.journalBytes = 1 << 15
        let log = try folder.openLog(settings)
        defer { log.close() }
        try await log.refuseRows(of: "positions")
        var last: Int64 = 0
        await #expect(throws: LogError.self) {
            while last < 1000 {
                try await log.save(Self.position(last + 1))
                last += 1
            }
        }
        #expect((1..<1000).contains(last))
        #expect(try await log.position(of: Self.stream) == Self.position(last))
        try await log.takeRows()
        try await log.storeWriter.commit { _ in }
        try await log.save(Self.position(last + 1))
        let again = try folder.copyOfLog().openLog(settings)
        defer { again.close() }
        #expect(try await again.position(of: Self.stream) == Self.position(last + 1))
    }

    @Test func `a step that is larger than the journal's room is stored all the same`() async throws
    {
        let folder = try TemporaryFolder()
        var settings = TemporaryFolder.settings
        settings.journalBytes = 2048
        let log = try folder.openLog(settings)
        defer { log.close() }
        #expect(try await log.position(of: Self.stream) == nil)
        try await log.save(Self.position(3))
        #expect(log.storeWriter.waitingStreams.isEmpty)
        #expect(try await log.position(of: Self.stream) == Self.position(3))
    }

    @Test func `a stream that only the journal has is forgotten as others are`() async throws {
        let folder = try TemporaryFolder()
        let log = try folder.openLog()
        defer { log.close() }
        let kept = EventStream.ID("kept")
        try await log.save(Self.position(1))
        try await log.save(Self.position(1, of: kept))
        try await log.forgetStreams(except: [kept])
        #expect(try await log.position(of: Self.stream) == nil)
        #expect(try await log.position(of: kept) != nil)
    }

    @Test func `steps of a log that went on are not taken for those of its older copy`()
        async throws
    {
        let folder = try TemporaryFolder()
        let log = try folder.openLog()
        let source = TestSource(for: log)
        try await source.append([TestEvent("one")])
        try await log.storeWriter.commit { _ in }
        let older = try folder.copyOfLog()
        try await source.append([TestEvent("two")])
        log.close()
        // Only steps are left in the journal, as after a whole round of them.
        let journal = folder.url.appending(path: "log.journal")
        try FileManager.default.removeItem(at: journal)
        let again = try folder.openLog()
        try await again.save(Self.position(2))
        again.close()
        let copied = older.url.appending(path: "log.journal")
        try FileManager.default.removeItem(at: copied)
        try FileManager.default.copyItem(at: journal, to: copied)
        let error = try #require(throws: LogError.self) { try older.openLog() }
        #expect("\(error)".contains("goes on at offset 2, but the log ends at 1"))
        // The log that they belong to takes them.
        let right = try folder.openLog()
        defer { right.close() }
        #expect(try await right.position(of: Self.stream) == Self.position(2))
    }

    @Test func `steps are read back from their bytes; damaged ones trap nothing`() throws {
        let steps = try (1...3).map { number in
            try StoredStep(
                DeliveryStep(Self.position(Int64(number)), isMark: number == 2),
                number: Int64(number)
            )
        }
        let writer = ByteWriter()
        for step in steps { step.append(to: writer) }
        let bytes = Array(writer.bytes)
        func read(_ bytes: [UInt8]) -> [StoredStep]? {
            bytes.withUnsafeBufferPointer { StoredStep.steps($0) }
        }
        #expect(read(bytes) == steps)
        #expect(steps.map(\.stream) == ["s1", "s1", "s1"])
        #expect(steps.map(\.number) == [1, 2, 3])
        #expect(read([]) == [])
        let ends = Set(
            (1...3).map { count in
                let writer = ByteWriter()
                for step in steps.prefix(count) { step.append(to: writer) }
                return writer.count
            }
        )
        for end in 1..<bytes.count where !ends.contains(end) {
            #expect(read(Array(bytes.prefix(end))) == nil)
        }
        for place in bytes.indices {
            for value: UInt8 in [0, 1, 2, 3, 0xFF] {
                var damaged = bytes
                damaged[place] = value
                if damaged != bytes { #expect(read(damaged) != steps) }
            }
        }
    }
}
