package import ClickModel
import Foundation
import GRDB

/// What an owner changes of a stream; nil leaves a thing as it is.
package struct StreamChange: Sendable {
    /// Takes the place of the stream's own once it has accepted a test delivery.
    package var destination: Destination?
    /// A destination that needs no test: only what doesn't tell where events go differs.
    package var isTrusted = false
    /// The names of the settings that are sealed.
    package var secretFields: Set<String> = []
    package var key: String?
    package var format: EventFormat?
    package var limits: BatchLimits?
    package var filter: EventFilter?
    package var maxAge: Duration?
    /// Nil inside: as many requests as the receiver takes.
    package var requestsPerSecond: Double??

    package init() {}

    /// What differs, in words; nothing of what is secret.
    fileprivate func details(of stream: EventStream) -> [String: String] {
        var details: [String: String] = [:]
        if let destination, destination != stream.destination { details["destination"] = "changed" }
        if let key, key != stream.key.text { details["key"] = "changed" }
        if let format, format != stream.format { details["format"] = format.rawValue }
        if let limits, limits != stream.limits {
            details["batch"] =
                "\(limits.events) events, \(limits.bytes) bytes, \(limits.wait.inSeconds) s"
        }
        if let filter, filter != stream.filter {
            details["filter"] = (try? SealedParts.text(filter)) ?? "changed"
        }
        if let maxAge, maxAge != stream.maxAge { details["maxAge"] = AmountText.text(of: maxAge) }
        if let requestsPerSecond, requestsPerSecond != stream.requestsPerSecond {
            details["maxRequestsPerSecond"] = requestsPerSecond.map { "\($0)" } ?? "none"
        }
        return details
    }
}

extension Catalog {
    /// Keys that are remembered: a batch that waits to be tried again has the one that it was cut with.
    private static let mostKeys = 16

    /// Changes a stream.
    ///
    /// Another destination waits for its test delivery, unless the stream itself has not been confirmed yet. Everything else
    /// counts from the next batch on.
    ///
    /// - Throws: `notFound`.
    package func changeStream(
        id: EventStream.ID,
        in workspace: Workspace,
        _ change: StreamChange
    ) async throws(CatalogError) -> StreamRecord {
        try await self.change { [self] db, consequences in
            let row = id.description
            let stream = try findStream(db, id: row, in: workspace.number).stream
            if let destination = change.destination {
                try put(db, destination, change, of: stream, &consequences)
            }
            if let key = change.key, key != stream.key.text {
                try db.execute(
                    sql: """
                        UPDATE streams SET key = ?, previousKey = ?, keyVersion = keyVersion + 1 WHERE id = ?
                        """,
                    arguments: [
                        try box.seal(key, at: SealedParts.place("key", row)),
                        try box.seal(
                            SealedParts.text(
                                ([stream.key] + stream.previousKeys).prefix(Self.mostKeys)
                                    .map(\.text)
                            ),
                            at: SealedParts.place("previousKey", row)
                        ),
                        row,
                    ]
                )
            }
            let limits = change.limits ?? stream.limits
            let filter = change.filter ?? stream.filter
            if filter != stream.filter || change.format ?? stream.format != stream.format {
                try db.execute(
                    sql: "UPDATE streams SET numberedSince = ? WHERE id = ?",
                    arguments: [settings.now().microseconds, row]
                )
            }
            // What it learnt of the old limits is of the past.
            if limits != stream.limits { try markResumed(db, row) }
            try db.execute(
                sql: """
                    UPDATE streams SET format = ?, batchEvents = ?, batchBytes = ?, batchWait = ?, filter = ?,
                        maxAge = ?, requestsPerSecond = ?
                    WHERE id = ?
                    """,
                arguments: [
                    (change.format ?? stream.format).rawValue, limits.events, limits.bytes,
                    limits.wait.wholeMicroseconds,
                    try filter.isOpen ? nil : SealedParts.text(filter),
                    (change.maxAge ?? stream.maxAge).wholeMicroseconds,
                    change.requestsPerSecond ?? stream.requestsPerSecond, row,
                ]
            )
            consequences.touchesStreams = true
            if filter.orphans != stream.filter.orphans {
                try noteOrphans(db, in: workspace.number, &consequences)
            }
            let changed = try findStream(db, id: row, in: workspace.number)
            consequences.note(
                "update",
                "stream",
                id: row,
                name: changed.auditName,
                in: workspace.number,
                change.details(of: stream)
            )
            return changed
        }
    }

    private func put(
        _ db: Database,
        _ destination: Destination,
        _ change: StreamChange,
        of stream: EventStream,
        _ consequences: inout Consequences
    ) throws {
        let row = stream.id.description
        let parts = try SealedParts.split(destination, change.secretFields)
        let isConfirmed = ![.requested, .verifying].contains(stream.state.status)
        if isConfirmed, destination == stream.destination {
            // The one that it has, after all.
            return try forgetPending(db, row)
        }
        if isConfirmed, !change.isTrusted {
            try db.execute(
                sql: """
                    UPDATE streams SET pendingSettings = ?, pendingSecretSettings = ?, pendingReason = NULL,
                        pendingSince = ?
                    WHERE id = ?
                    """,
                arguments: [
                    parts.open,
                    try box.seal(
                        parts.secret,
                        at: SealedParts.place("pendingSecretSettings", row)
                    ),
                    settings.now().microseconds, row,
                ]
            )
            return
        }
        if isConfirmed {
            // One that waits for its test goes on waiting.
            return try set(db, parts, of: row)
        }
        try replace(db, parts, of: row)
        if stream.state.status == .verifying {
            let state = StreamState(.verifying, since: stream.state.since)
            try store(db, state, of: stream, &consequences)
        }
    }

    /// Gives a stream another destination, and forgets the one that was pending.
    private func replace(
        _ db: Database,
        _ parts: (open: String, secret: String),
        of row: String
    ) throws {
        try set(db, parts, of: row)
        try forgetPending(db, row)
        try markResumed(db, row)
    }

    private func forgetPending(_ db: Database, _ row: String) throws {
        try db.execute(
            sql: """
                UPDATE streams SET pendingSettings = NULL, pendingSecretSettings = NULL,
                    pendingReason = NULL, pendingSince = NULL
                WHERE id = ?
                """,
            arguments: [row]
        )
    }

    private func set(
        _ db: Database,
        _ parts: (open: String, secret: String),
        of row: String
    ) throws {
        try db.execute(
            sql: "UPDATE streams SET settings = ?, secretSettings = ? WHERE id = ?",
            arguments: [
                parts.open,
                try box.seal(parts.secret, at: SealedParts.place("secretSettings", row)), row,
            ]
        )
    }

    /// Lets a stream try at once: what it waited for is over.
    private func markResumed(_ db: Database, _ row: String) throws {
        try db.execute(
            sql: "UPDATE streams SET resumedAt = ? WHERE id = ?",
            arguments: [settings.now().microseconds, row]
        )
    }

    /// Lets the pending destination be tested again.
    package func retryPending(
        id: EventStream.ID,
        in workspace: Workspace
    ) async throws(CatalogError) -> StreamRecord {
        try await change { [self] db, consequences in
            try db.execute(
                sql: "UPDATE streams SET pendingReason = NULL WHERE id = ? AND workspace = ?",
                arguments: [id.description, workspace.number]
            )
            consequences.touchesStreams = true
            let record = try findStream(db, id: id.description, in: workspace.number)
            consequences.note(
                "verify",
                "stream",
                id: id.description,
                name: record.auditName,
                in: workspace.number
            )
            return record
        }
    }

    package func settlePending(
        _ pending: PendingDestination,
        of stream: EventStream.ID,
        reason: String?
    ) async throws {
        // Delivery's own doing, so nobody is told.
        try await change { [self] db, _ in
            let id = stream.description
            let row = try Row.fetchOne(
                db,
                sql: "SELECT \(Self.streamColumns) FROM streams WHERE id = ?",
                arguments: [id]
            )
            // Somebody may have asked for yet another one meanwhile.
            guard let row, record(row).stream.pending == pending else { return }
            if let reason {
                try db.execute(
                    sql: "UPDATE streams SET pendingReason = ? WHERE id = ?",
                    arguments: [reason, id]
                )
                return
            }
            let sealed: Data = row[25]
            let secret = try box.open(sealed, at: SealedParts.place("pendingSecretSettings", id))
            try replace(db, (row[24], secret), of: id)
        }
    }
}
