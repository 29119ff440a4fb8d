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
    /// Blocks deleted in one commit, and rows of the session journal, which are larger.
    private static let blocksPerTrim = 256
    private static let sessionRowsPerTrim = 16
    private static let interval: TimeInterval = 1
    private static let mergingPerRound = Duration.milliseconds(200)
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
        OwnThread.start("log-maintenance", .long) { [self] in
            var rounds = 0
            while goesOn() {
                _ = bell.wait(timeout: .now() + Self.interval)
                if tail.failure != nil { writer.probe() }
                merge()
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

    /// Whether another step may be done; a checkpoint that is due comes first, however much there is to do.
    private func goesOn() -> Bool {
        guard !isStopping.load(ordering: .acquiring) else { return false }
        checkpointIfDue()
        return true
    }

    /// Merges blocks for a while: where clicks come faster than their blocks are merged, what else is to be done doesn't wait.
    private func merge() {
        let end = ContinuousClock.now + Self.mergingPerRound
        // Trying again in a second is as good as knowing why it failed: the writer has noted that.
        while goesOn(), .now < end, (try? merger.mergeSome()) == true {}
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
        tryOnce { while goesOn(), try trimSome(olderThan: oldest) {} }
        tryOnce { while goesOn(), try forgetSessions(before: journal) {} }
        tryOnce {
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
        }
    }

    /// Does a part of a round; when it fails the next round does it again, and the other parts go on.
    private func tryOnce(_ part: () throws -> Void) {
        do { try part() } catch {}
    }

    /// Deletes some of what the session table needs no more; false when nothing is left of it.
    private func forgetSessions(before time: Timestamp) throws(LogError) -> Bool {
        let deleted = Atomic<Int>(0)
        try storeWriter.commitAndWait { db in
            try db.execute(
                sql: """
                    DELETE FROM session_journal WHERE id IN (
                        SELECT id FROM session_journal WHERE written < ? ORDER BY id
                        LIMIT \(Self.sessionRowsPerTrim)
                    )
                    """,
                arguments: [time.microseconds]
            )
            deleted.store(db.changesCount, ordering: .relaxed)
        }
        return deleted.load(ordering: .relaxed) == Self.sessionRowsPerTrim
    }

    /// Trims a few of the blocks that are too old or too many; false when none is.
    func trimSome(olderThan oldest: Timestamp) throws(LogError) -> Bool {
        let now = Timestamp.now
        return try trimSome { [settings] db in
            var excess = try settings.retentionBytes.map { try Self.excess(db, over: $0) } ?? 0
            // When a block came stands behind its bytes: nobody asks where its size alone decides.
            guard excess > 0 else {
                return (
                    "COALESCE(arrived, latest)",
                    { row, _ in
                        let arrived = row.number("asked")
                        // It came while the clock was ahead: as old as those behind it.
                        if arrived > now.microseconds { return .asNext }
                        return arrived < oldest.microseconds ? .goes : .stays
                    }
                )
            }
            return (
                "length(data)",
                { row, _ in
                    defer { excess -= row.number("asked") }
                    return excess > 0 ? .goes : .stays
                }
            )
        }
    }

    /// By how much the file holds more than it may.
    ///
    /// Sessions are in it, too, and are not what is trimmed: however many they are, half of the room is for events.
    private static func excess(_ db: Database, over limit: Int64) throws -> Int64 {
        let used = try LogStore.usedBytes(db)
        guard used > limit else { return 0 }
        return min(used - limit, used - (try sessionBytes(db)) - limit / 2)
    }

    private static func sessionBytes(_ db: Database) throws -> Int64 {
        do {
            return try Int64.fetchOne(db, sql: "SELECT sum(length(data)) FROM session_journal") ?? 0
        } catch let error as DatabaseError where error.isDamage {
            return 0
        }
    }

    /// Trims up to a few blocks that end at or before `offset`; false when there are none.
    func trimSome(before offset: Offset) throws(LogError) -> Bool {
        try trimSome { _ in ("NULL", { _, end in end <= offset ? .goes : .stays }) }
    }

    /// What becomes of a block: it goes if the next one does where its row doesn't say.
    private enum Fate { case goes, stays, asNext }

    /// Which blocks are to go: what a block is asked for, and what becomes of one whose row has that as `asked` and that ends there.
    private typealias Rule = (column: String, decides: (Row, Offset) -> Fate)

    /// Trims up to a few blocks in order, until one stays; false when the first does.
    private func trimSome(_ rule: (Database) throws -> Rule) throws(LogError) -> Bool {
        try merger.pausing { () throws(LogError) in try trimBlocks(rule) }
    }

    private func trimBlocks(_ rule: (Database) throws -> Rule) throws(LogError) -> Bool {
        let storedEnd = storeWriter.storedEnd
        let found = try read { try Self.front($0, by: try rule($0), storedEnd) }
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

    /// Blocks at the front: where they begin and end, and how many events of whom they have.
    private typealias Front = (start: Int64, end: Offset, tally: Tally)

    /// Those few at the front that are to go; nil when none is.
    private static func front(
        _ db: Database,
        by rule: Rule,
        _ storedEnd: Offset
    ) throws -> Front? {
        var (found, passed): (Front?, Front?)
        var (start, tally) = (Int64?.none, Tally())
        var from = Int64.min
        while true {
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT first, count, tally, \(rule.column) AS asked
                    FROM blocks WHERE first >= ? ORDER BY first LIMIT \(blocksPerTrim + 1)
                    """,
                arguments: [from]
            )
            for (index, row) in rows.prefix(blocksPerTrim).enumerated() {
                let own = Range<Offset>(of: row)
                // A block ends where the next one begins: a damaged count takes no other block along.
                let next =
                    index + 1 < rows.count ? Offset(rows[index + 1].number("first")) : storedEnd
                let end = next > own.lowerBound ? next : own.upperBound
                let fate = rule.decides(row, end)
                guard fate != .stays else { return found }
                // The first of those that were passed are enough for one commit.
                if fate == .goes, let passed { return passed }
                let begin = start ?? own.lowerBound.value
                start = begin
                tally.add(Tally(stored: row.data("tally")))
                if fate == .goes { found = (begin, end, tally) }
            }
            guard found == nil, rows.count > blocksPerTrim, let begin = start else { return found }
            // None of them says whether it goes: those behind do.
            from = rows[blocksPerTrim].number("first")
            passed = passed ?? (begin, Offset(from), tally)
        }
    }

    private func read<Value>(_ query: (Database) throws -> Value) throws(LogError) -> Value {
        do {
            return try store.pool.read(query)
        } catch {
            throw LogError(error)
        }
    }
}
