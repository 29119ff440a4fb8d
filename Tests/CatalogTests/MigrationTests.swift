import ClickModel
import GRDB
import Testing

@testable import Catalog

@Suite struct MigrationTests {
    /// A catalog as the version before had it, with a workspace, a domain and links with these tags.
    private func makeOld(in folder: String, tags: [String]) throws {
        let queue = try DatabaseQueue(path: "\(folder)/catalog.db")
        try Migrations.all.migrate(queue, upTo: "3: plans and notices")
        try queue.write { db in
            try db.execute(
                sql: """
                    INSERT INTO accounts (id, name, createdAt) VALUES ('account', 'Operator', 1);
                    INSERT INTO workspaces (id, name, createdAt, updatedAt, plan)
                    VALUES ('main', 'Main', 1, 1, (SELECT number FROM plans WHERE name = 'Pro'));
                    INSERT INTO domains (id, workspace, fullName, createdAt, updatedAt) VALUES ('d', 1, 'a.test', 1, 1);
                    """
            )
            for (number, tags) in tags.enumerated() {
                try db.execute(
                    sql: """
                        INSERT INTO links (id, workspace, domain, slashtag, key, destination, tags, forwardParameters,
                            favourite, creator, createdAt, updatedAt)
                        VALUES (?, 1, 1, ?, CAST(? AS BLOB), 'https://example.com/', ?, 0, 1, 'account', ?, 1)
                        """,
                    arguments: ["l\(number)", "l\(number)", "l\(number)", tags, number]
                )
            }
        }
        try queue.close()
    }

    @Test func `a catalog of the version before opens with its tags, counts and plans`()
        async throws
    {
        try await withFolder { folder in
            try makeOld(
                in: folder,
                tags: [#"["b","a"]"#, "[]", #"["a","a","é\"x"]"#]
            )
            let catalog = try Catalog(CatalogSettings(directory: folder))
            let main = try await catalog.mainWorkspace()
            #expect(main.links == 3)
            let links = try await catalog.links(in: main, Page(isAscending: true))
            #expect(links.map { $0.tags.map(\.name) } == [["b", "a"], [], ["a", "é\"x"]])
            #expect(try await catalog.markCount(.tag, in: main) == 3)
            let key = try #require(SlashtagKey("l2"))
            let route = try #require(try catalog.route(host: "a.test", key: key))
            #expect(route.details?.tags == ["a", "é\"x"])
            #expect(try await catalog.linkCount(in: main, matching: LinkFilter(tags: ["a"])) == 2)
            // A plan that somebody has gets no limit by an update of the program.
            #expect(try await catalog.plan("Pro").events == nil)
            #expect(try await catalog.plan("Free").events == 10_000)
            try catalog.close()
        }
    }

    @Test func `slashtags with a dotless i get keys of their own`() async throws {
        try await withFolder { folder in
            try makeOld(in: folder, tags: ["[]"])
            let queue = try DatabaseQueue(path: "\(folder)/catalog.db")
            try await queue.write { db in
                try db.execute(
                    sql: "UPDATE links SET slashtag = 'Altın', key = CAST('altin' AS BLOB)"
                )
            }
            try queue.close()
            let catalog = try Catalog(CatalogSettings(directory: folder))
            let key = try #require(SlashtagKey("ALTıN"))
            #expect(try catalog.route(host: "a.test", key: key) != nil)
            let other = try #require(SlashtagKey("altin"))
            #expect(try catalog.route(host: "a.test", key: other) == nil)
            try catalog.close()
        }
    }

    /// How SQLite reads a page of links.
    private func plan(
        _ catalog: Catalog,
        _ filter: LinkFilter = LinkFilter(),
        _ page: Page = Page()
    ) async throws -> String {
        let main = try await catalog.mainWorkspace()
        return try await catalog.read { db in
            var conditions = filter.conditions(in: main.number)
            let rest = try page.apply(
                db,
                table: "links",
                source: Link.source,
                columns: Link.orders,
                to: &conditions
            )
            return try Row.fetchAll(
                db,
                sql: "EXPLAIN QUERY PLAN SELECT \(Link.columns) FROM \(Link.source) \(rest)",
                arguments: conditions.arguments
            ).map { $0["detail"] as String }.joined(separator: "\n")
        }
    }

    @Test func `lists of many links are read by an index`() async throws {
        try await withFolder { folder in
            let catalog = try Catalog(CatalogSettings(directory: folder))
            for order in [Page.Order.createdAt, .updatedAt, .title, .slashtag, .lastClickAt] {
                let plan = try await plan(catalog, LinkFilter(), Page(order: order))
                #expect(!plan.contains("TEMP B-TREE"), "\(order): \(plan)")
                #expect(plan.contains("USING INDEX"), "\(order): \(plan)")
            }
            let bySlashtag = try await plan(catalog, LinkFilter(slashtag: "a"))
            #expect(bySlashtag.contains("domain=? AND key=?"), "\(bySlashtag)")
            try catalog.close()
        }
    }
}
