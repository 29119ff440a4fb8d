package import ClickModel
import GRDB

/// A host name that points at the edge.
package struct Domain: Hashable, Sendable {
    let number: Int64
    package let id: String
    package let workspace: WorkspaceNumber
    /// Lower case ASCII, no port, no trailing dot.
    package let fullName: String
    /// Where `GET /` leads.
    package let rootURL: String?
    /// Where an unknown link leads.
    package let fallbackURL: String?
    package let createdAt: Timestamp
    package let updatedAt: Timestamp

    static let columns =
        "domains.number, domains.id, domains.workspace, domains.fullName, "
        + "domains.rootURL, domains.fallbackURL, domains.createdAt, domains.updatedAt"
    static let orders: [Page.Order: String] = [
        .createdAt: "domains.createdAt", .updatedAt: "domains.updatedAt",
        .fullName: "domains.fullName",
    ]

    init(_ row: Row) {
        number = row[0]
        id = row[1]
        workspace = row[2]
        fullName = row[3]
        rootURL = row[4]
        fallbackURL = row[5]
        createdAt = Timestamp(microseconds: row[6])
        updatedAt = Timestamp(microseconds: row[7])
    }

    /// The domain that a condition describes within a workspace.
    static func find(
        _ db: Database,
        in workspace: WorkspaceNumber,
        where condition: String = "1",
        _ values: (any DatabaseValueConvertible)...
    ) throws -> Domain {
        let row = try Row.fetchOne(
            db,
            sql: "SELECT \(columns) FROM domains WHERE workspace = ? AND \(condition) "
                + "ORDER BY number LIMIT 1",
            arguments: StatementArguments([workspace] + values)
        )
        guard let row else { throw CatalogError.notFound("domain") }
        return Domain(row)
    }
}

/// How a link's domain is named.
package enum DomainChoice: Hashable, Sendable {
    case id(String)
    case fullName(String)
    /// The workspace's oldest.
    case any
}

/// Changes to a domain; what is nil stays, and an inner nil takes the URL away.
package struct DomainEdit: Sendable {
    package var rootURL: String??
    package var fallbackURL: String??

    package init(rootURL: String?? = nil, fallbackURL: String?? = nil) {
        (self.rootURL, self.fallbackURL) = (rootURL, fallbackURL)
    }
}

extension Catalog {
    /// What the edge is told of domains.
    func directoryChanges(_ db: Database, _ domains: [Domain]) throws -> [DirectoryChange] {
        var owners: [WorkspaceNumber: WorkspaceIdentity] = [:]
        for number in Set(domains.map(\.workspace)) {
            owners[number] = try orphansOwner(db, number)
        }
        return domains.map { domain in
            .domain(
                DomainEntry(
                    host: domain.fullName,
                    rootURL: domain.rootURL,
                    fallbackURL: domain.fallbackURL,
                    orphans: owners[domain.workspace].map {
                        OrphanOwner(
                            workspace: $0,
                            domain: identities.domain(id: domain.id, raw: domain.fullName)
                        )
                    }
                )
            )
        }
    }

    /// The workspace, if a stream of its asks for orphans.
    private func orphansOwner(
        _ db: Database,
        _ workspace: WorkspaceNumber
    ) throws -> WorkspaceIdentity? {
        let row = try Row.fetchOne(
            db,
            sql: """
                SELECT id, name FROM workspaces WHERE number = ? AND EXISTS (
                    SELECT 1 FROM streams WHERE workspace = workspaces.number AND filter ->> 'orphans')
                """,
            arguments: [workspace]
        )
        return row.map { identities.workspace(workspace, id: $0[0], name: $0[1]) }
    }

    /// Tells the edge about a workspace's domains again, when a stream that asks for orphans came, changed or went.
    func noteOrphans(
        _ db: Database,
        in workspace: WorkspaceNumber,
        _ consequences: inout Consequences
    ) throws {
        let domains = try Row.fetchAll(
            db,
            sql: "SELECT \(Domain.columns) FROM domains WHERE workspace = ?",
            arguments: [workspace]
        ).map(Domain.init)
        consequences.directory += try directoryChanges(db, domains)
    }

    package func domain(
        _ choice: DomainChoice,
        in workspace: Workspace
    ) async throws(CatalogError) -> Domain {
        try await read { [self] in try find($0, choice, in: workspace.number) }
    }

    func find(
        _ db: Database,
        _ choice: DomainChoice,
        in workspace: WorkspaceNumber
    ) throws -> Domain {
        switch choice {
        case .id(let id): return try Domain.find(db, in: workspace, where: "id = ?", id)
        case .any: return try Domain.find(db, in: workspace)
        case .fullName(let name):
            guard let host = try? HostName.read(name) else {
                throw CatalogError.notFound("domain")
            }
            return try Domain.find(db, in: workspace, where: "fullName = ?", host)
        }
    }

    /// A workspace's domains, newest first unless the page says otherwise.
    package func domains(
        in workspace: Workspace,
        _ page: Page
    ) async throws(CatalogError) -> [Domain] {
        try await read { db in
            var conditions = Conditions()
            conditions.add("domains.workspace = ?", workspace.number)
            let rest = try page.apply(
                db,
                table: "domains",
                columns: Domain.orders,
                to: &conditions
            )
            return try Row.fetchAll(
                db,
                sql: "SELECT \(Domain.columns) FROM domains \(rest)",
                arguments: conditions.arguments
            ).map(Domain.init)
        }
    }

    package func domainCount(in workspace: Workspace) async throws(CatalogError) -> Int {
        try await read { try Self.count($0, "domains", in: workspace.number) }
    }

    /// Registers a domain.
    ///
    /// - Throws: `duplicate` when any workspace has it already.
    package func createDomain(
        fullName: String,
        rootURL: String? = nil,
        fallbackURL: String? = nil,
        in workspace: Workspace
    ) async throws(CatalogError) -> Domain {
        let host = try HostName.read(fullName)
        let rootURL = try location(rootURL, "rootURL")
        let fallbackURL = try location(fallbackURL, "fallbackURL")
        return try await change { [self] db, consequences in
            let taken = try Int.fetchOne(
                db,
                sql: "SELECT 1 FROM domains WHERE fullName = ?",
                arguments: [host]
            )
            guard taken == nil else { throw CatalogError.duplicate("fullName") }
            let id = settings.newID()
            let now = settings.now().microseconds
            try db.execute(
                sql: """
                    INSERT INTO domains
                        (id, workspace, fullName, rootURL, fallbackURL, createdAt, updatedAt)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [id, workspace.number, host, rootURL, fallbackURL, now, now]
            )
            let domain = try Domain.find(db, in: workspace.number, where: "id = ?", id)
            consequences.directory = try directoryChanges(db, [domain])
            consequences.note("create", "domain", id: id, name: host, in: workspace.number)
            return domain
        }
    }

    package func updateDomain(
        id: String,
        in workspace: Workspace,
        _ edit: DomainEdit
    ) async throws(CatalogError) -> Domain {
        let rootURL = try edit.rootURL.map { url throws(CatalogError) in
            try location(url, "rootURL")
        }
        let fallbackURL = try edit.fallbackURL.map { url throws(CatalogError) in
            try location(url, "fallbackURL")
        }
        return try await change { [self] db, consequences in
            let old = try Domain.find(db, in: workspace.number, where: "id = ?", id)
            try db.execute(
                sql: "UPDATE domains SET rootURL = ?, fallbackURL = ?, updatedAt = ? WHERE id = ?",
                arguments: [
                    rootURL ?? old.rootURL, fallbackURL ?? old.fallbackURL,
                    settings.now().microseconds, id,
                ]
            )
            let domain = try Domain.find(db, in: workspace.number, where: "id = ?", id)
            consequences.directory = try directoryChanges(db, [domain])
            consequences.note(
                "update",
                "domain",
                id: id,
                name: domain.fullName,
                in: workspace.number,
                ["rootURL": domain.rootURL ?? "", "fallbackURL": domain.fallbackURL ?? ""]
            )
            return domain
        }
    }

    /// Moves a domain without links into another workspace.
    ///
    /// - Throws: `notFound`; `inUse` while it has links.
    package func moveDomain(
        id: String,
        to workspace: Workspace
    ) async throws(CatalogError) -> Domain {
        try await change { [self] db, consequences in
            let owner = try Int64.fetchOne(
                db,
                sql: "SELECT workspace FROM domains WHERE id = ?",
                arguments: [id]
            )
            guard let owner else { throw CatalogError.notFound("domain") }
            if owner != workspace.number {
                consequences.note("move", "domain", id: id, name: nil, in: owner)
                let used = try Int.fetchOne(
                    db,
                    sql:
                        "SELECT 1 FROM links JOIN domains ON domains.number = domain WHERE domains.id = ? LIMIT 1",
                    arguments: [id]
                )
                guard used == nil else {
                    throw CatalogError.inUse("the domain has links in its own workspace")
                }
                try db.execute(
                    sql: "UPDATE domains SET workspace = ?, updatedAt = ? WHERE id = ?",
                    arguments: [workspace.number, settings.now().microseconds, id]
                )
            }
            let domain = try Domain.find(db, in: workspace.number, where: "id = ?", id)
            consequences.directory = try directoryChanges(db, [domain])
            consequences.note("move", "domain", id: id, name: domain.fullName, in: workspace.number)
            return domain
        }
    }

    /// Removes a domain with all its links.
    package func deleteDomain(
        id: String,
        in workspace: Workspace
    ) async throws(CatalogError) -> Domain {
        try await change { db, consequences in
            let domain = try Domain.find(db, in: workspace.number, where: "id = ?", id)
            try db.execute(sql: "DELETE FROM domains WHERE id = ?", arguments: [id])
            consequences.directory = [.domainRemoved(host: domain.fullName)]
            consequences.note(
                "delete",
                "domain",
                id: id,
                name: domain.fullName,
                in: workspace.number
            )
            return domain
        }
    }

    private func location(_ url: String?, _ property: String) throws(CatalogError) -> String? {
        guard let url else { return nil }
        return try LinkRules.location(of: url, property: property)
    }
}
