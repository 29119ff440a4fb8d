package import ClickModel
import GRDB

/// A replay, with when it was asked for and when it came to its end.
package struct ReplayRecord: Hashable, Sendable {
    package let replay: Replay
    package let createdAt: Timestamp
    package let finishedAt: Timestamp?
}

extension Catalog {
    /// How many of a stream's replays may be under way.
    private static let mostReplays = 10

    /// Orders a replay.
    ///
    /// - Throws: `invalid` when too many are under way.
    package func createReplay(_ replay: Replay) async throws(CatalogError) -> ReplayRecord {
        try await change { [self] db, consequences in
            try insert(db, replay, &consequences)
        }
    }

    func insert(
        _ db: Database,
        _ replay: Replay,
        _ consequences: inout Consequences
    ) throws -> ReplayRecord {
        let underWay = try Int.fetchOne(
            db,
            sql: "SELECT COUNT(*) FROM replays WHERE stream = ? AND finishedAt IS NULL",
            arguments: [replay.stream.description]
        )
        guard underWay ?? 0 < Self.mostReplays else {
            throw CatalogError.invalid(
                "from",
                "\(Self.mostReplays) replays of this stream are under way: wait for one to end"
            )
        }
        let now = settings.now()
        try db.execute(
            sql: """
                INSERT INTO replays
                    (id, stream, first, end, firstSequence, laneNumbers, startTotal, createdAt)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                replay.id.description, replay.stream.description,
                replay.covers.lowerBound.value, replay.covers.upperBound.value,
                replay.firstSequence, try SealedParts.text(replay.laneNumbers),
                replay.startTotal, now.microseconds,
            ]
        )
        consequences.touchesStreams = true
        consequences.note(
            "replay",
            "stream",
            id: replay.stream.description,
            name: nil,
            in: try Int64.fetchOne(
                db,
                sql: "SELECT workspace FROM streams WHERE id = ?",
                arguments: [replay.stream.description]
            ),
            ["replay": replay.id.description]
        )
        return ReplayRecord(replay: replay, createdAt: now, finishedAt: nil)
    }

    /// A stream's replays, newest first.
    package func replays(
        of stream: EventStream.ID,
        limit: Int
    ) async throws(CatalogError) -> [ReplayRecord] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: "SELECT * FROM replays WHERE stream = ? ORDER BY number DESC LIMIT ?",
                arguments: [stream.description, limit]
            ).map(ReplayRecord.init(row:))
        }
    }

    /// The replays that are under way, by their streams.
    static func openReplays(_ db: Database) throws -> [EventStream.ID: [Replay]] {
        let rows = try Row.fetchAll(
            db,
            sql: "SELECT * FROM replays WHERE finishedAt IS NULL ORDER BY number"
        )
        return Dictionary(grouping: rows.map { ReplayRecord(row: $0).replay }, by: \.stream)
    }

    package func finishReplay(_ id: EventStream.ID) async throws {
        // Delivery's own doing, so nobody is told.
        try await change { [self] db, _ in
            try db.execute(
                sql: "UPDATE replays SET finishedAt = ? WHERE id = ?",
                arguments: [settings.now().microseconds, id.description]
            )
        }
    }
}

extension ReplayRecord {
    fileprivate init(row: Row) {
        let first = Offset(row["first"])
        self.init(
            replay: Replay(
                id: EventStream.ID(row["id"]),
                stream: EventStream.ID(row["stream"]),
                covers: first..<max(first, Offset(row["end"])),
                firstSequence: row["firstSequence"],
                laneNumbers: Catalog.decoded([Int64].self, row["laneNumbers"]) ?? [],
                startTotal: row["startTotal"]
            ),
            createdAt: Timestamp(microseconds: row["createdAt"]),
            finishedAt: (row["finishedAt"] as Int64?).map(Timestamp.init(microseconds:))
        )
    }
}
