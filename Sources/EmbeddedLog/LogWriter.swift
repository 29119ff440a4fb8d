import ClickModel
import Dispatch
import Foundation
import GRDB
import Synchronization

/// The log's thread: group commit.
///
/// One transaction holds the block of what arrived while the last commit ran and every other change
/// that was asked for meanwhile (positions of streams, trims), so all of them share one sync.
final class LogWriter: Sendable {
    /// A change that joins the next commit.
    struct Change: Sendable {
        let apply: @Sendable (Database) throws -> Void
        let done: @Sendable (Result<Void, LogError>) -> Void
    }

    private struct Inbox {
        var source: (any EventSource)?
        var changes: [Change] = []
        var wantsCheckpoint = false
        var isClosed = false
    }

    private let store: LogStore
    private let tail: LogTail
    private let metrics: ServiceMetrics
    private let inbox = Mutex(Inbox())
    private let isAwake = Atomic<Bool>(false)
    private let bell = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)
    /// Bytes committed since the last checkpoint; Maintenance reads and resets it.
    let uncheckpointedBytes = Atomic<Int>(0)

    init(store: LogStore, tail: LogTail, metrics: ServiceMetrics) {
        self.store = store
        self.tail = tail
        self.metrics = metrics
        let thread = Thread { [self] in run() }
        thread.name = "log"
        thread.start()
    }

    /// Says that there is work.
    ///
    /// Cheap: at most one signal until the thread has looked.
    func wake() {
        if !isAwake.exchange(true, ordering: .acquiringAndReleasing) { bell.signal() }
    }

    func take(from source: any EventSource) {
        inbox.withLock { $0.source = source }
        wake()
    }

    /// Puts a change into the next commit and returns at once.
    func submit(_ change: Change) {
        let isClosed = inbox.withLock { inbox in
            if !inbox.isClosed { inbox.changes.append(change) }
            return inbox.isClosed
        }
        if isClosed { change.done(.failure(.closed)) } else { wake() }
    }

    /// Applies a change in the next commit; returns when that is on disk.
    func commit(_ apply: @escaping @Sendable (Database) throws -> Void) async throws(LogError) {
        let result = await withCheckedContinuation { continuation in
            submit(Change(apply: apply) { continuation.resume(returning: $0) })
        }
        try result.get()
    }

    /// Applies a change in the next commit and blocks until that is on disk: for threads of our own.
    func commitAndWait(_ apply: @escaping @Sendable (Database) throws -> Void) throws(LogError) {
        let outcome = Outcome()
        submit(Change(apply: apply) { outcome.settle($0) })
        try outcome.wait().get()
    }

    /// Asks for a short checkpoint between two commits.
    func requestCheckpoint() {
        inbox.withLock { $0.wantsCheckpoint = true }
        wake()
    }

    /// Commits what is still waiting and ends the thread; returns when it has ended.
    func close() {
        let wasClosed = inbox.withLock { inbox in
            defer { inbox.isClosed = true }
            return inbox.isClosed
        }
        guard !wasClosed else { return }
        wake()
        ended.wait()
    }

    // MARK: - On the thread

    private func run() {
        let group = EventGroup()
        let codec = BlockCodec()
        while true {
            bell.wait()
            isAwake.store(false, ordering: .sequentiallyConsistent)
            while commitOnce(group, codec) {}
            if inbox.withLock({ $0.isClosed && $0.changes.isEmpty }) { break }
        }
        inbox.withLock { $0.source = nil }
        ended.signal()
    }

    /// One commit of what waits; false when nothing does.
    private func commitOnce(_ group: EventGroup, _ codec: BlockCodec) -> Bool {
        let (source, changes, wantsCheckpoint) = inbox.withLock { inbox in
            defer {
                inbox.changes = []
                inbox.wantsCheckpoint = false
            }
            return (inbox.source, inbox.changes, inbox.wantsCheckpoint)
        }
        group.removeAll()
        Self.letOthersGather()
        source?.fill(group)
        if !group.isEmpty || !changes.isEmpty {
            commit(group, changes, codec, settling: source)
        }
        if wantsCheckpoint {
            try? store.pool.writeWithoutTransaction {
                try $0.execute(sql: "PRAGMA wal_checkpoint(PASSIVE)")
            }
        }
        return !group.isEmpty || !changes.isEmpty
    }

    /// Lets threads that wait for this core run first: what they bring shares the commit.
    ///
    /// Where the event loops have cores of their own it returns at once. On a single core it makes groups of
    /// what was ready, rather than of what one slice of time brought: twice as large, measured, and a tenth
    /// less work a click. Once is not always enough to let a loop come to its end.
    private static func letOthersGather() {
        for _ in 0..<2 { sched_yield() }
    }

    private func commit(
        _ group: EventGroup,
        _ changes: [Change],
        _ codec: BlockCodec,
        settling source: (any EventSource)?
    ) {
        do {
            let block = group.isEmpty ? nil : try block(of: group, codec)
            try store.pool.writeWithoutTransaction { db in
                try db.inTransaction(.immediate) {
                    if let block { try insert(block, group, into: db) }
                    for change in changes { try change.apply(db) }
                    return .commit
                }
            }
            let written = (block?.data.count ?? 0) + group.sessions.count
            uncheckpointedBytes.wrappingAdd(written + 8192, ordering: .relaxed)
            if block != nil {
                group.unsavedSessionKeys.removeAll()
                group.retiredSessionKeys.removeAll()
            }
            metrics.commits.add()
            tail.committed(block) { source?.settle(.success($0)) }
            for change in changes { change.done(.success(())) }
        } catch {
            let failure = LogError(error)
            metrics.commitFailures.add()
            tail.failed(failure)
            if !group.isEmpty { source?.settle(.failure(failure)) }
            for change in changes { change.done(.failure(failure)) }
        }
    }

    private func block(of group: EventGroup, _ codec: BlockCodec) throws -> StoredBlock {
        let first = tail.bounds.upperBound
        return StoredBlock(
            offsets: first..<first.advanced(by: group.count),
            tally: Tally(group.facts),
            data: Data(try codec.encode(group))
        )
    }

    private func insert(_ block: StoredBlock, _ group: EventGroup, into db: Database) throws {
        let times = group.facts.lazy.map(\.timestamp.microseconds)
        // A click from elsewhere may say that it is of next year: it must not keep the log from forgetting.
        let now = Timestamp.now.microseconds
        let latest = min(times.max() ?? 0, now)
        let first = block.offsets.lowerBound
        let insert = try db.cachedStatement(
            sql:
                "INSERT INTO blocks (first, count, earliest, latest, tally, data, arrived) VALUES (?,?,?,?,?,?,?)"
        )
        try insert.execute(arguments: [
            first.value, group.count, times.min() ?? 0, latest, Data(block.tally.stored),
            block.data, now,
        ])
        if tail.isSnapshotDue {
            var totals = tail.totals
            totals.add(block.tally)
            try db.cachedStatement(
                sql: "INSERT OR REPLACE INTO totals (before, tally) VALUES (?,?)"
            )
            .execute(arguments: [first.advanced(by: group.count).value, Data(totals.stored)])
        }
        for key in group.unsavedSessionKeys {
            try db.cachedStatement(
                sql: "INSERT OR REPLACE INTO session_keys (created, key) VALUES (?,?)"
            )
            .execute(arguments: [key.createdAt.microseconds, Data(key.bytes)])
        }
        for key in group.retiredSessionKeys {
            try db.cachedStatement(sql: "DELETE FROM session_keys WHERE created = ?")
                .execute(arguments: [key.createdAt.microseconds])
        }
        if group.sessions.count > 0 {
            try db.cachedStatement(sql: "INSERT INTO session_journal (written, data) VALUES (?,?)")
                .execute(arguments: [latest, Data(group.sessions.bytes)])
        }
    }
}

/// A result that a thread waits for.
private final class Outcome: Sendable {
    private let result = Mutex<Result<Void, LogError>?>(nil)
    private let bell = DispatchSemaphore(value: 0)

    func settle(_ result: Result<Void, LogError>) {
        self.result.withLock { $0 = result }
        bell.signal()
    }

    func wait() -> Result<Void, LogError> {
        bell.wait()
        return result.withLock { $0 } ?? .failure(.closed)
    }
}
