package import ClickModel
import GRDB

/// Who changes something: the bearer of a key, or the operator.
package struct Actor: Hashable, Sendable {
    /// Nil for the admin key.
    package let keyID: String?
    package let keyName: String?
    /// The request that asked for the change.
    package let request: String?

    package init(keyID: String?, keyName: String?, request: String?) {
        (self.keyID, self.keyName, self.request) = (keyID, keyName, request)
    }
}

/// One change that somebody made.
package struct AuditEntry: Hashable, Sendable {
    package let number: Int64
    package let at: Timestamp
    /// The id of the workspace that it was made in, while that is there; nil for what belongs to none.
    package let workspaceID: String?
    package let actor: Actor
    /// What was done, such as `create`.
    package let action: String
    /// The kind of thing, such as `link`.
    package let target: String
    package let targetID: String?
    /// What people know it by.
    package let targetName: String?
    /// What was set, as a JSON object; nothing secret.
    package let details: String
}

/// An entry as a change notes it.
struct AuditNote: Sendable {
    let action: String
    let target: String
    let id: String?
    let name: String?
    let workspace: WorkspaceNumber?
    let details: [String: String]
}

extension Consequences {
    /// Notes what was done, for the audit log; nothing where nobody did it but the service itself.
    ///
    /// - Parameters:
    ///   - action: What was done, such as `create`.
    ///   - target: The kind of thing.
    ///   - id: Its id.
    ///   - name: What people know it by.
    ///   - workspace: Where; nil for what belongs to no workspace.
    ///   - details: What was set; nothing secret.
    mutating func note(
        _ action: String,
        _ target: String,
        id: String?,
        name: String?,
        in workspace: WorkspaceNumber?,
        _ details: [String: String] = [:]
    ) {
        guard actor != nil else { return }
        notes.append(
            AuditNote(
                action: action,
                target: target,
                id: id,
                name: name,
                workspace: workspace,
                details: details
            )
        )
    }
}

extension Catalog {
    /// Who asks; nil for the service itself.
    @TaskLocal package static var actor: Actor?

    /// How long entries are kept.
    private static let auditAge = Duration.seconds(400 * 86_400)
    private static let longestDetail = 2048

    /// Writes what a change noted, within the change.
    func write(_ consequences: Consequences, _ db: Database) throws {
        guard let actor = consequences.actor, !consequences.notes.isEmpty else { return }
        let now = settings.now()
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO audit
                    (at, workspace, actor, actorID, actorName, action, target, targetID, targetName, details, request)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        )
        for note in consequences.notes {
            try statement.execute(arguments: [
                now.microseconds, note.workspace, actor.keyID == nil ? "admin" : "key",
                actor.keyID, actor.keyName, note.action, note.target, note.id, note.name,
                try SealedParts.text(
                    note.details.mapValues { String($0.prefix(Self.longestDetail)) }
                ),
                actor.request,
            ])
        }
        try db.execute(
            sql: """
                DELETE FROM audit WHERE number IN (SELECT number FROM audit WHERE at < ? ORDER BY at LIMIT 100)
                """,
            arguments: [now.advanced(by: .zero - Self.auditAge).microseconds]
        )
    }

    /// Notes something that somebody did elsewhere than in the catalog.
    package func note(
        _ action: String,
        _ target: String,
        id: String,
        name: String? = nil,
        in workspace: Workspace
    ) async throws(CatalogError) {
        try await change { _, consequences in
            consequences.note(action, target, id: id, name: name, in: workspace.number)
        }
    }

    /// The audit log, newest first.
    ///
    /// - Parameters:
    ///   - workspace: Whose; nil for everything in the installation.
    ///   - last: Only entries before this one.
    ///   - limit: How many at most.
    /// - Returns: The entries.
    /// - Throws: `storage`.
    package func audit(
        of workspace: Workspace?,
        before last: Int64?,
        limit: Int
    ) async throws(CatalogError) -> [AuditEntry] {
        try await read { db in
            var conditions = Conditions()
            if let workspace { conditions.add("audit.workspace = ?", workspace.number) }
            if let last { conditions.add("audit.number < ?", last) }
            return try Row.fetchAll(
                db,
                sql: """
                    SELECT audit.number, at, workspaces.id, actor, actorID, actorName, action, target, targetID,
                        targetName, details, request
                    FROM audit LEFT JOIN workspaces ON workspaces.number = audit.workspace
                    \(conditions.clause) ORDER BY audit.number DESC LIMIT \(max(0, limit))
                    """,
                arguments: conditions.arguments
            ).map { row in
                AuditEntry(
                    number: row[0],
                    at: Timestamp(microseconds: row[1]),
                    workspaceID: row[2],
                    actor: Actor(keyID: row[4], keyName: row[5], request: row[11]),
                    action: row[6],
                    target: row[7],
                    targetID: row[8],
                    targetName: row[9],
                    details: row[10]
                )
            }
        }
    }
}
