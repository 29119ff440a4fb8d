package import ClickModel
import Foundation
import GRDB

/// A short link, as its owner sees it.
package struct Link: Hashable, Sendable {
    package let id: String
    package let workspace: WorkspaceNumber
    package let domainID: String
    package let domainName: String
    /// As its owner wrote it.
    package let slashtag: String
    /// As its owner wrote it.
    package let destination: String
    package let title: String?
    package let tags: [String]
    package let forwardParameters: Bool
    package let isFavourite: Bool
    package let creatorID: String
    package let createdAt: Timestamp
    package let updatedAt: Timestamp

    static let columns =
        "links.id, links.workspace, domains.id, domains.fullName, links.slashtag, "
        + "links.destination, links.title, links.tags, links.forwardParameters, links.favourite, "
        + "links.creator, links.createdAt, links.updatedAt"
    static let source = "links JOIN domains ON domains.number = links.domain"
    static let orders: [Page.Order: String] = [
        .createdAt: "links.createdAt", .updatedAt: "links.updatedAt",
        .title: "COALESCE(links.title, '')", .slashtag: "links.slashtag",
    ]

    init(_ row: Row) {
        id = row[0]
        workspace = row[1]
        domainID = row[2]
        domainName = row[3]
        slashtag = row[4]
        destination = row[5]
        title = row[6]
        tags = Tags.decoded(row[7])
        forwardParameters = row[8]
        isFavourite = row[9]
        creatorID = row[10]
        createdAt = Timestamp(microseconds: row[11])
        updatedAt = Timestamp(microseconds: row[12])
    }

    static func find(_ db: Database, id: String, in workspace: WorkspaceNumber) throws -> Link {
        let row = try Row.fetchOne(
            db,
            sql: "SELECT \(columns) FROM \(source) WHERE links.id = ? AND links.workspace = ?",
            arguments: [id, workspace]
        )
        guard let row else { throw CatalogError.notFound("link") }
        return Link(row)
    }
}

/// Which links of a workspace are meant; what is nil doesn't matter.
package struct LinkFilter: Sendable {
    package var domainID: String?
    package var domainName: String?
    package var slashtag: String?
    package var isFavourite: Bool?

    package init(
        domainID: String? = nil,
        domainName: String? = nil,
        slashtag: String? = nil,
        isFavourite: Bool? = nil
    ) {
        self.domainID = domainID
        self.domainName = domainName
        self.slashtag = slashtag
        self.isFavourite = isFavourite
    }

    func conditions(in workspace: WorkspaceNumber) -> Conditions {
        var conditions = Conditions()
        conditions.add("links.workspace = ?", workspace)
        if let domainID { conditions.add("domains.id = ?", domainID) }
        if let domainName {
            let host = (try? HostName.read(domainName)) ?? domainName
            conditions.add("domains.fullName = ?", host)
        }
        if let slashtag {
            conditions.add("links.key = ?", Data(SlashtagKey(slashtag)?.bytes ?? []))
        }
        if let isFavourite { conditions.add("links.favourite = ?", isFavourite) }
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
            return try Row.fetchAll(
                db,
                sql: "SELECT \(Link.columns) FROM \(Link.source) \(rest)",
                arguments: conditions.arguments
            ).map(Link.init)
        }
    }

    package func linkCount(
        in workspace: Workspace,
        matching filter: LinkFilter = LinkFilter()
    ) async throws(CatalogError) -> Int {
        try await read { db in
            let conditions = filter.conditions(in: workspace.number)
            return try Int.fetchOne(
                db,
                sql: "SELECT COUNT(*) FROM \(Link.source) \(conditions.clause)",
                arguments: conditions.arguments
            ) ?? 0
        }
    }

    /// How many links there are in all workspaces.
    package func linkCount() async throws(CatalogError) -> Int {
        try await read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM links") ?? 0 }
    }
}
