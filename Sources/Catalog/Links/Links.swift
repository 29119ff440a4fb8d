package import ClickModel
import Foundation
import GRDB

/// A short link, as its owner sees it.
package struct Link: Hashable, Sendable {
    package let number: Int64
    package let id: String
    package let workspace: WorkspaceNumber
    package let domainID: String
    package let domainName: String
    /// As its owner wrote it.
    package let slashtag: String
    /// As its owner wrote it.
    package let destination: String
    package let title: String?
    package let description: String?
    /// In the order of their attachment.
    package fileprivate(set) var tags: [Mark] = []
    /// Whether its row says that it has tags.
    private let hasTags: Bool
    /// Whether it has rules, apps, scripts or a preview.
    package let hasExtras: Bool
    /// Clicks by people, as far as they are counted.
    package let clicks: Int
    /// Sessions of people that began on it.
    package let sessions: Int
    package let lastClickAt: Timestamp?
    /// When it is none any more; nil for one that stays.
    package let expiresAt: Timestamp?
    package let forwardParameters: Bool
    package let isFavourite: Bool
    package let creatorID: String
    package let createdAt: Timestamp
    package let updatedAt: Timestamp

    static let columns =
        "links.id, links.workspace, domains.id, domains.fullName, links.slashtag, "
        + "links.destination, links.title, links.tags, links.forwardParameters, links.favourite, "
        + "links.creator, links.createdAt, links.updatedAt, links.number, links.description, "
        + "links.extras, links.clicks, links.sessions, links.lastClickAt, "
        + "links.expiresAt"
    static let source = "links JOIN domains ON domains.number = links.domain"
    static let orders: [Page.Order: String] = [
        .createdAt: "links.createdAt", .updatedAt: "links.updatedAt",
        .title: "COALESCE(links.title, '')", .slashtag: "links.slashtag",
        .lastClickAt: "links.lastClickAt",
    ]

    init(_ row: Row) {
        id = row[0]
        workspace = row[1]
        domainID = row[2]
        domainName = row[3]
        slashtag = row[4]
        destination = row[5]
        title = row[6]
        hasTags = (row[7] as String) != TagNames.none
        forwardParameters = row[8]
        isFavourite = row[9]
        creatorID = row[10]
        createdAt = Timestamp(microseconds: row[11])
        updatedAt = Timestamp(microseconds: row[12])
        number = row[13]
        description = row[14]
        hasExtras = row[15] as Int != 0
        clicks = row[16]
        sessions = row[17]
        lastClickAt = row[18] as Int64 == 0 ? nil : Timestamp(microseconds: row[18])
        expiresAt = (row[19] as Int64?).map(Timestamp.init(microseconds:))
    }

    /// The links that rows are, with their tags.
    static func all(_ db: Database, _ rows: [Row]) throws -> [Link] {
        var links = rows.map(Link.init)
        let tagged = links.filter(\.hasTags).map(\.number)
        let tags = try Catalog.marks(db, .tag, of: tagged)
        for index in links.indices { links[index].tags = tags[links[index].number] ?? [] }
        return links
    }

    /// The links with some numbers, in the order of these.
    static func find(_ db: Database, _ numbers: [Int64]) throws -> [Link] {
        let places = numbers.map { _ in "?" }.joined(separator: ",")
        let statement = try db.cachedStatement(
            sql: "SELECT \(columns) FROM \(source) WHERE links.number IN (\(places))"
        )
        let rows = try Row.fetchAll(statement, arguments: StatementArguments(numbers))
        let links = try all(db, rows)
        let byNumber = Dictionary(links.map { ($0.number, $0) }) { first, _ in first }
        return numbers.compactMap { byNumber[$0] }
    }

    static func find(_ db: Database, id: String, in workspace: WorkspaceNumber) throws -> Link {
        let statement = try db.cachedStatement(
            sql: "SELECT \(columns) FROM \(source) WHERE links.id = ? AND links.workspace = ?"
        )
        let row = try Row.fetchOne(statement, arguments: [id, workspace])
        guard let link = try row.flatMap({ try all(db, [$0]).first }) else {
            throw CatalogError.notFound("link")
        }
        return link
    }
}

/// Which links of a workspace are meant; what is nil doesn't matter.
package struct LinkFilter: Hashable, Sendable {
    /// Ids of domains: one of them.
    package var domainIDs: [String]?
    package var domainName: String?
    package var slashtag: String?
    package var isFavourite: Bool?
    /// Ids of creators: one of them.
    package var creatorIDs: [String]?
    /// Names of tags: one of them.
    package var tags: [String]?
    /// When they were made.
    package var createdFrom: Timestamp?
    package var createdBefore: Timestamp?

    package init(
        domainIDs: [String]? = nil,
        domainName: String? = nil,
        slashtag: String? = nil,
        isFavourite: Bool? = nil,
        creatorIDs: [String]? = nil,
        tags: [String]? = nil,
        createdFrom: Timestamp? = nil,
        createdBefore: Timestamp? = nil
    ) {
        self.domainIDs = domainIDs
        self.domainName = domainName
        self.slashtag = slashtag
        self.isFavourite = isFavourite
        self.creatorIDs = creatorIDs
        self.tags = tags
        self.createdFrom = createdFrom
        self.createdBefore = createdBefore
    }

    func conditions(in workspace: WorkspaceNumber) -> Conditions {
        var conditions = Conditions()
        // The plus keeps the index away that would look at every link of the workspace: slashtags are found by their domains.
        conditions.add("\(slashtag == nil ? "" : "+")links.workspace = ?", workspace)
        if let domainIDs { conditions.add("domains.id", among: domainIDs) }
        if let domainName {
            let host = (try? HostName.read(domainName)) ?? domainName
            conditions.add("domains.fullName = ?", host)
        }
        if let slashtag {
            conditions.add(
                "links.domain IN (SELECT number FROM domains WHERE workspace = ?)",
                workspace
            )
            conditions.add("links.key = ?", Data(SlashtagKey(slashtag)?.bytes ?? []))
        }
        // Written out, for the index that holds the favourites alone.
        if let isFavourite {
            conditions.add(isFavourite ? "links.favourite" : "NOT links.favourite")
        }
        if let creatorIDs { conditions.add("links.creator", among: creatorIDs) }
        if let tags {
            var names = Conditions()
            names.add("tags.name", among: tags)
            names.add("tags.workspace = ?", workspace)
            conditions.add(
                "links.number IN (SELECT link FROM linkTags JOIN tags ON tags.number = tag \(names.clause))",
                with: names
            )
        }
        if let createdFrom { conditions.add("links.createdAt >= ?", createdFrom.microseconds) }
        if let createdBefore { conditions.add("links.createdAt < ?", createdBefore.microseconds) }
        return conditions
    }
}

extension Catalog {
    package func link(id: String, in workspace: Workspace) async throws(CatalogError) -> Link {
        try await read { try Link.find($0, id: id, in: workspace.number) }
    }

    /// A workspace's links, newest first unless the page says otherwise.
    package func links(
        in workspace: Workspace,
        matching filter: LinkFilter = LinkFilter(),
        _ page: Page
    ) async throws(CatalogError) -> [Link] {
        try await read { db in
            var conditions = filter.conditions(in: workspace.number)
            // `last` is looked up in the list itself: a link that the filter hides is no start.
            let rest = try page.apply(
                db,
                table: "links",
                source: Link.source,
                columns: Link.orders,
                to: &conditions
            )
            return try Link.all(
                db,
                Row.fetchAll(
                    db,
                    sql: "SELECT \(Link.columns) FROM \(Link.source) \(rest)",
                    arguments: conditions.arguments
                )
            )
        }
    }

    package func linkCount(
        in workspace: Workspace,
        matching filter: LinkFilter = LinkFilter()
    ) async throws(CatalogError) -> Int {
        try await read { db in
            if filter == LinkFilter() { return try Workspace.find(db, id: workspace.id).links }
            var filter = filter
            if filter == LinkFilter(isFavourite: false) {
                // The few that are, taken away from all.
                filter.isFavourite = true
                let links = try Workspace.find(db, id: workspace.id).links
                return try links - Self.count(db, filter.conditions(in: workspace.number))
            }
            return try Self.count(db, filter.conditions(in: workspace.number))
        }
    }

    private static func count(_ db: Database, _ conditions: Conditions) throws -> Int {
        try Int.fetchOne(
            db,
            sql: "SELECT COUNT(*) FROM \(Link.source) \(conditions.clause)",
            arguments: conditions.arguments
        ) ?? 0
    }

    /// How many links there are in all workspaces.
    package func linkCount() async throws(CatalogError) -> Int {
        try await read { try Int.fetchOne($0, sql: "SELECT SUM(links) FROM workspaces") ?? 0 }
    }
}
