import Catalog
import ClickModel
import Testing

@Suite struct LinkExtrasTests {
    private func withLink(
        _ body: (Catalog, Workspace, Link) async throws -> Void
    ) async throws {
        try await withCatalog { catalog in
            let workspace = try await catalog.mainWorkspace()
            _ = try await catalog.createDomain(fullName: "a.test", in: workspace)
            let link = try await catalog.createLink(
                LinkDraft(destination: "https://example.com/", slashtag: "a"),
                in: workspace,
                by: catalog.account()
            )
            try await body(catalog, workspace, link)
        }
    }

    /// What the edge is told of the link.
    private func told(_ catalog: Catalog) throws -> RouteExtras? {
        let key = try #require(SlashtagKey("a"))
        return try #require(try catalog.route(host: "a.test", key: key)).extras
    }

    private func scripts(_ catalog: Catalog) throws -> [String]? {
        try told(catalog)?.scripts.map { String(decoding: $0.markup, as: UTF8.self) }
    }

    private func rule(_ url: String, _ country: String, order: Int? = nil) -> LinkRuleEdit {
        LinkRuleEdit(
            destination: url,
            conditions: [RoutingRule.Condition(.country, values: [country])],
            order: order
        )
    }

    @Test func `rules reach the edge in their order, as they are changed and removed`() async throws
    {
        try await withLink { catalog, workspace, link in
            #expect(try told(catalog) == nil)
            let first = try await catalog.createRule(
                ofLink: link.id,
                in: workspace,
                rule("https://example.com/é", "ie")
            )
            let second = try await catalog.createRule(
                ofLink: link.id,
                in: workspace,
                rule("https://example.com/2", "fr", order: 1)
            )
            #expect(try told(catalog)?.rules.map(\.id) == [second.id, first.id])
            // What goes out is visible ASCII; what is shown is as it was written.
            #expect(try told(catalog)?.rules.last?.destination == "https://example.com/%C3%A9")
            #expect(first.destination == "https://example.com/é")
            _ = try await catalog.updateRule(
                second.id,
                ofLink: link.id,
                in: workspace,
                LinkRuleEdit(destination: "https://example.com/3", order: 2)
            )
            #expect(try told(catalog)?.rules.map(\.id) == [first.id, second.id])
            #expect(try told(catalog)?.rules.last?.destination == "https://example.com/3")
            #expect(try told(catalog)?.rules.last?.conditions.first?.values == ["fr"])
            _ = try await catalog.deleteRule(first.id, ofLink: link.id, in: workspace)
            _ = try await catalog.deleteRule(second.id, ofLink: link.id, in: workspace)
            #expect(try told(catalog) == nil)
            await #expect(throws: CatalogError.notFound("rule")) {
                try await catalog.deleteRule(second.id, ofLink: link.id, in: workspace)
            }
        }
    }

    @Test func `a rule is its link's own`() async throws {
        try await withLink { catalog, workspace, link in
            let other = try await catalog.createLink(
                LinkDraft(destination: "https://example.com/", slashtag: "b"),
                in: workspace,
                by: catalog.account()
            )
            let made = try await catalog.createRule(
                ofLink: link.id,
                in: workspace,
                rule("https://example.com/", "ie")
            )
            await #expect(throws: CatalogError.notFound("rule")) {
                try await catalog.deleteRule(made.id, ofLink: other.id, in: workspace)
            }
            await #expect(throws: CatalogError.self) {
                try await catalog.createRule(
                    ofLink: link.id,
                    in: workspace,
                    rule("javascript:1", "ie")
                )
            }
        }
    }

    @Test func `apps open where their path says, on the systems they are for`() async throws {
        try await withLink { catalog, workspace, link in
            let app = try await catalog.createApp(
                name: "Tube",
                ios: "tube://",
                android: "intent://{path}#Intent;package=com.tube;end",
                in: workspace
            )
            _ = try await catalog.attachApp(app.id, path: "watch/1", toLink: link.id, in: workspace)
            #expect(
                try told(catalog)?.apps == [
                    AppDestination(system: "ios", destination: "tube://watch/1"),
                    AppDestination(
                        system: "android",
                        destination: "intent://watch/1#Intent;package=com.tube;end"
                    ),
                ]
            )
            _ = try await catalog.attachApp(app.id, path: "watch/2", toLink: link.id, in: workspace)
            #expect(
                try await catalog.apps(ofLink: link.id, in: workspace).map(\.path) == ["watch/2"]
            )
            _ = try await catalog.deleteApp(id: app.id, in: workspace)
            #expect(try told(catalog) == nil)
            for url in ["javascript:alert(1)", "data:x", "no scheme", "", "://x", "tube://\u{7}"] {
                await #expect(throws: CatalogError.self, "\(url)") {
                    try await catalog.createApp(name: "x", ios: url, android: nil, in: workspace)
                }
            }
            await #expect(throws: CatalogError.self) {
                try await catalog.createApp(name: "x", ios: nil, android: nil, in: workspace)
            }
        }
    }

    @Test func `a preview and scripts reach the edge and go again`() async throws {
        try await withLink { catalog, workspace, link in
            let preview = LinkPreview(title: "Spring")
            try await catalog.setPreview(preview, ofLink: link.id, in: workspace)
            let script = try await catalog.createMark(
                .script,
                name: "s",
                value: "track()",
                in: workspace
            )
            _ = try await catalog.attach(.script, id: script.id, toLink: link.id, in: workspace)
            #expect(try told(catalog)?.preview == preview)
            #expect(try scripts(catalog) == ["<script>track()</script>"])
            _ = try await catalog.updateMark(
                .script,
                id: script.id,
                name: nil,
                value: "more()",
                in: workspace
            )
            #expect(try scripts(catalog) == ["<script>more()</script>"])
            try await catalog.setPreview(nil, ofLink: link.id, in: workspace)
            #expect(try told(catalog)?.preview == nil)
            _ = try await catalog.deleteMark(.script, id: script.id, in: workspace)
            #expect(try told(catalog) == nil)
        }
    }

    @Test func `a link's end reaches the edge, and can be taken away`() async throws {
        try await withLink { catalog, workspace, link in
            let edited = try await catalog.updateLink(
                id: link.id,
                in: workspace,
                LinkEdit(lifetime: .some(.seconds(3600)))
            )
            #expect(edited.expiresAt == edited.updatedAt.advanced(by: .seconds(3600)))
            #expect(try told(catalog)?.expiresAt == edited.expiresAt)
            _ = try await catalog.updateLink(
                id: link.id,
                in: workspace,
                LinkEdit(lifetime: .some(nil))
            )
            #expect(try told(catalog) == nil)
            let made = try await catalog.createLink(
                LinkDraft(
                    destination: "https://example.com/",
                    slashtag: "b",
                    lifetime: .seconds(60)
                ),
                in: workspace,
                by: catalog.account()
            )
            #expect(made.expiresAt == made.createdAt.advanced(by: .seconds(60)))
            let key = try #require(SlashtagKey("b"))
            let route = try #require(try catalog.route(host: "a.test", key: key))
            #expect(route.extras?.expiresAt == made.expiresAt)
        }
    }

    @Test func `a new rule comes last, also where others were removed`() async throws {
        try await withLink { catalog, workspace, link in
            var ids: [String] = []
            for country in ["ie", "fr", "br"] {
                let edit = rule("https://example.com/\(country)", country)
                ids.append(try await catalog.createRule(ofLink: link.id, in: workspace, edit).id)
            }
            for id in ids.prefix(2) {
                _ = try await catalog.deleteRule(id, ofLink: link.id, in: workspace)
            }
            let last = try await catalog.createRule(
                ofLink: link.id,
                in: workspace,
                rule("https://example.com/de", "de")
            )
            #expect(try told(catalog)?.rules.map(\.id) == [ids[2], last.id])
        }
    }
}
