package import ClickModel
import GRDB

/// A team's own links, domains and streams.
package struct Workspace: Hashable, Sendable {
    package let number: WorkspaceNumber
    package let id: String
    package let name: String
    package let createdAt: Timestamp
    package let updatedAt: Timestamp
    package let planID: String
    package let planName: String
    /// How many links it has.
    package let links: Int

    /// Longest name in bytes.
    package static let longestName = 256

    static let columns =
        "workspaces.number, workspaces.id, workspaces.name, workspaces.createdAt, "
        + "workspaces.updatedAt, (SELECT id FROM plans WHERE plans.number = plan), "
        + "(SELECT name FROM plans WHERE plans.number = plan), workspaces.links"
    static let orders: [Page.Order: String] = [
        .createdAt: "workspaces.createdAt", .updatedAt: "workspaces.updatedAt",
        .name: "workspaces.name",
    ]

    init(_ row: Row) {
        number = row[0]
        id = row[1]
        name = row[2]
        createdAt = Timestamp(microseconds: row[3])
        updatedAt = Timestamp(microseconds: row[4])
        planID = row[5] ?? ""
        planName = row[6] ?? ""
        links = row[7]
    }

    static func insert(
        _ db: Database,
        id: String,
        name: String,
        now: Timestamp
    ) throws -> Workspace {
        try db.execute(
            sql: """
                INSERT INTO workspaces (id, name, createdAt, updatedAt, plan)
                VALUES (?, ?, ?, ?, (SELECT number FROM plans WHERE isStandard))
                """,
            arguments: [id, name, now.microseconds, now.microseconds]
        )
        return try find(db, id: id)
    }

    static func find(_ db: Database, id: String) throws -> Workspace {
        guard
            let row = try Row.fetchOne(
                db,
                sql: "SELECT \(columns) FROM workspaces WHERE id = ?",
                arguments: [id]
            )
        else { throw CatalogError.notFound("workspace") }
        return Workspace(row)
    }

    static func check(name: String) throws(CatalogError) {
        try Names.check(name, longest: longestName)
    }
}

extension Catalog {
    /// The oldest workspace: the one that is meant when none is named.
    package func mainWorkspace() async throws(CatalogError) -> Workspace {
        try await read { db in
            let row = try Row.fetchOne(
                db,
                sql: "SELECT \(Workspace.columns) FROM workspaces ORDER BY number LIMIT 1"
            )
            guard let row else { throw CatalogError.notFound("workspace") }
            return Workspace(row)
        }
    }

    package func workspace(id: String) async throws(CatalogError) -> Workspace {
        try await read { try Workspace.find($0, id: id) }
    }

    package func workspace(number: WorkspaceNumber) async throws(CatalogError) -> Workspace {
        try await read { db in
            let row = try Row.fetchOne(
                db,
                sql: "SELECT \(Workspace.columns) FROM workspaces WHERE number = ?",
                arguments: [number]
            )
            guard let row else { throw CatalogError.notFound("workspace") }
            return Workspace(row)
        }
    }

    /// Workspaces, newest first unless the page says otherwise.
    package func workspaces(_ page: Page) async throws(CatalogError) -> [Workspace] {
        try await read { db in
            var conditions = Conditions()
            let rest = try page.apply(
                db,
                table: "workspaces",
                columns: Workspace.orders,
                to: &conditions
            )
            return try Row.fetchAll(
                db,
                sql: "SELECT \(Workspace.columns) FROM workspaces \(rest)",
                arguments: conditions.arguments
            ).map(Workspace.init)
        }
    }

    /// How many rows of a table are a workspace's.
    static func count(
        _ db: Database,
        _ table: String,
        in workspace: WorkspaceNumber
    ) throws -> Int {
        try Int.fetchOne(
            db,
            sql: "SELECT COUNT(*) FROM \(table) WHERE workspace = ?",
            arguments: [workspace]
        ) ?? 0
    }

    package func workspaceCount() async throws(CatalogError) -> Int {
        try await read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM workspaces") ?? 0 }
    }

    /// Makes a workspace, with the standard plan unless another one is named by its id or name.
    package func createWorkspace(
        name: String,
        plan: String? = nil
    ) async throws(CatalogError) -> Workspace {
        try Workspace.check(name: name)
        return try await change { [self] db, consequences in
            let made = try Workspace.insert(
                db,
                id: settings.newID(),
                name: name,
                now: settings.now()
            )
            consequences.note("create", "workspace", id: made.id, name: name, in: made.number)
            guard let plan else { return made }
            return try assign(db, plan, to: made, &consequences)
        }
    }

    /// Gives a workspace another name, another plan, or both; clicks from now on carry the name.
    package func updateWorkspace(
        id: String,
        name: String?,
        plan: String? = nil
    ) async throws(CatalogError) -> Workspace {
        if let name { try Workspace.check(name: name) }
        return try await change { [self] db, consequences in
            let workspace = try Workspace.find(db, id: id)
            if let name { try rename(db, workspace, to: name, &consequences) }
            guard let plan else { return try Workspace.find(db, id: id) }
            return try assign(db, plan, to: workspace, &consequences)
        }
    }

    private func rename(
        _ db: Database,
        _ workspace: Workspace,
        to name: String,
        _ consequences: inout Consequences
    ) throws {
        guard workspace.name != name else { return }
        let id = workspace.id
        try db.execute(
            sql: "UPDATE workspaces SET name = ?, updatedAt = ? WHERE id = ?",
            arguments: [name, settings.now().microseconds, id]
        )
        consequences.resends = .workspace(workspace.number)
        consequences.note("update", "workspace", id: id, name: name, in: workspace.number)
        try noteOrphans(db, in: workspace.number, &consequences)
    }

    /// Removes a workspace with everything in it: links, domains, streams, keys.
    ///
    /// Its events can't be read any more and go when the log's retention says so.
    ///
    /// - Throws: `inUse` for the oldest one.
    package func deleteWorkspace(id: String) async throws(CatalogError) -> Workspace {
        try await change { db, consequences in
            let workspace = try Workspace.find(db, id: id)
            let oldest = try Int64.fetchOne(db, sql: "SELECT MIN(number) FROM workspaces")
            guard workspace.number != oldest else {
                throw CatalogError.inUse("the first workspace stays")
            }
            let hosts = try String.fetchAll(
                db,
                sql: "SELECT fullName FROM domains WHERE workspace = ?",
                arguments: [workspace.number]
            )
            for table in ["streams", "links", "domains", "keys"] {
                try db.execute(
                    sql: "DELETE FROM \(table) WHERE workspace = ?",
                    arguments: [workspace.number]
                )
            }
            try db.execute(
                sql: "DELETE FROM workspaces WHERE number = ?",
                arguments: [workspace.number]
            )
            consequences.directory = hosts.map { .domainRemoved(host: $0) }
            consequences.touchesStreams = true
            consequences.note(
                "delete",
                "workspace",
                id: id,
                name: workspace.name,
                in: workspace.number
            )
            return workspace
        }
    }
}
