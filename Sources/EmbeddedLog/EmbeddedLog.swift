package import ClickModel
import Dispatch
import Foundation
import GRDB

/// The durable log on one machine: a SQLite file, and before it a journal.
///
/// Clicks go into the journal by group commit on the log's own thread, and into SQLite behind; streams read
/// beside it. Positions of streams and the session journal live in the same file, so one transaction moves
/// what belongs together.
package final class EmbeddedLog: Sendable {
    let store: LogStore
    let tail: LogTail
    let storeWriter: StoreWriter
    let writer: LogWriter
    let steps: StepNumbers
    let attempts: AttemptStore
    /// The room that the log may take; nil where only the events' age counts.
    let retentionBytes: Int64?
    let maintenance: Maintenance

    /// Opens the log, or makes it.
    ///
    /// - Parameters:
    ///   - path: The database file.
    ///   - settings: What to keep, and how long.
    ///   - metrics: Where commits are counted.
    /// - Throws: `LogError`.
    package init(path: String, settings: LogSettings, metrics: ServiceMetrics) throws {
        do {
            store = try LogStore(path: path)
            attempts = try AttemptStore(path: Self.path(of: "deliveries.db", beside: path))
            let journal = try Journal(
                path: Self.path(of: "log.journal", beside: path),
                identity: try store.identity(),
                bytes: settings.journalBytes
            )
            let recovered = try Self.recover(from: journal, into: store)
            steps = StepNumbers(behind: recovered.lastStep)
            journal.makeRoom()
            tail = LogTail(
                bounds: recovered.bounds,
                totals: recovered.totals,
                recentBytes: settings.recentBytes
            )
            storeWriter = StoreWriter(
                store: store,
                writeAheadBytes: settings.writeAheadBytes,
                end: recovered.bounds.upperBound,
                totals: recovered.totals,
                blocksSinceSnapshot: recovered.blocksSinceSnapshot,
                metrics: metrics
            )
            writer = LogWriter(
                journal: journal,
                tail: tail,
                storeWriter: storeWriter,
                metrics: metrics
            )
        } catch {
            throw LogError(error)
        }
        retentionBytes = settings.retentionBytes
        maintenance = Maintenance(
            settings: settings,
            store: store,
            tail: tail,
            writer: writer,
            storeWriter: storeWriter,
            attempts: attempts
        )
        maintenance.start()
    }

    private static func path(of name: String, beside path: String) -> String {
        URL(filePath: path).deletingLastPathComponent().appending(path: name).path
    }

    /// Puts what a crash left in the journal into SQLite.
    ///
    /// - Returns: The offsets and totals that SQLite has then, how many blocks lie behind the last snapshot of the totals,
    ///   and the number of the last step.
    private static func recover(
        from journal: Journal,
        into store: LogStore
    ) throws -> (bounds: Range<Offset>, totals: Tally, blocksSinceSnapshot: Int, lastStep: Int64) {
        let (bounds, _, _) = try store.pool.read(readEnd)
        let leftover = try journal.leftover(from: bounds.upperBound)
        let blocks = try leftover.records.map { try CommittedBlock($0) }
        let steps = leftover.steps.sorted { $0.number < $1.number }
        do {
            try store.pool.write { db in
                for block in blocks { try block.insert(into: db) }
                try CommittedBlock.insertSessions(of: blocks, into: db)
                for step in steps { try step.put(into: db) }
            }
        } catch let error as DatabaseError where error.isDamage {
            // As `StoreWriter` does: what meets a damaged page is left out.
            try store.pool.write { db in for block in blocks { try block.insert(into: db) } }
            try unlessDamaged {
                try store.pool.write { try CommittedBlock.insertSessions(of: blocks, into: $0) }
            }
            for step in steps { try unlessDamaged { try store.pool.write(step.put) } }
        }
        let (recovered, totals, blocksSinceSnapshot) = try store.pool.read(readEnd)
        let stored = try lastStep(in: store)
        let last = leftover.steps.reduce(stored) { max($0, $1.number) }
        return (recovered, totals, blocksSinceSnapshot, last)
    }

    private static func lastStep(in store: LogStore) throws -> Int64 {
        do {
            return try store.pool.read {
                try Int64.fetchOne(
                    $0,
                    sql: "SELECT max(step) FROM positions WHERE step < \(StoredStep.impossible)"
                ) ?? 0
            }
        } catch let error as DatabaseError where error.isDamage {
            // Not all of them can be read: one that no stream has come to.
            return Timestamp.now.microseconds
        }
    }

    private static func unlessDamaged(_ body: () throws -> Void) throws {
        do { try body() } catch let error as DatabaseError where error.isDamage {}
    }

    /// Commits what waits, then closes the file.
    ///
    /// Reads that come later fail with `closed`.
    package func close() {
        maintenance.stop()
        writer.close()
        storeWriter.close()
        tail.waiters.wakeAll()
        attempts.close()
        try? store.close()
    }

    /// Why the last commit failed; nil while the log takes events.
    package var failure: LogError? { tail.failure }

    /// The offsets and totals that the file holds: the last snapshot, and the blocks after it; how many these are.
    private static func readEnd(_ db: Database) throws -> (Range<Offset>, Tally, Int) {
        let lowest = try Int64.fetchOne(db, sql: "SELECT min(first) FROM blocks")
        let snapshot = try Row.fetchOne(
            db,
            sql: "SELECT before, tally FROM totals ORDER BY before DESC LIMIT 1"
        )
        var end = snapshot?.number("before") ?? 0
        var totals = Tally(stored: snapshot?.data("tally") ?? Data())
        var count = 0
        let blocks = try Row.fetchCursor(
            db,
            sql: "SELECT first, count, tally FROM blocks WHERE first >= ? ORDER BY first",
            arguments: [end]
        )
        while let row = try blocks.next() {
            totals.add(Tally(stored: row.data("tally")))
            count += 1
            end = Range<Offset>(of: row).upperBound.value
        }
        return (Offset(min(lowest ?? end, end))..<Offset(end), totals, count)
    }
}

/// What the embedded log keeps.
package struct LogSettings: Sendable {
    /// Events older than this are trimmed.
    package var retention: Duration = .seconds(7 * 86_400)
    /// The oldest events are trimmed when the file holds more than this; nil: no limit.
    package var retentionBytes: Int64?
    /// How long attempts and parked events are kept.
    package var deliveryRetention: Duration = .seconds(30 * 86_400)
    /// How long the session journal must be kept: the session window.
    package var sessionWindow: Duration = .seconds(1800)
    /// How much of the newest blocks, as they are stored, stays in memory for those who follow the end.
    package var recentBytes = 4 << 20
    /// How long small blocks wait for more to be merged with.
    package var mergeAfter: Duration = .seconds(60)
    /// The journal's size: what may wait for SQLite while that is held up.
    package var journalBytes = 32 << 20
    /// Bytes committed to SQLite after which its write-ahead log is checkpointed.
    package var checkpointBytes = 12 << 20
    /// The size of the write-ahead log at which a checkpoint waits for its readers, so that it starts over.
    package var writeAheadBytes = 128 << 20

    package init() {}
}

extension EmbeddedLog: EventLog {
    package var bounds: Range<Offset> { tail.bounds }

    package func take(from source: any EventSource) { writer.take(from: source) }

    package func wake() { writer.wake() }

    package func wait(
        for offset: Offset,
        workspace: WorkspaceNumber?,
        until deadline: ContinuousClock.Instant?
    ) async {
        guard tail.bounds.upperBound <= offset else { return }
        await tail.waiters.wait(for: workspace, until: deadline) { [tail] in
            tail.bounds.upperBound > offset
        }
    }

    package func wait(
        forTotal total: Int64,
        of workspace: WorkspaceNumber,
        until deadline: ContinuousClock.Instant
    ) async {
        await tail.waiters.wait(
            for: workspace,
            total: total,
            until: deadline
        ) { [tail] in tail.total(of: workspace).0 >= total }
    }

    package func trim(before offset: Offset) async throws(LogError) {
        try await storeWriter.store(upTo: min(offset, tail.bounds.upperBound))
        let result = await withCheckedContinuation { continuation in
            // Trimming blocks: not on a thread of the cooperative pool.
            DispatchQueue.global().async { [maintenance] in
                continuation.resume(
                    returning: Result { () throws(LogError) in
                        while try maintenance.trimSome(before: offset) {}
                    }
                )
            }
        }
        try result.get()
    }
}
