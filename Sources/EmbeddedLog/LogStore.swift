import ClickModel
import Foundation
import GRDB
import GRDBSQLite

/// The SQLite file: opened with the settings that durability and speed were measured with.
struct LogStore {
    /// Reads run beside the writer on connections of their own.
    let pool: DatabasePool
    /// A connection of its own for checkpoints, so that they never hold the writer up.
    let checkpointer: DatabaseQueue

    /// SQLite's page, as it makes a new file.
    static let pageBytes = 4096
    /// More than SQLite's write-ahead log takes between two checkpoints (`LogSettings.checkpointBytes`, which
    /// counts what is written and not the pages it dirties).
    private static let usualWriteAheadBytes = 64 << 20

    /// Opens the file, or makes it.
    init(path: String) throws {
        var configuration = Configuration()
        configuration.label = "clickstream.log"
        configuration.maximumReaderCount = 6
        configuration.busyMode = .timeout(10)
        pool = try DatabasePool(path: path, configuration: configuration)
        try pool.writeWithoutTransaction { db in
            // GRDB sets NORMAL on opening in WAL mode; only FULL syncs every commit.
            try db.execute(sql: "PRAGMA synchronous = FULL")
            guard try Int.fetchOne(db, sql: "PRAGMA synchronous") == 2 else {
                throw LogError.io("SQLite did not accept synchronous = FULL")
            }
            // Checkpoints are asked for by size, in the background (see Maintenance).
            try db.execute(sql: "PRAGMA wal_autocheckpoint = 0")
            try db.execute(sql: "PRAGMA cache_size = -8192")
            // Growing in large steps keeps the file system's work out of the checkpoints.
            var chunk: Int32 = 4 << 20
            sqlite3_file_control(db.sqliteConnection, "main", SQLITE_FCNTL_CHUNK_SIZE, &chunk)
        }
        try Self.migrator.migrate(pool)
        try Self.emptyWriteAheadLog(path, pool)
        checkpointer = try DatabaseQueue(path: path, configuration: configuration)
        try checkpointer.writeWithoutTransaction {
            try $0.execute(sql: "PRAGMA synchronous = FULL")
        }
    }

    /// Moves what a crash left in the write-ahead log into the file.
    ///
    /// Only what is written from here on counts towards the next checkpoint: a service that is killed again
    /// and again before that is due would grow the write-ahead log with each of its lives.
    private static func emptyWriteAheadLog(_ path: String, _ pool: DatabasePool) throws {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path + "-wal")
        let size = (attributes?[.size] as? NSNumber)?.intValue ?? 0
        // The file stays as it is, unless it outgrew what it needs.
        let mode = size > usualWriteAheadBytes ? "TRUNCATE" : "RESTART"
        try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(\(mode))") }
    }

    /// Bytes of the file that hold something.
    static func usedBytes(_ db: Database) throws -> Int64 {
        let pages = try Int64.fetchOne(
            db,
            sql: """
                SELECT (SELECT page_count FROM pragma_page_count)
                    - (SELECT freelist_count FROM pragma_freelist_count)
                """
        )
        return (pages ?? 0) * (try Int64.fetchOne(db, sql: "PRAGMA page_size") ?? Int64(pageBytes))
    }

    /// The log's own number, by which the journal's records are known as this log's.
    func identity() throws -> UInt64 {
        let number = try pool.read { try Int64.fetchOne($0, sql: "SELECT identity FROM journal") }
        return UInt64(bitPattern: number ?? 0)
    }

    func close() throws {
        try checkpointer.close()
        try pool.close()
    }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("v1") { db in
            try db.execute(
                sql: """
                    CREATE TABLE blocks (
                        first INTEGER PRIMARY KEY,
                        count INTEGER NOT NULL,
                        earliest INTEGER NOT NULL,
                        latest INTEGER NOT NULL,
                        tally BLOB NOT NULL,
                        data BLOB NOT NULL
                    ) STRICT;
                    CREATE TABLE totals (
                        before INTEGER PRIMARY KEY,
                        tally BLOB NOT NULL
                    ) STRICT;
                    CREATE TABLE positions (
                        stream TEXT PRIMARY KEY,
                        checkpoint INTEGER NOT NULL,
                        next_sequence INTEGER NOT NULL,
                        delivered INTEGER NOT NULL,
                        parked INTEGER NOT NULL,
                        filtered INTEGER NOT NULL,
                        expired INTEGER NOT NULL,
                        batch_id TEXT,
                        batch_first INTEGER,
                        batch_end INTEGER,
                        batch_first_sequence INTEGER,
                        batch_count INTEGER,
                        batch_format TEXT,
                        batch_attempts INTEGER
                    ) STRICT, WITHOUT ROWID;
                    CREATE TABLE session_keys (
                        created INTEGER PRIMARY KEY,
                        key BLOB NOT NULL
                    ) STRICT;
                    CREATE TABLE session_journal (
                        id INTEGER PRIMARY KEY,
                        written INTEGER NOT NULL,
                        data BLOB NOT NULL
                    ) STRICT;
                    """
            )
        }
        // What delivery keeps beside where a stream stands. Moments are microseconds since 1970, durations microseconds.
        migrator.registerMigration("v2") { db in
            try db.execute(
                sql: """
                    ALTER TABLE positions ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
                    ALTER TABLE positions ADD COLUMN failing_since INTEGER;
                    ALTER TABLE positions ADD COLUMN next_attempt INTEGER;
                    ALTER TABLE positions ADD COLUMN ramp INTEGER;
                    ALTER TABLE positions ADD COLUMN bytes INTEGER;
                    ALTER TABLE positions ADD COLUMN suspects INTEGER;
                    ALTER TABLE positions ADD COLUMN parked_in_a_row INTEGER NOT NULL DEFAULT 0;
                    ALTER TABLE positions ADD COLUMN refused_left INTEGER;
                    ALTER TABLE positions ADD COLUMN batch_time INTEGER;
                    ALTER TABLE positions ADD COLUMN batch_filter TEXT;
                    ALTER TABLE positions ADD COLUMN batch_key INTEGER;
                    ALTER TABLE positions ADD COLUMN batch_refusals INTEGER NOT NULL DEFAULT 0;
                    CREATE TABLE parked (
                        id INTEGER PRIMARY KEY AUTOINCREMENT,
                        stream TEXT NOT NULL,
                        "offset" INTEGER NOT NULL,
                        sequence INTEGER NOT NULL,
                        clicked_at INTEGER NOT NULL,
                        format TEXT NOT NULL,
                        event BLOB NOT NULL,
                        reason TEXT NOT NULL,
                        attempts INTEGER NOT NULL,
                        parked_at INTEGER NOT NULL
                    ) STRICT;
                    CREATE INDEX parked_by_stream ON parked (stream, id);
                    CREATE TABLE marks (
                        stream TEXT NOT NULL,
                        "offset" INTEGER NOT NULL,
                        sequence INTEGER NOT NULL,
                        PRIMARY KEY (stream, "offset")
                    ) STRICT, WITHOUT ROWID;
                    CREATE INDEX marks_by_offset ON marks ("offset");
                    CREATE TABLE unparked (
                        stream TEXT PRIMARY KEY,
                        delivered INTEGER NOT NULL,
                        expired INTEGER NOT NULL
                    ) STRICT, WITHOUT ROWID;
                    """
            )
        }
        // Streams in lanes: numbers by lane and what is being sent, as JSON.
        migrator.registerMigration("v3") { db in
            try db.execute(
                sql: """
                    ALTER TABLE positions ADD COLUMN lane_numbers TEXT;
                    ALTER TABLE positions ADD COLUMN round TEXT;
                    ALTER TABLE marks ADD COLUMN lane_numbers TEXT;
                    ALTER TABLE parked ADD COLUMN lane INTEGER;
                    """
            )
        }
        // When a block came: clicks from elsewhere may be older than the log keeps anything.
        migrator.registerMigration("v4") { db in
            try db.execute(sql: "ALTER TABLE blocks ADD COLUMN arrived INTEGER")
        }
        // Whose the journal beside the file is.
        migrator.registerMigration("v5") { db in
            try db.execute(sql: "CREATE TABLE journal (identity INTEGER NOT NULL) STRICT")
            try db.execute(
                sql: "INSERT INTO journal (identity) VALUES (?)",
                arguments: [Int64.random(in: .min ... .max)]
            )
        }
        // The number of the stream's last step: the journal may have later ones, and earlier ones.
        migrator.registerMigration("v6") { db in
            try db.execute(
                sql: "ALTER TABLE positions ADD COLUMN step INTEGER NOT NULL DEFAULT 0"
            )
        }
        // Up to where blocks have been merged, so that a start goes on there.
        migrator.registerMigration("v7") { db in
            try db.execute(
                sql: "ALTER TABLE journal ADD COLUMN merged INTEGER NOT NULL DEFAULT 0"
            )
        }
        return migrator
    }
}

extension LogError {
    /// What a failure of the store means.
    init(_ error: any Error) {
        switch error {
        case let error as LogError: self = error
        case let error as DatabaseError where error.resultCode == .SQLITE_FULL: self = .full
        case let error as DatabaseError
        where error.resultCode == .SQLITE_MISUSE && error.message?.contains("closed") == true:
            self = .closed
        case let error as DatabaseError: self = .io(error.description)
        default: self = .io("\(error)")
        }
    }
}

extension DatabaseError {
    /// Whether the disk has something else than was written there; an error of reading may pass.
    var isDamage: Bool { [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(resultCode) }
}
