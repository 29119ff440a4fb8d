package import ClickModel
import Foundation
import GRDB

/// A stream, with what only its owner asks for.
package struct StreamRecord: Hashable, Sendable {
    package let stream: EventStream
    package let createdAt: Timestamp

    /// Where it sends, as far as that is no secret.
    var auditName: String? { stream.destination.settings["endpoint"].map(Self.withoutQuery) }

    /// A query may carry a token.
    private static func withoutQuery(_ url: String) -> String {
        String(url.prefix { $0 != "?" && $0 != "#" })
    }
}

/// What a new stream is made of.
package struct StreamDraft: Sendable {
    package var destination: Destination
    /// The names of the settings that are sealed.
    package var secretFields: Set<String>
    package var format: EventFormat
    package var limits: BatchLimits
    package var filter: EventFilter
    package var maxAge: Duration
    package var requestsPerSecond: Double?
    package var lanes: Int
    package var key: String
    package var secrets: [SigningSecret]
    package var status: StreamStatus
    package var start: Offset
    package var startTotal: Int64

    package init(
        destination: Destination,
        secretFields: Set<String>,
        format: EventFormat = .rebrandly,
        limits: BatchLimits = BatchLimits(),
        filter: EventFilter = EventFilter(),
        maxAge: Duration = EventStream.defaultMaxAge,
        requestsPerSecond: Double? = nil,
        lanes: Int = 1,
        key: String,
        secrets: [SigningSecret],
        status: StreamStatus = .verifying,
        start: Offset,
        startTotal: Int64
    ) {
        self.destination = destination
        self.secretFields = secretFields
        self.format = format
        self.limits = limits
        self.filter = filter
        self.maxAge = maxAge
        self.requestsPerSecond = requestsPerSecond
        self.lanes = lanes
        self.key = key
        self.secrets = secrets
        self.status = status
        self.start = start
        self.startTotal = startTotal
    }
}

extension Catalog {
    package func createStream(
        _ draft: StreamDraft,
        in workspace: Workspace
    ) async throws(CatalogError) -> StreamRecord {
        try await change { [self] db, consequences in
            try requireRoom(db, forStreamOfKind: draft.destination.kind, in: workspace.number)
            let id = settings.newID()
            let now = settings.now().microseconds
            let sealed = try SealedParts(draft, row: id, box)
            try db.execute(
                sql: """
                    INSERT INTO streams
                        (id, workspace, kind, settings, secretSettings, format, key, secrets,
                         batchEvents, batchBytes, batchWait, status, statusSince, start,
                         startTotal, createdAt, filter, maxAge, requestsPerSecond, lanes)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    id, workspace.number, draft.destination.kind, sealed.settings,
                    sealed.secretSettings, draft.format.rawValue, sealed.key, sealed.secrets,
                    draft.limits.events, draft.limits.bytes, draft.limits.wait.wholeMicroseconds,
                    draft.status.rawValue, now, draft.start.value, draft.startTotal, now,
                    try draft.filter.isOpen ? nil : SealedParts.text(draft.filter),
                    draft.maxAge.wholeMicroseconds, draft.requestsPerSecond, draft.lanes,
                ]
            )
            consequences.touchesStreams = true
            if draft.filter.orphans { try noteOrphans(db, in: workspace.number, &consequences) }
            let record = try findStream(db, id: id, in: workspace.number)
            try noteCreation(db, of: record.stream, &consequences)
            consequences.note(
                "create",
                "stream",
                id: id,
                name: record.auditName,
                in: workspace.number,
                ["sink": draft.destination.kind]
            )
            return record
        }
    }

    package func stream(
        id: EventStream.ID,
        in workspace: Workspace
    ) async throws(CatalogError) -> StreamRecord {
        try await read { [self] in try findStream($0, id: id.description, in: workspace.number) }
    }

    /// A workspace's streams, newest first unless the page says otherwise.
    package func streams(
        in workspace: Workspace,
        _ page: Page
    ) async throws(CatalogError) -> [StreamRecord] {
        try await read { [self] db in
            var conditions = Conditions()
            conditions.add("streams.workspace = ?", workspace.number)
            let rest = try page.apply(
                db,
                table: "streams",
                columns: [.createdAt: "streams.createdAt"],
                to: &conditions
            )
            return try Row.fetchAll(
                db,
                sql: "SELECT \(Self.streamColumns) FROM streams \(rest)",
                arguments: conditions.arguments
            ).map(record)
        }
    }

    package func streamCount(in workspace: Workspace) async throws(CatalogError) -> Int {
        try await read { try Self.count($0, "streams", in: workspace.number) }
    }

    /// Moves a stream on because a person asked for it, when it is in one of the given states.
    ///
    /// - Parameters:
    ///   - id: Which.
    ///   - workspace: Whose.
    ///   - allowed: The states that it may be in; nothing happens in another one.
    ///   - status: The state it comes to.
    ///   - skipTo: Events before it are skipped; nil leaves that as it is.
    ///   - replay: What is ordered with it: both, or nothing when one is refused.
    /// - Returns: The stream as it is now.
    /// - Throws: `notFound`; `beyondPlan`; `invalid` when too many replays are under way.
    package func moveStream(
        id: EventStream.ID,
        in workspace: Workspace,
        from allowed: Set<StreamStatus>,
        to status: StreamStatus,
        skipTo: Offset? = nil,
        with replay: Replay? = nil
    ) async throws(CatalogError) -> StreamRecord {
        try await change { [self] db, consequences in
            let record = try findStream(db, id: id.description, in: workspace.number)
            let state = record.stream.state
            guard allowed.contains(state.status) else { return record }
            // One that a plan paused is paused by its owner from now on.
            if status == .paused, state.status == .paused, state.reason == nil { return record }
            if status != .paused { try requireRoom(db, toRun: record.stream) }
            if let replay { _ = try insert(db, replay, &consequences) }
            let since = state.status == status ? state.since : settings.now()
            try store(db, StreamState(status, since: since), of: record.stream, &consequences)
            if status == .active {
                try db.execute(
                    sql: """
                        UPDATE streams SET resumedAt = ?,
                            skipTo = max(coalesce(skipTo, 0), coalesce(?, skipTo, 0))
                        WHERE id = ?
                        """,
                    arguments: [
                        settings.now().microseconds, skipTo?.value, id.description,
                    ]
                )
            }
            consequences.touchesStreams = true
            consequences.note(
                state.status == .requested
                    ? "approve"
                    : status == .paused ? "pause" : status == .active ? "resume" : "verify",
                "stream",
                id: id.description,
                name: record.auditName,
                in: workspace.number,
                ["before": state.status.rawValue]
            )
            return try findStream(db, id: id.description, in: workspace.number)
        }
    }

    /// Gives a stream a new signing secret; the old ones count on for a while.
    ///
    /// - Parameters:
    ///   - id: Which.
    ///   - workspace: Whose.
    ///   - secret: The new one.
    ///   - overlap: How long requests are signed with the one before, too.
    /// - Throws: `notFound`.
    package func rotateSecret(
        id: EventStream.ID,
        in workspace: Workspace,
        to secret: String,
        overlap: Duration
    ) async throws(CatalogError) {
        try await change { [self] db, consequences in
            let record = try findStream(db, id: id.description, in: workspace.number)
            let now = settings.now()
            let end = now.advanced(by: overlap)
            let before = record.stream.secrets.map {
                SigningSecret($0.value, until: min($0.until ?? end, end))
            }
            let secrets = [SigningSecret(secret)] + before.filter { $0.counts(at: now) }
            try db.execute(
                sql: "UPDATE streams SET secrets = ? WHERE id = ?",
                arguments: [
                    try SealedParts.seal(
                        Array(secrets.prefix(Self.mostSecrets)),
                        row: id.description,
                        box
                    ),
                    id.description,
                ]
            )
            consequences.touchesStreams = true
            consequences.note(
                "rotate-secret",
                "stream",
                id: id.description,
                name: record.auditName,
                in: workspace.number
            )
        }
    }

    /// A receiver would check each of them.
    private static let mostSecrets = 4

    package func deleteStream(
        id: EventStream.ID,
        in workspace: Workspace
    ) async throws(CatalogError) -> StreamRecord {
        try await change { [self] db, consequences in
            let record = try findStream(db, id: id.description, in: workspace.number)
            try db.execute(sql: "DELETE FROM streams WHERE id = ?", arguments: [id.description])
            consequences.touchesStreams = true
            consequences.note(
                "delete",
                "stream",
                id: id.description,
                name: record.auditName,
                in: workspace.number
            )
            if record.stream.filter.orphans {
                try noteOrphans(db, in: workspace.number, &consequences)
            }
            return record
        }
    }

    func findStream(
        _ db: Database,
        id: String,
        in workspace: WorkspaceNumber
    ) throws -> StreamRecord {
        let row = try Row.fetchOne(
            db,
            sql: "SELECT \(Self.streamColumns) FROM streams WHERE id = ? AND workspace = ?",
            arguments: [id, workspace]
        )
        guard let row else { throw CatalogError.notFound("stream") }
        return record(row)
    }
}

extension Catalog: StreamDirectory {
    package func streams() async throws -> [EventStream] {
        try await read { [self] db in
            let streams = try Row.fetchAll(
                db,
                sql: "SELECT \(Self.streamColumns) FROM streams ORDER BY number"
            ).map { record($0).stream }
            let replays = try Self.openReplays(db)
            return streams
                + streams.flatMap { stream in
                    (replays[stream.id] ?? []).map { stream.replaying($0) }
                }
        }
    }

    package func setState(
        _ state: StreamState,
        of stream: EventStream.ID,
        from allowed: Set<StreamStatus>,
        tested destination: Destination? = nil
    ) async throws {
        // Delivery's own doing, so it is not told to look.
        try await change { [self] db, consequences in
            let row = try Row.fetchOne(
                db,
                sql: "SELECT \(Self.streamColumns) FROM streams WHERE id = ?",
                arguments: [stream.description]
            )
            guard let known = row.map({ record($0).stream }), allowed.contains(known.state.status),
                destination ?? known.destination == known.destination
            else { return }
            var state = state
            if state.status == .active, known.state.status == .verifying {
                if let reason = try reasonNotToRun(db, known) {
                    state = StreamState(.verifying, reason: reason, since: known.state.since)
                }
            }
            try store(db, state, of: known, &consequences)
        }
    }

    /// Gives a stream another place to begin: for a log that doesn't hold the first one, nor what was to be skipped in it.
    package func setStart(
        _ start: Offset,
        total: Int64,
        of stream: EventStream.ID
    ) async throws(CatalogError) {
        try await change { db, _ in
            try db.execute(
                sql: "UPDATE streams SET start = ?, startTotal = ?, skipTo = NULL WHERE id = ?",
                arguments: [start.value, total, stream.description]
            )
        }
    }
}
