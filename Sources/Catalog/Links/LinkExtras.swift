package import ClickModel
import Foundation
import GRDB

/// Another destination of a link, for visitors whom a condition describes.
package struct LinkRule: Hashable, Sendable {
    package let id: String
    /// As its owner wrote it.
    package let destination: String
    package let conditions: [RoutingRule.Condition]
    package let createdAt: Timestamp
    package let updatedAt: Timestamp
}

/// An app that links can open, in a workspace.
package struct App: Hashable, Sendable {
    let number: Int64
    package let id: String
    package let name: String
    /// Where it opens on iOS and on Android; `{path}` stands for the link's path, which else comes last.
    package let ios: String?
    package let android: String?
    package let createdAt: Timestamp
    package let updatedAt: Timestamp

    static let columns =
        "apps.number, apps.id, apps.name, apps.ios, apps.android, apps.createdAt, apps.updatedAt"
    static let orders: [Page.Order: String] = [
        .createdAt: "apps.createdAt", .updatedAt: "apps.updatedAt", .name: "apps.name",
    ]

    init(_ row: Row) {
        number = row[0]
        id = row[1]
        name = row[2]
        ios = row[3]
        android = row[4]
        createdAt = Timestamp(microseconds: row[5])
        updatedAt = Timestamp(microseconds: row[6])
    }

    static func find(_ db: Database, id: String, in workspace: WorkspaceNumber) throws -> App {
        let row = try Row.fetchOne(
            db,
            sql: "SELECT \(columns) FROM apps WHERE id = ? AND workspace = ?",
            arguments: [id, workspace]
        )
        guard let row else { throw CatalogError.notFound("app") }
        return App(row)
    }

    /// Where a link's path leads in the app, by system.
    func destinations(path: String) -> [AppDestination] {
        [("ios", ios), ("android", android)].compactMap { system, template in
            template.map {
                let place = "{path}"
                let url =
                    $0.contains(place) ? $0.replacing(place, with: path) : $0 + path
                return AppDestination(system: system, destination: url)
            }
        }
    }
}

/// An app that a link opens, and where in it.
package struct LinkApp: Hashable, Sendable {
    package let app: App
    package let path: String
}

/// What is made of a link's extras, and what a rule changes to; nil stays.
package struct LinkRuleEdit: Sendable {
    package var destination: String?
    package var conditions: [RoutingRule.Condition]?
    /// The place among the link's rules, from 1.
    package var order: Int?

    package init(
        destination: String? = nil,
        conditions: [RoutingRule.Condition]? = nil,
        order: Int? = nil
    ) {
        (self.destination, self.conditions, self.order) = (destination, conditions, order)
    }

    /// What it sets, in words.
    var details: [String: String] {
        [
            "destination": destination,
            "condition": conditions.map { parts in
                parts.map {
                    "\($0.property.rawValue)\($0.isNegated ? " not" : "") in \($0.values.joined(separator: ","))"
                }.joined(separator: " and ")
            },
        ].compactMapValues(\.self)
    }
}

extension Catalog {
    private static let mostRules = 64
    private static let mostApps = 8

    // MARK: - For the edge

    /// Everything about a link that decides at the moment of its redirect.
    func extras(_ db: Database, of link: Int64) throws -> RouteExtras {
        let rules = try Self.rules(db, of: link)
        let locations = try String.fetchAll(
            db,
            sql: "SELECT location FROM linkRules WHERE link = ? ORDER BY position, number",
            arguments: [link]
        )
        return RouteExtras(
            rules: zip(rules, locations).map {
                RoutingRule(id: $0.id, destination: $1, conditions: $0.conditions)
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
    private func changeExtras<Value: Sendable>(
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

    // MARK: - Rules

    package func rules(
        ofLink id: String,
        in workspace: Workspace
    ) async throws(CatalogError) -> [LinkRule] {
        try await read { db in
            try Self.rules(db, of: Link.find(db, id: id, in: workspace.number).number)
        }
    }

    private static func rules(_ db: Database, of link: Int64) throws -> [LinkRule] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT id, destination, condition, createdAt, updatedAt FROM linkRules
                WHERE link = ? ORDER BY position, number
                """,
            arguments: [link]
        ).map { row in
            LinkRule(
                id: row[0],
                destination: row[1],
                conditions: decoded([StoredCondition].self, row[2])?.compactMap(\.condition) ?? [],
                createdAt: Timestamp(microseconds: row[3]),
                updatedAt: Timestamp(microseconds: row[4])
            )
        }
    }

    package func createRule(
        ofLink link: String,
        in workspace: Workspace,
        _ edit: LinkRuleEdit
    ) async throws(CatalogError) -> LinkRule {
        let destination = edit.destination ?? ""
        let location = try LinkRules.location(of: destination)
        return try await changeExtras(ofLink: link, in: workspace, "add", "rule", edit.details) {
            [settings] db, link in
            let known = try Row.fetchOne(
                db,
                sql: "SELECT COUNT(*), COALESCE(MAX(position), 0) FROM linkRules WHERE link = ?",
                arguments: [link.number]
            )
            guard known?[0] ?? 0 < Self.mostRules else {
                throw CatalogError.invalid(
                    "condition",
                    "a link has at most \(Self.mostRules) rules"
                )
            }
            let id = settings.newID()
            let now = settings.now().microseconds
            try db.execute(
                sql: """
                    INSERT INTO linkRules
                        (id, link, position, destination, location, condition, createdAt, updatedAt)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    id, link.number, (known?[1] ?? 0) + 1, destination, location,
                    try SealedParts.text((edit.conditions ?? []).map(StoredCondition.init)), now,
                    now,
                ]
            )
            if let order = edit.order { try Self.move(db, rule: id, of: link, to: order) }
            return try Self.rule(db, id, of: link)
        }
    }

    package func updateRule(
        _ id: String,
        ofLink link: String,
        in workspace: Workspace,
        _ edit: LinkRuleEdit
    ) async throws(CatalogError) -> LinkRule {
        let location = try edit.destination.map { url throws(CatalogError) in
            try LinkRules.location(of: url)
        }
        return try await changeExtras(ofLink: link, in: workspace, "change", "rule", edit.details) {
            [settings] db, link in
            _ = try Self.rule(db, id, of: link)
            var assignments = Assignments()
            if let destination = edit.destination {
                assignments.set("destination", destination)
                assignments.set("location", location)
            }
            if let conditions = edit.conditions {
                assignments.set(
                    "condition",
                    try SealedParts.text(conditions.map(StoredCondition.init))
                )
            }
            assignments.set("updatedAt", settings.now().microseconds)
            try assignments.update(db, table: "linkRules", id: id)
            if let order = edit.order { try Self.move(db, rule: id, of: link, to: order) }
            return try Self.rule(db, id, of: link)
        }
    }

    package func deleteRule(
        _ id: String,
        ofLink link: String,
        in workspace: Workspace
    ) async throws(CatalogError) -> LinkRule {
        try await changeExtras(ofLink: link, in: workspace, "remove", "rule", ["rule": id]) {
            db,
            link in
            let rule = try Self.rule(db, id, of: link)
            try db.execute(sql: "DELETE FROM linkRules WHERE id = ?", arguments: [id])
            return rule
        }
    }

    package func rule(
        _ id: String,
        ofLink link: String,
        in workspace: Workspace
    ) async throws(CatalogError) -> LinkRule {
        try await read { db in
            try Self.rule(db, id, of: Link.find(db, id: link, in: workspace.number))
        }
    }

    private static func rule(_ db: Database, _ id: String, of link: Link) throws -> LinkRule {
        guard let rule = try rules(db, of: link.number).first(where: { $0.id == id }) else {
            throw CatalogError.notFound("rule")
        }
        return rule
    }

    private static func move(_ db: Database, rule id: String, of link: Link, to order: Int) throws {
        var ids = try rules(db, of: link.number).map(\.id).filter { $0 != id }
        ids.insert(id, at: min(max(order - 1, 0), ids.count))
        for (position, id) in ids.enumerated() {
            try db.execute(
                sql: "UPDATE linkRules SET position = ? WHERE id = ?",
                arguments: [position + 1, id]
            )
        }
    }

    // MARK: - Previews

    package func preview(
        ofLink id: String,
        in workspace: Workspace
    ) async throws(CatalogError) -> LinkPreview? {
        try await read { db in
            try Self.preview(db, of: Link.find(db, id: id, in: workspace.number).number)
        }
    }

    private static func preview(_ db: Database, of link: Int64) throws -> LinkPreview? {
        try Row.fetchOne(
            db,
            sql: "SELECT title, description, image, type, locale FROM linkPreviews WHERE link = ?",
            arguments: [link]
        ).map { row in
            LinkPreview(
                title: row[0],
                description: row[1],
                image: row[2],
                type: row[3],
                locale: row[4]
            )
        }
    }

    /// Gives a link a preview, or takes it away by nil.
    package func setPreview(
        _ preview: LinkPreview?,
        ofLink id: String,
        in workspace: Workspace
    ) async throws(CatalogError) {
        try await changeExtras(
            ofLink: id,
            in: workspace,
            preview == nil ? "remove" : "set",
            "opengraph",
            preview.map { ["title": $0.title] } ?? [:]
        ) { db, link in
            try db.execute(
                sql: "DELETE FROM linkPreviews WHERE link = ?",
                arguments: [link.number]
            )
            guard let preview else { return }
            try db.execute(
                sql: """
                    INSERT INTO linkPreviews (link, title, description, image, type, locale)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    link.number, preview.title, preview.description, preview.image, preview.type,
                    preview.locale,
                ]
            )
        }
    }

    // MARK: - Apps

    package func app(id: String, in workspace: Workspace) async throws(CatalogError) -> App {
        try await read { try App.find($0, id: id, in: workspace.number) }
    }

    package func apps(
        in workspace: Workspace,
        _ page: Page
    ) async throws(CatalogError) -> [App] {
        try await read { db in
            var conditions = Conditions()
            conditions.add("apps.workspace = ?", workspace.number)
            let rest = try page.apply(db, table: "apps", columns: App.orders, to: &conditions)
            return try Row.fetchAll(
                db,
                sql: "SELECT \(App.columns) FROM apps \(rest)",
                arguments: conditions.arguments
            ).map(App.init)
        }
    }

    package func createApp(
        name: String,
        ios: String?,
        android: String?,
        in workspace: Workspace
    ) async throws(CatalogError) -> App {
        try Names.check(name, longest: LinkRules.longestTag)
        try AppRules.check(ios: ios, android: android)
        return try await change { [settings] db, consequences in
            let taken = try Int.fetchOne(
                db,
                sql: "SELECT 1 FROM apps WHERE workspace = ? AND name = ?",
                arguments: [workspace.number, name]
            )
            guard taken == nil else { throw CatalogError.duplicate("name") }
            let id = settings.newID()
            let now = settings.now().microseconds
            try db.execute(
                sql: """
                    INSERT INTO apps (id, workspace, name, ios, android, createdAt, updatedAt)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [id, workspace.number, name, ios, android, now, now]
            )
            consequences.note("create", "app", id: id, name: name, in: workspace.number)
            return try App.find(db, id: id, in: workspace.number)
        }
    }

    /// Removes an app; links that opened it lead where they lead without it.
    package func deleteApp(
        id: String,
        in workspace: Workspace
    ) async throws(CatalogError) -> App {
        try await change { [self] db, consequences in
            let app = try App.find(db, id: id, in: workspace.number)
            let links = try Int64.fetchAll(
                db,
                sql: "SELECT link FROM linkApps WHERE app = ?",
                arguments: [app.number]
            )
            try db.execute(sql: "DELETE FROM apps WHERE number = ?", arguments: [app.number])
            for slice in links.slices(of: Self.linksAtOnce) {
                let places = slice.map { _ in "?" }.joined(separator: ",")
                try refreshExtras(db, linksWhere: "number IN (\(places))", slice)
            }
            if !links.isEmpty { consequences.resends = .numbers(links) }
            consequences.note("delete", "app", id: id, name: app.name, in: workspace.number)
            return app
        }
    }

    package func apps(
        ofLink id: String,
        in workspace: Workspace
    ) async throws(CatalogError) -> [LinkApp] {
        try await read { db in
            try Self.apps(db, of: Link.find(db, id: id, in: workspace.number).number)
        }
    }

    private static func apps(_ db: Database, of link: Int64) throws -> [LinkApp] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT \(App.columns), linkApps.path FROM linkApps JOIN apps ON apps.number = linkApps.app
                WHERE linkApps.link = ? ORDER BY linkApps.number
                """,
            arguments: [link]
        ).map { LinkApp(app: App($0), path: $0[7]) }
    }

    /// Lets a link open an app at a path.
    package func attachApp(
        _ id: String,
        path: String,
        toLink link: String,
        in workspace: Workspace
    ) async throws(CatalogError) -> LinkApp {
        try AppRules.check(path: path)
        return try await changeExtras(
            ofLink: link,
            in: workspace,
            "attach",
            "app",
            ["app": id, "path": path]
        ) { db, link in
            let app = try App.find(db, id: id, in: workspace.number)
            try db.execute(
                sql: """
                    INSERT INTO linkApps (link, app, path) VALUES (?, ?, ?)
                    ON CONFLICT (app, link) DO UPDATE SET path = excluded.path
                    """,
                arguments: [link.number, app.number, path]
            )
            let apps = try Self.apps(db, of: link.number)
            guard apps.count <= Self.mostApps else {
                throw CatalogError.invalid("app", "a link opens at most \(Self.mostApps) apps")
            }
            return LinkApp(app: app, path: path)
        }
    }

    package func detachApp(
        _ id: String,
        fromLink link: String,
        in workspace: Workspace
    ) async throws(CatalogError) -> LinkApp {
        try await changeExtras(ofLink: link, in: workspace, "detach", "app", ["app": id]) {
            db,
            link in
            guard let known = try Self.apps(db, of: link.number).first(where: { $0.app.id == id })
            else { throw CatalogError.notFound("app") }
            try db.execute(
                sql: "DELETE FROM linkApps WHERE link = ? AND app = ?",
                arguments: [link.number, known.app.number]
            )
            return known
        }
    }
}

/// A condition as the file keeps it.
private struct StoredCondition: Codable {
    let property: String
    let isNegated: Bool
    let values: [String]

    init(_ condition: RoutingRule.Condition) {
        property = condition.property.rawValue
        isNegated = condition.isNegated
        values = condition.values
    }

    var condition: RoutingRule.Condition? {
        RoutingRule.Condition.Property(rawValue: property).map {
            RoutingRule.Condition($0, isNegated: isNegated, values: values)
        }
    }
}
