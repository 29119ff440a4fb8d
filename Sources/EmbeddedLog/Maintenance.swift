import ClickModel
import Dispatch
import Foundation
import GRDB
import Synchronization

/// What keeps the file small without ever holding a click up: checkpoints, retention, and merging of small blocks.
///
/// All run on a thread of their own, which waits for nothing but the disk and the writer, and touch the
/// writer only in small steps.
final class Maintenance: Sendable {
    /// Rows deleted in one commit: 64 at once made the slowest commits twice as slow as 16 do.
    private static let rowsPerTrim = 16
    private static let interval: TimeInterval = 1
    /// Beyond this age a visitor's key serves only sessions that it began.
    private static let sessionKeyAge = Duration.seconds(86_400)

    private let settings: LogSettings
    private let store: LogStore
    private let tail: LogTail
    private let writer: LogWriter
    private let storeWriter: StoreWriter
    private let attempts: AttemptStore
    private let merger: BlockMerger
    private let isStopping = Atomic<Bool>(false)
    private let bell = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    init(
        settings: LogSettings,
        store: LogStore,
        tail: LogTail,
        writer: LogWriter,
        storeWriter: StoreWriter,
        attempts: AttemptStore
    ) {
        self.settings = settings
        self.store = store
        self.tail = tail
        self.writer = writer
        self.storeWriter = storeWriter
        self.attempts = attempts
        merger = BlockMerger(store, storeWriter, after: settings.mergeAfter)
    }

    func start() {
        OwnThread.start("log-maintenance", .patient) { [self] in
            var rounds = 0
            while !isStopping.load(ordering: .acquiring) {
                _ = bell.wait(timeout: .now() + Self.interval)
                checkpointIfDue()
                if tail.failure != nil { writer.probe() }
                // Trying again in a second is as good as knowing why it failed: the writer has noted that.
                while !isStopping.load(ordering: .acquiring), (try? merger.mergeSome()) == true {}
                rounds += 1
                if rounds % 5 == 0 { retain() }
                if rounds % 60 == 0 {
                    let kept = Timestamp.now.advanced(by: .zero - self.settings.deliveryRetention)
                    self.attempts.retain(since: kept)
                }
            }
            ended.signal()
        }
    }

    func stop() {
        guard !isStopping.exchange(true, ordering: .releasing) else { return }
        bell.signal()
        ended.wait()
    }

    // MARK: - Checkpoints

    private func checkpointIfDue() {
        // A full disk may come from the write-ahead log itself: moving its pages lets it start over.
        let isPressing = tail.failure != nil || storeWriter.isFailing
        guard
            storeWriter.uncheckpointedBytes.load(ordering: .relaxed) > settings.checkpointBytes
                || isPressing
        else { return }
        storeWriter.uncheckpointedBytes.store(0, ordering: .relaxed)
        // The bulk on this thread's connection, beside the writer; then the few pages that were
        // written meanwhile, between two commits, so that the write-ahead log starts over.
        try? store.checkpointer.writeWithoutTransaction {
            try $0.execute(sql: "PRAGMA wal_checkpoint(PASSIVE)")
        }
        storeWriter.requestCheckpoint()
    }

    // MARK: - Retention

    private func retain() {
        let now = Timestamp.now
        let oldest = now.advanced(by: .zero - settings.retention)
        let journal = now.advanced(by: .zero - settings.sessionWindow)
        let keys = now.advanced(by: .zero - Self.sessionKeyAge)
        let first = tail.bounds.lowerBound
        let deliveries = now.advanced(by: .zero - settings.deliveryRetention)
        do {
            while !isStopping.load(ordering: .relaxed), try trimSome(olderThan: oldest) {}
            while !isStopping.load(ordering: .relaxed), try forgetSessions(before: journal) {}
            try storeWriter.commitAndWait { db in
                try DeliveryRows.retain(db, since: deliveries, from: first)
                // While clicks come their encoder says when a key has served. Without a click in the window
                // no session is left that an old key could be for.
                try db.execute(
                    sql: """
                        DELETE FROM session_keys
                        WHERE created < ? AND NOT EXISTS (SELECT 1 FROM session_journal)
                        """,
                    arguments: [keys.microseconds]
                )
            }
        } catch {
            // The writer has noted why; the next round tries again.
        }
    }

    /// Deletes some of what the session table needs no more; false when nothing is left of it.
    private func forgetSessions(before time: Timestamp) throws(LogError) -> Bool {
        let deleted = Atomic<Int>(0)
        try storeWriter.commitAndWait { db in
            try db.execute(
                sql: """
                    DELETE FROM session_journal WHERE id IN (
                        SELECT id FROM session_journal WHERE written < ? ORDER BY id
                        LIMIT \(Self.rowsPerTrim)
                    )
                    """,
                arguments: [time.microseconds]
            )
            deleted.store(db.changesCount, ordering: .relaxed)
        }
        return deleted.load(ordering: .relaxed) == Self.rowsPerTrim
    }

    /// Trims a few of the blocks that are too old or too many; false when none is.
    private func trimSome(olderThan oldest: Timestamp) throws(LogError) -> Bool {
        let end = try read { [settings] db -> Offset? in
            let used = try LogStore.usedBytes(db)
            let isTooLarge = settings.retentionBytes.map { used > $0 } ?? false
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT first, count, COALESCE(arrived, latest) AS came FROM blocks ORDER BY first LIMIT 1
                    """
            )
            guard let row, isTooLarge || row["came"] < oldest.microseconds else { return nil }
            return Offset((row["first"] as Int64) + (row["count"] as Int64))
        }
        guard let end else { return false }
        return try trimSome(before: end)
    }

    /// Trims up to a few blocks that end at or before `offset`; false when there are none.
    func trimSome(before offset: Offset) throws(LogError) -> Bool {
        try merger.pausing { () throws(LogError) in try trimBlocks(before: offset) }
    }

    private func trimBlocks(before offset: Offset) throws(LogError) -> Bool {
        let found = try read { db -> (start: Int64, end: Offset, Tally)? in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT first, count, tally FROM blocks WHERE first + count <= ?
                    ORDER BY first LIMIT \(Self.rowsPerTrim)
                    """,
                arguments: [offset.value]
            )
            guard let first = rows.first, let last = rows.last else { return nil }
            return (
                first["first"], Offset((last["first"] as Int64) + (last["count"] as Int64)),
                rows.reduce(into: Tally()) { $0.add(Tally(stored: $1["tally"] as Data)) }
            )
        }
        guard let (start, end, trimmed) = found else { return false }
        // Readers are turned away first: none then meets a half-trimmed log.
        tail.trimmed(before: end)
        try storeWriter.commitAndWait { db in
            let before = try Data.fetchOne(
                db,
                sql: "SELECT tally FROM totals WHERE before <= ? ORDER BY before DESC LIMIT 1",
                arguments: [start]
            )
            var totals = Tally(stored: before ?? Data())
            totals.add(trimmed)
            try db.execute(sql: "DELETE FROM totals WHERE before <= ?", arguments: [end.value])
            try db.execute(
                sql: "INSERT INTO totals (before, tally) VALUES (?,?)",
                arguments: [end.value, Data(totals.stored)]
            )
            try db.execute(sql: "DELETE FROM blocks WHERE first < ?", arguments: [end.value])
        }
        return true
    }

    private func read<Value>(_ query: (Database) throws -> Value) throws(LogError) -> Value {
        do {
            return try store.pool.read(query)
        } catch {
            throw LogError(error)
        }
    }
}
