import ClickModel
import Dispatch
import Foundation
import GRDB
import Synchronization

/// The delivery log: what became of each attempt, in a file of its own.
///
/// Never on the way of a click or a batch: rows gather in memory and are written now and then, on a thread of this store's. A crash
/// may take the last of them; where a stream stands is elsewhere. Beside the log, so that its size never costs events.
final class AttemptStore: Sendable {
    /// Rows that are kept of a stream.
    static let rowsPerStream = 10_000
    /// Rows that wait at most; beyond that the oldest are dropped.
    private static let mostWaiting = 20_000
    /// Rows that are deleted in one transaction.
    private static let rowsAtOnce = 2000
    private static let pause = DispatchTimeInterval.milliseconds(200)

    private struct State {
        var waiting: [(stream: EventStream.ID, record: AttemptRecord)] = []
        var isScheduled = false
        /// Whether rows met a damaged page: the file is put aside when it is closed.
        var isDamaged = false
    }

    private let path: String
    private let pool: DatabasePool
    private let queue = DispatchQueue(label: "deliveries")
    private let state = Mutex(State())

    /// Opens the file, or makes it; one that is damaged is put aside, for nothing depends on it.
    convenience init(path: String) throws {
        do {
            try self.init(opening: path)
        } catch let error as DatabaseError where error.isDamage {
            try Self.putAside(path)
            try self.init(opening: path)
        }
    }

    private static func putAside(_ path: String) throws {
        let files = FileManager.default
        for ending in ["", "-wal", "-shm"] where files.fileExists(atPath: path + ending) {
            try? files.removeItem(atPath: "\(path).damaged\(ending)")
            try files.moveItem(atPath: path + ending, toPath: "\(path).damaged\(ending)")
        }
    }

    private init(opening path: String) throws {
        self.path = path
        var configuration = Configuration()
        configuration.label = "clickstream.deliveries"
        configuration.maximumReaderCount = 2
        configuration.busyMode = .timeout(10)
        pool = try DatabasePool(path: path, configuration: configuration)
        try Self.migrator.migrate(pool)
    }

    /// Takes note of an attempt; returns at once.
    func add(_ record: AttemptRecord, of stream: EventStream.ID) {
        let isFirst = state.withLock { state in
            if state.waiting.count >= Self.mostWaiting { state.waiting.removeFirst(1000) }
            state.waiting.append((stream, record))
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        if isFirst { queue.asyncAfter(deadline: .now() + Self.pause) { [self] in try? flush() } }
    }

    /// A stream's attempts, newest first; those that wait included.
    func attempts(
        of stream: EventStream.ID,
        before: Int64?,
        limit: Int
    ) async throws -> [RecordedAttempt] {
        await writeWaiting()
        return try await pool.read { db in
            try Row.fetchAll(
                db,
                sql: "SELECT * FROM attempts WHERE stream = ? AND id < ? ORDER BY id DESC LIMIT ?",
                arguments: [stream.description, before ?? .max, limit]
            ).map { RecordedAttempt(id: $0.number("id"), record: AttemptRecord(row: $0)) }
        }
    }

    /// What there is of a stream, in sum; what waits included.
    func summary(of stream: EventStream.ID) async throws -> AttemptSummary {
        await writeWaiting()
        return try await pool.read { db in
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT MIN(at) AS first, COUNT(*) AS number, COALESCE(SUM(status = 'delivered'), 0) AS delivered,
                        COALESCE(SUM(events) FILTER (WHERE status = 'delivered'), 0) AS sent,
                        CAST(AVG(duration) AS INTEGER) AS duration
                    FROM attempts WHERE stream = ?
                    """,
                arguments: [stream.description]
            )
            return AttemptSummary(
                from: row?.optional("first").map(Timestamp.init(microseconds:)),
                count: row?.optional("number") ?? 0,
                delivered: row?.optional("delivered") ?? 0,
                events: row?.optional("sent") ?? 0,
                averageDuration: (row?.optional("duration") as Int64?).map { .microseconds($0) }
            )
        }
    }

    /// Writes what waits, if it can be: what was written before is shown in any case.
    private func writeWaiting() async {
        await withCheckedContinuation { continuation in
            queue.async { [self] in
                try? flush()
                continuation.resume()
            }
        }
    }

    /// Deletes what is older than it is kept, and what a stream has too many of.
    func retain(since oldest: Timestamp) {
        queue.async { [self] in
            try? flush()
            try? shorten()
            while let count = try? delete("at < ?", [oldest.microseconds]), count > 0 {}
        }
    }

    /// Deletes what there is of some streams.
    func forget(_ streams: [String]) {
        queue.async { [self] in
            try? flush()
            for stream in streams {
                while let count = try? delete("stream = ?", [stream]), count > 0 {}
            }
        }
    }

    /// Writes what waits.
    func close() {
        queue.sync { try? flush() }
        try? pool.close()
        if state.withLock({ $0.isDamaged }) { try? Self.putAside(path) }
    }

    // MARK: - On the queue

    /// Writes what waits; what can't be written waits on, as long as there is room for it.
    private func flush() throws {
        let waiting = state.withLock { state in
            defer { (state.waiting, state.isScheduled) = ([], false) }
            return state.waiting
        }
        guard !waiting.isEmpty else { return }
        do {
            try write(waiting)
        } catch {
            state.withLock {
                $0.waiting.insert(contentsOf: waiting.suffix(Self.mostWaiting / 2), at: 0)
                if (error as? DatabaseError)?.isDamage == true { $0.isDamaged = true }
            }
            throw error
        }
    }

    private func write(_ rows: [(stream: EventStream.ID, record: AttemptRecord)]) throws {
        try pool.write { db in
            let insert = try db.cachedStatement(
                sql: """
                    INSERT INTO attempts (stream, batch, number, at, duration, status, error, answer_status,
                        answer, events, first_sequence, last_sequence, lane)
                    VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)
                    """
            )
            for (stream, attempt) in rows {
                try insert.execute(arguments: [
                    stream.description, attempt.batch, attempt.number, attempt.at.microseconds,
                    attempt.duration.wholeMicroseconds, attempt.status, attempt.error,
                    attempt.answer?.status, attempt.answer?.text, attempt.events,
                    attempt.sequences.lowerBound, attempt.sequences.upperBound, attempt.lane,
                ])
            }
        }
    }

    /// Cuts each stream down to what is kept of it.
    private func shorten() throws {
        let streams = try pool.read {
            try String.fetchAll($0, sql: "SELECT DISTINCT stream FROM attempts")
        }
        for stream in streams {
            let last = try pool.read {
                try Int64.fetchOne(
                    $0,
                    sql:
                        "SELECT id FROM attempts WHERE stream = ? ORDER BY id DESC LIMIT 1 OFFSET ?",
                    arguments: [stream, Self.rowsPerStream]
                )
            }
            guard let last else { continue }
            while try delete("stream = ? AND id <= ?", [stream, last]) > 0 {}
        }
    }

    /// Deletes some of the rows that a condition holds for; how many.
    private func delete(_ condition: String, _ arguments: StatementArguments) throws -> Int {
        try pool.write { db in
            try db.execute(
                sql: """
                    DELETE FROM attempts WHERE id IN (
                        SELECT id FROM attempts WHERE \(condition) LIMIT \(Self.rowsAtOnce))
                    """,
                arguments: arguments
            )
            return db.changesCount
        }
    }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        // Moments are microseconds since 1970, durations microseconds.
        migrator.registerMigration("v1") { db in
            try db.execute(
                sql: """
                    CREATE TABLE attempts (
                        id INTEGER PRIMARY KEY AUTOINCREMENT,
                        stream TEXT NOT NULL,
                        batch TEXT NOT NULL,
                        number INTEGER NOT NULL,
                        at INTEGER NOT NULL,
                        duration INTEGER NOT NULL,
                        status TEXT NOT NULL,
                        error TEXT,
                        answer_status INTEGER,
                        answer TEXT,
                        events INTEGER NOT NULL,
                        first_sequence INTEGER NOT NULL,
                        last_sequence INTEGER NOT NULL
                    ) STRICT;
                    CREATE INDEX attempts_by_stream ON attempts (stream, id);
                    CREATE INDEX attempts_by_time ON attempts (at);
                    """
            )
        }
        migrator.registerMigration("v2") { db in
            try db.execute(sql: "ALTER TABLE attempts ADD COLUMN lane INTEGER")
        }
        return migrator
    }
}

extension AttemptRecord {
    fileprivate init(row: Row) {
        let text: String? = row.optional("answer")
        let first = row.number("first_sequence")
        self.init(
            batch: row.optional("batch") ?? "",
            number: row.optional("number") ?? 0,
            at: Timestamp(microseconds: row.number("at")),
            duration: .microseconds(row.number("duration")),
            status: row.optional("status") ?? "",
            error: row.optional("error"),
            answer: text.map { DeliveryAnswer(status: row.optional("answer_status"), text: $0) },
            events: row.optional("events") ?? 0,
            sequences: first...max(first, row.number("last_sequence")),
            lane: row.optional("lane")
        )
    }
}
