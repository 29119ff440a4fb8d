package import ClickModel
import Foundation
import GRDB

/// What happens to streams, kept until whoever asked to be told has accepted it.
extension Catalog: NoticeQueue {
    /// How many are kept.
    private static let mostNotices = 100_000

    /// Stores a stream's state, and what is to be told of it.
    func store(
        _ db: Database,
        _ state: StreamState,
        of stream: EventStream,
        _ consequences: inout Consequences
    ) throws {
        try db.execute(
            sql: "UPDATE streams SET status = ?, statusReason = ?, statusSince = ? WHERE id = ?",
            arguments: [
                state.status.rawValue, state.reason, state.since.microseconds,
                stream.id.description,
            ]
        )
        let before = stream.state
        // A receiver that fails in another way than before still fails.
        guard state.status != before.status || (state.status == .verifying && state.reason != nil)
        else { return }
        try note(db, state, after: before.status, of: stream, &consequences)
    }

    /// Notes that a stream was ordered.
    func noteCreation(
        _ db: Database,
        of stream: EventStream,
        _ consequences: inout Consequences
    ) throws {
        try note(db, stream.state, after: nil, of: stream, &consequences)
    }

    package func setAnnouncement(
        _ announcement: ExpiryAnnouncement?,
        of stream: EventStream
    ) async throws {
        try await change { [self] db, consequences in
            try db.execute(
                sql: """
                    UPDATE streams SET announcedPercent = ?, announcedEvents = ?, announcedAt = ?
                    WHERE id = ?
                    """,
                arguments: [
                    announcement?.percent, announcement?.events, announcement?.at.microseconds,
                    stream.id.description,
                ]
            )
            guard db.changesCount > 0, let announcement else { return }
            try note(db, "stream.expiring", of: stream, &consequences) { body in
                body.append(",\"percent\":")
                body.append(decimal: Int64(announcement.percent))
                body.append(",\"events\":")
                body.append(decimal: announcement.events)
                body.append(",\"at\":")
                body.append(json: announcement.at.description)
            }
        }
    }

    private func note(
        _ db: Database,
        _ state: StreamState,
        after previous: StreamStatus?,
        of stream: EventStream,
        _ consequences: inout Consequences
    ) throws {
        try note(db, "stream.status", of: stream, &consequences) { body in
            body.append(",\"status\":")
            body.append(json: state.status.rawValue)
            body.append(",\"reason\":")
            body.append(jsonOrNull: state.reason)
            body.append(",\"since\":")
            body.append(json: state.since.description)
            body.append(",\"previous\":")
            body.append(jsonOrNull: previous?.rawValue)
        }
    }

    /// Keeps `{"type":...,"timestamp":...,"data":{"stream":...,"workspace":{...},...}}` until it is told.
    private func note(
        _ db: Database,
        _ type: String,
        of stream: EventStream,
        _ consequences: inout Consequences,
        _ facts: (ByteWriter) -> Void
    ) throws {
        guard settings.keepsNotices else { return }
        let workspace = try Row.fetchOne(
            db,
            sql: "SELECT id, name FROM workspaces WHERE number = ?",
            arguments: [stream.workspace]
        )
        let now = settings.now()
        let body = ByteWriter(capacity: 512)
        body.append("{\"type\":")
        body.append(json: type)
        body.append(",\"timestamp\":")
        body.append(json: now.description)
        body.append(",\"data\":{\"stream\":")
        body.append(json: stream.id.description)
        body.append(",\"workspace\":{\"id\":")
        body.append(jsonOrNull: workspace?[0])
        body.append(",\"name\":")
        body.append(jsonOrNull: workspace?[1])
        body.append(0x7D)
        facts(body)
        body.append("}}")
        try db.execute(
            sql: "INSERT INTO notices (id, createdAt, body) VALUES (?, ?, ?)",
            arguments: ["ntc_\(settings.newID())", now.microseconds, Data(body.bytes)]
        )
        // Whom they are for has been away for long: the oldest say least.
        try db.execute(
            sql: "DELETE FROM notices WHERE number <= (SELECT MAX(number) FROM notices) - ?",
            arguments: [Self.mostNotices]
        )
        consequences.hasNotices = true
    }

    package func oldestNotice() async throws -> Notice? {
        try await read { db in
            try Row.fetchOne(
                db,
                sql: "SELECT id, createdAt, body FROM notices ORDER BY number LIMIT 1"
            ).map { row in
                Notice(
                    id: row[0],
                    createdAt: Timestamp(microseconds: row[1]),
                    body: Array(row[2] as Data)
                )
            }
        }
    }

    package func removeNotice(_ id: String) async throws {
        try await change { db, _ in
            try db.execute(sql: "DELETE FROM notices WHERE id = ?", arguments: [id])
        }
    }
}
