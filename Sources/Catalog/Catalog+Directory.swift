package import ClickModel
import Foundation
import GRDB

/// A link as the edge gets it.
struct RoutedLink {
    let number: Int64
    let host: String
    /// Nil for a slashtag that is none any more: it can't be opened, and stays in the lists.
    let key: SlashtagKey?
    let route: Route
}

/// Links that the edge is told of together.
enum LinkSet: Sendable {
    case all
    case workspace(WorkspaceNumber)
    case marked(Mark.Kind, Int64)
    case numbers([Int64])

    var condition: String {
        switch self {
        case .all: "1"
        // Workspaces' links are looked up by themselves: the table has everybody's.
        case .workspace:
            "links.number IN (SELECT number FROM links WHERE workspace = ?)"
        case .marked(let kind, _):
            "links.number IN (SELECT link FROM \(kind.joint) WHERE \(kind.rawValue) = ?)"
        case .numbers(let numbers):
            "links.number IN (SELECT value FROM json_each(?)) AND \(numbers.count) > 0"
        }
    }

    var values: [any DatabaseValueConvertible] {
        switch self {
        case .all: []
        case .workspace(let number): [number]
        case .marked(_, let number): [number]
        case .numbers(let numbers): ["[" + numbers.map(String.init).joined(separator: ",") + "]"]
        }
    }
}

extension [RoutedLink] {
    var changes: [DirectoryChange] {
        compactMap { link in link.key.map { .link(host: link.host, key: $0, link.route) } }
    }
}

extension Catalog {
    private static let routeColumns = """
        links.number, links.id, links.slashtag, links.destination, links.location, links.title,
        links.tags, links.forwardParameters, links.creator, links.createdAt,
        domains.id, domains.fullName, workspaces.number, workspaces.id, workspaces.name, links.extras
        FROM links
        JOIN domains ON domains.number = links.domain
        JOIN workspaces ON workspaces.number = links.workspace
        """

    /// Streams every domain and the links to the edge, in batches, and holds changes up meanwhile.
    ///
    /// What changes afterwards goes to the observer.
    ///
    /// - Parameters:
    ///   - most: How many links the edge has room for; when there are more it is told so, and no more of them.
    ///   - batch: How many changes are told at once.
    ///   - take: Told the changes.
    /// - Throws: `storage`.
    package func allDirectoryChanges(
        most: Int = .max,
        batch: Int = 2000,
        _ take: @escaping @Sendable ([DirectoryChange]) async -> Void
    ) async throws(CatalogError) {
        try await whileUnchanged { () async throws(CatalogError) in
            var last: Int64 = 0
            while true {
                let (changes, end) = try await read {
                    [self, last] db -> ([DirectoryChange], Int64?) in
                    let domains = try Row.fetchAll(
                        db,
                        sql: "SELECT \(Domain.columns) FROM domains WHERE number > ? "
                            + "ORDER BY number LIMIT ?",
                        arguments: [last, batch]
                    ).map(Domain.init)
                    return (try directoryChanges(db, domains), domains.last?.number)
                }
                guard let end else { break }
                last = end
                await take(changes)
            }
            try await forEachLink(of: .all, most: most, batch: batch, take)
        }
    }

    /// Calls `take` with every link of a set, in batches, until it had more than `most`.
    func forEachLink(
        of set: LinkSet,
        most: Int = .max,
        batch: Int,
        _ take: @escaping @Sendable ([DirectoryChange]) async -> Void
    ) async throws(CatalogError) {
        var last: Int64 = 0
        var count = 0
        while true {
            guard count <= most else { return await take([.linksLeftOut]) }
            let links = try await read { [self, last] db in
                try routes(
                    db,
                    where: "links.number > ? AND \(set.condition) ORDER BY links.number LIMIT ?",
                    [last] + StatementArguments(set.values) + [batch]
                )
            }
            guard let end = links.last?.number else { return }
            last = end
            count += links.count
            await take(links.changes)
        }
    }

    /// The links that a condition describes, ready for the edge.
    func routes(
        _ db: Database,
        where condition: String,
        _ arguments: StatementArguments
    ) throws -> [RoutedLink] {
        var links: [RoutedLink] = []
        let statement = try db.cachedStatement(
            sql: "SELECT \(Self.routeColumns) WHERE \(condition)"
        )
        let rows = try Row.fetchCursor(statement, arguments: arguments)
        while let row = try rows.next() {
            let slashtag: String = row[2]
            links.append(
                RoutedLink(
                    number: row[0],
                    host: row[11],
                    key: SlashtagKey(slashtag),
                    route: route(
                        of: row,
                        slashtag,
                        row[15] as Int == 0 ? nil : try extras(db, of: row[0])
                    )
                )
            )
        }
        return links
    }

    private func route(of row: Row, _ slashtag: String, _ extras: RouteExtras?) -> Route {
        let destination: String = row[3]
        let location: String? = row[4]
        return Route(
            id: row[1],
            slashtag: slashtag,
            creatorID: row[8],
            workspace: identities.workspace(row[12], id: row[13], name: row[14]),
            domain: identities.domain(id: row[10], raw: row[11]),
            destination: location ?? destination,
            forwardsParameters: row[7],
            details: LinkDetails(
                title: row[5],
                tags: TagNames.decoded(row[6]),
                createdAt: Timestamp(microseconds: row[9])
            ),
            extras: extras
        )
    }
}

extension Catalog: LinkSource {
    package func routes(_ names: [LinkName]) throws -> [Route?] {
        do {
            // Each is one statement, and so one picture: a transaction around them would only cost.
            return try pool.unsafeRead { db in
                try names.map { name in
                    try routes(
                        db,
                        where: "domains.fullName = ? AND links.key = ?",
                        [name.host, Data(name.key.bytes)]
                    ).first?.route
                }
            }
        } catch {
            throw CatalogError(error)
        }
    }
}
