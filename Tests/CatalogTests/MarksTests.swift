import Catalog
import ClickModel
import Synchronization
import Testing

@Suite struct MarksTests {
    private func makeLink(
        _ catalog: Catalog,
        tags: [MarkChoice] = [],
        slashtag: String = "a"
    ) async throws(CatalogError) -> Link {
        try await catalog.createLink(
            LinkDraft(destination: "https://example.com/", slashtag: slashtag, tags: tags),
            in: catalog.mainWorkspace(),
            by: catalog.account()
        )
    }

    /// The tags that the edge is told of the link `a`.
    private func told(_ catalog: Catalog) throws -> [String] {
        let key = try #require(SlashtagKey("a"))
        return try #require(try catalog.route(host: "a.test", key: key)).details?.tags ?? []
    }

    @Test func `tags that are named are made, kept in order, and told to the edge`() async throws {
        try await withCatalog { catalog in
            let workspace = try await catalog.mainWorkspace()
            _ = try await catalog.createDomain(fullName: "a.test", in: workspace)
            let known = try await catalog.createMark(
                .tag,
                name: "b",
                value: "ff0000",
                in: workspace
            )
            let link = try await makeLink(catalog, tags: [.name("z"), .id(known.id), .name("z")])
            #expect(link.tags.map(\.name) == ["z", "b"])
            #expect(link.tags.map(\.value) == [Mark.plainColor, "ff0000"])
            #expect(try told(catalog) == ["z", "b"])
            #expect(try await catalog.markCount(.tag, in: workspace) == 2)
            let edited = try await catalog.updateLink(
                id: link.id,
                in: workspace,
                LinkEdit(tags: [.name("c")])
            )
            #expect(edited.tags.map(\.name) == ["c"])
            #expect(try told(catalog) == ["c"])
        }
    }

    @Test func `a tag's new name and its removal reach every link`() async throws {
        try await withCatalog { catalog in
            let workspace = try await catalog.mainWorkspace()
            _ = try await catalog.createDomain(fullName: "a.test", in: workspace)
            let link = try await makeLink(catalog, tags: [.name("old"), .name("stays")])
            let tag = try #require(link.tags.first)
            let resent = Mutex<[[String]]>([])
            catalog.observeDirectory { changes in
                resent.withLock { resent in
                    for case .link(_, _, let route) in changes {
                        resent.append(route.details?.tags ?? [])
                    }
                }
            }
            _ = try await catalog.updateMark(
                .tag,
                id: tag.id,
                name: "new",
                value: nil,
                in: workspace
            )
            #expect(resent.withLock { $0 } == [["new", "stays"]])
            #expect(try told(catalog) == ["new", "stays"])
            _ = try await catalog.deleteMark(.tag, id: tag.id, in: workspace)
            #expect(try told(catalog) == ["stays"])
            #expect(
                try await catalog.link(id: link.id, in: workspace).tags.map(\.name) == ["stays"]
            )
        }
    }

    @Test func `what is attached can be taken off once`() async throws {
        try await withCatalog { catalog in
            let workspace = try await catalog.mainWorkspace()
            _ = try await catalog.createDomain(fullName: "a.test", in: workspace)
            let link = try await makeLink(catalog)
            let tag = try await catalog.createMark(.tag, name: "t", value: "000000", in: workspace)
            for _ in 0..<2 {
                _ = try await catalog.attach(.tag, id: tag.id, toLink: link.id, in: workspace)
            }
            #expect(
                try await catalog.marks(.tag, ofLink: link.id, in: workspace).map(\.id) == [tag.id]
            )
            #expect(try told(catalog) == ["t"])
            _ = try await catalog.detach(.tag, id: tag.id, fromLink: link.id, in: workspace)
            #expect(try told(catalog) == [])
            await #expect(throws: CatalogError.notFound("tag")) {
                try await catalog.detach(.tag, id: tag.id, fromLink: link.id, in: workspace)
            }
        }
    }

    @Test func `names are a workspace's own, colours and scripts have their form`() async throws {
        try await withCatalog { catalog in
            let main = try await catalog.mainWorkspace()
            let other = try await catalog.createWorkspace(name: "Other")
            let tag = try await catalog.createMark(.tag, name: "t", value: "00ff00", in: main)
            _ = try await catalog.createMark(.tag, name: "t", value: "00ff00", in: other)
            await #expect(throws: CatalogError.duplicate("name")) {
                try await catalog.createMark(.tag, name: "t", value: "00ff00", in: main)
            }
            await #expect(throws: CatalogError.notFound("tag")) {
                try await catalog.mark(.tag, id: tag.id, in: other)
            }
            for color in ["", "#00ff00", "00ff0", "00ff0g"] {
                await #expect(throws: CatalogError.self) {
                    try await catalog.createMark(.tag, name: "x", value: color, in: main)
                }
            }
            await #expect(throws: CatalogError.self) {
                let long = String(repeating: "x", count: Mark.longestScript + 1)
                return try await catalog.createMark(.script, name: "x", value: long, in: main)
            }
        }
    }

    @Test func `links are found by their tags, by one of several`() async throws {
        try await withCatalog { catalog in
            let workspace = try await catalog.mainWorkspace()
            _ = try await catalog.createDomain(fullName: "a.test", in: workspace)
            _ = try await makeLink(catalog, tags: [.name("x")], slashtag: "1")
            _ = try await makeLink(catalog, tags: [.name("x"), .name("y")], slashtag: "2")
            _ = try await makeLink(catalog, slashtag: "3")
            for (tags, count) in [(["x"], 2), (["y"], 1), (["x", "y"], 2), (["z"], 0), ([], 0)] {
                let filter = LinkFilter(tags: tags)
                #expect(try await catalog.linkCount(in: workspace, matching: filter) == count)
                let links = try await catalog.links(in: workspace, matching: filter, Page())
                #expect(links.count == count)
            }
        }
    }
}
