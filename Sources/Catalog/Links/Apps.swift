package import ClickModel
import Foundation
import GRDB

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

extension Catalog {
    private static let mostApps = 8

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
            for rows in links.rowConditions {
                try refreshExtras(db, linksWhere: rows.sql, rows.numbers)
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

    static func apps(_ db: Database, of link: Int64) throws -> [LinkApp] {
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
