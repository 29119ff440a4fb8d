import ClickModel
import Dispatch
import Foundation
import GRDB
import Synchronization
import TestKit
import Testing

@testable import EmbeddedLog

@Suite struct FailedCommitTests {
    @Test func `a session key that can't be stored costs no click, and is stored later`()
        async throws
    {
        let folder = try TemporaryFolder()
        let log = try folder.openLog()
        let key = SessionKey(createdAt: .now, bytes: Array(0..<16))
        let source = GatedSource(key: key)
        log.take(from: source)
        while source.groups == 0 { try await Task.sleep(for: .milliseconds(1)) }
        // Changes wait behind one that takes long: the key of the second group joins one that spoils their commit.
        let mayEnd = try await log.holdStoreUp()
        let spoiling = StoreWriter.Change(apply: { _ in throw LogError.full }, done: { _ in })
        log.storeWriter.submit(spoiling)
        source.mayGoOn.signal()
        while log.storeWriter.waitingChanges < 2 { try await Task.sleep(for: .milliseconds(1)) }
        mayEnd.signal()
        while source.outcomes.count < 3 { try await Task.sleep(for: .milliseconds(1)) }
        #expect(source.outcomes == [true, true, true])
        #expect(try log.sessionKeys().isEmpty)
        log.close()

        let again = try folder.openLog()
        defer { again.close() }
        #expect(try again.sessionKeys() == [key])
        #expect(again.bounds == Offset(0)..<Offset(3))
    }

    @Test func `what only the journal has outlives commits that fail in SQLite`() async throws {
        let folder = try TemporaryFolder()
        let log = try folder.openLog()
        let source = TestSource(for: log)
        try await source.append([TestEvent("before")])
        try await log.storeWriter.store(upTo: log.bounds.upperBound)
        try await log.refuseRows(of: "blocks")
        var texts = [TestEvent("before").json]
        for number in 0..<20 {
            // The journal takes them all the same.
            try await source.append([TestEvent("event \(number)")])
            texts.append(TestEvent("event \(number)").json)
            if number % 5 == 4 {
                await #expect(throws: LogError.self) {
                    try await log.storeWriter.store(upTo: log.bounds.upperBound)
                }
            }
        }
        #expect(log.storeWriter.storedEnd == Offset(1))
        #expect(try await log.texts() == texts)
        try await log.takeRows()
        try await log.storeWriter.store(upTo: log.bounds.upperBound)
        #expect(log.storeWriter.storedEnd == Offset(21))
        log.close()

        // Without the journal: SQLite has it all.
        try FileManager.default.removeItem(atPath: folder.url.appending(path: "log.journal").path)
        let again = try folder.openLog()
        defer { again.close() }
        #expect(try await again.texts() == texts)
        #expect(try await again.total(of: 1, before: again.bounds.upperBound) == 21)
    }
}

/// Three groups of one event; the second brings a session key, and the first waits to be let go.
private final class GatedSource: EventSource {
    let mayGoOn = DispatchSemaphore(value: 0)
    private let key: SessionKey
    private let filled = Mutex(0)
    private let settled = Mutex<[Bool]>([])

    init(key: SessionKey) { self.key = key }

    /// How many groups have been asked for.
    var groups: Int { filled.withLock { $0 } }

    /// Whether each group was stored.
    var outcomes: [Bool] { settled.withLock { $0 } }

    func fill(_ group: EventGroup) {
        let number = filled.withLock { number in
            number += 1
            return number
        }
        guard number <= 3 else { return }
        if number == 1 {
            mayGoOn.wait()
        }
        TestEvent("event \(number)", at: .now).encode(into: group)
        if number == 2 { group.unsavedSessionKeys.append(key) }
    }

    func settle(_ result: Result<Range<Offset>, LogError>) {
        settled.withLock { $0.append((try? result.get()) != nil) }
    }
}
