import ClickModel
import Foundation
import GRDB

extension Catalog {
    /// Everything about a link that decides at the moment of its redirect.
    func extras(_ db: Database, of link: Int64) throws -> RouteExtras {
        RouteExtras(
            rules: try Self.rules(db, of: link).map {
                RoutingRule(id: $0.id, destination: $0.location, conditions: $0.conditions)
            },
            apps: try Self.apps(db, of: link).flatMap { $0.app.destinations(path: $0.path) },
            preview: try Self.preview(db, of: link),
            scripts: try Self.marks(db, .script, of: [link])[link]?.map(identities.script) ?? [],
            expiresAt: try Int64.fetchOne(
                db,
                sql: "SELECT expiresAt FROM links WHERE number = ?",
                arguments: [link]
            ).map(Timestamp.init(microseconds:))
        )
    }

    /// Notes in links' own rows whether there is anything.
    func refreshExtras(
        _ db: Database,
        linksWhere condition: String,
        _ values: [Int64]
    ) throws {
        let tables = ["linkRules", "linkApps", "linkScripts", "linkPreviews"]
        let any = tables.map { "EXISTS (SELECT 1 FROM \($0) WHERE link = links.number)" }
            .joined(separator: " OR ")
        try db.execute(
            sql: "UPDATE links SET extras = (expiresAt IS NOT NULL OR \(any)) WHERE \(condition)",
            arguments: StatementArguments(values)
        )
    }

    /// Changes something about a link, and tells the edge.
    func changeExtras<Value: Sendable>(
        ofLink id: String,
        in workspace: Workspace,
        _ action: String,
        _ target: String,
        _ details: [String: String] = [:],
        _ body: @escaping @Sendable (Database, Link) throws -> Value
    ) async throws(CatalogError) -> Value {
        try await change { [self] db, consequences in
            let link = try Link.find(db, id: id, in: workspace.number)
            let value = try body(db, link)
            try refreshExtras(db, linksWhere: "number = ?", [link.number])
            consequences.directory = try routes(db, where: "links.id = ?", [id]).changes
            consequences.note(
                action,
                target,
                id: id,
                name: "\(link.domainName)/\(link.slashtag)",
                in: workspace.number,
                details
            )
            return value
        }
    }
}
