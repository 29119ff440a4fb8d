import Catalog
import ClickModel
import Testing

struct LinksTests {
    @Test(arguments: ["spring", "SPRING", "Spring"])
    func `a domain has a slashtag once, whatever its case`(again: String) async throws {
        try await withCatalog { catalog in
            _ = try await catalog.makeLink("Spring")
            await #expect(throws: CatalogError.duplicate("slashtag")) {
                try await catalog.makeLink(again)
            }
        }
    }

    @Test func `composed and decomposed letters are one slashtag`() async throws {
        try await withCatalog { catalog in
            _ = try await catalog.makeLink("caf\u{E9}")
            await #expect(throws: CatalogError.duplicate("slashtag")) {
                try await catalog.makeLink("cafe\u{301}")
            }
        }
    }

    @Test(arguments: ["favicon.ico", "Robots.TXT", "a b", "a/b", "a?b", "a#b", "..", "a\u{7}"])
    func `what can't be a slashtag is refused`(slashtag: String) async throws {
        try await withCatalog { catalog in
            let error = await #expect(throws: CatalogError.self) {
                try await catalog.makeLink(slashtag)
            }
            #expect(error?.properties == ["slashtag"])
        }
    }

    @Test func `an automatic slashtag is short and lower case`() async throws {
        try await withCatalog { catalog in
            for _ in 0..<20 {
                let slashtag = try await catalog.makeLink(nil).slashtag
                #expect(slashtag.count == 5)
                #expect(slashtag.allSatisfy { $0.isASCII && ($0.isNumber || $0.isLowercase) })
            }
        }
    }

    @Test(arguments: [
        "", "example.com", "/a", "ftp://example.com/", "javascript:alert(1)", "http://",
        "https://exa mple.com/", "https://example.com/a b", "https://example.com/\r\nX: y",
        "https://example.com/\u{0}", " https://example.com/", "file:///etc/passwd",
        "https://example.com/" + String(repeating: "a", count: 8192),
    ])
    func `what can't be a destination is refused`(destination: String) async throws {
        try await withCatalog { catalog in
            let error = await #expect(throws: CatalogError.self) {
                try await catalog.makeLink("a", to: destination)
            }
            #expect(error?.properties == ["destination"])
        }
    }

    @Test func `an ASCII destination goes out as given, another one serialised`() async throws {
        try await withCatalog { catalog in
            let edge = RecordingEdge()
            catalog.observeDirectory { edge.take($0) }
            let plain = "https://www.example.com/a?x=1&x=2&y=%20z"
            let accented = "https://example.com/caf\u{E9}?q=\u{FC}"
            _ = try await catalog.makeLink("a", to: plain)
            let link = try await catalog.makeLink("b", to: accented)
            let routes = edge.changes.compactMap(\.route)
            #expect(routes.map(\.destination) == [plain, "https://example.com/caf%C3%A9?q=%C3%BC"])
            #expect(link.destination == accented)
        }
    }

    @Test func `a change keeps what it doesn't name`() async throws {
        try await withCatalog { catalog in
            let workspace = try await catalog.mainWorkspace()
            let link = try await catalog.makeLink("a")
            var edit = LinkEdit(title: .some("Spring"))
            let titled = try await catalog.updateLink(id: link.id, in: workspace, edit)
            #expect(titled.title == "Spring")
            #expect(titled.destination == link.destination)
            edit = LinkEdit(destination: "https://example.org/", title: .some(nil))
            let bare = try await catalog.updateLink(id: link.id, in: workspace, edit)
            #expect(bare.title == nil)
            #expect(bare.destination == "https://example.org/")
            #expect(bare.slashtag == "a")
        }
    }

    @Test func `pages neither repeat nor skip when links come and go meanwhile`() async throws {
        let clock = ManualClock()
        try await withCatalog {
            $0.now = { clock.now }
        } _: { catalog in
            let workspace = try await catalog.mainWorkspace()
            // Pairs of equal creation times: the order must not depend on them alone.
            for number in 0..<10 {
                if number.isMultiple(of: 2) { clock.advance(by: .seconds(1)) }
                _ = try await catalog.makeLink("old\(number)")
            }
            var seen: [String] = []
            var page = Page(limit: 3)
            while true {
                let links = try await catalog.links(in: workspace, page)
                guard let last = links.last else { break }
                seen += links.map(\.slashtag)
                page.last = last.id
                _ = try await catalog.makeLink("new\(seen.count)")
            }
            #expect(seen == (0..<10).reversed().map { "old\($0)" })
        }
    }

    @Test func `a list is sorted as asked, and ends with an empty page`() async throws {
        try await withCatalog { catalog in
            let workspace = try await catalog.mainWorkspace()
            for slashtag in ["b", "c", "a"] { _ = try await catalog.makeLink(slashtag) }
            var page = Page(limit: 2, order: .slashtag, isAscending: true)
            let first = try await catalog.links(in: workspace, page)
            #expect(first.map(\.slashtag) == ["a", "b"])
            page.last = first.last?.id
            let second = try await catalog.links(in: workspace, page)
            #expect(second.map(\.slashtag) == ["c"])
            page.last = second.last?.id
            #expect(try await catalog.links(in: workspace, page).isEmpty)
            page.last = "0123"
            await #expect(throws: CatalogError.self) {
                try await catalog.links(in: workspace, page)
            }
        }
    }

    @Test func `filters narrow lists and counts alike`() async throws {
        try await withCatalog { catalog in
            let workspace = try await catalog.mainWorkspace()
            let first = try await catalog.makeLink("a")
            let other = try await catalog.createDomain(fullName: "b.test", in: workspace)
            _ = try await catalog.createLink(
                LinkDraft(
                    destination: "https://example.com/",
                    slashtag: "a",
                    isFavourite: true,
                    domain: .fullName("B.TEST.")
                ),
                in: workspace,
                by: catalog.account()
            )
            let filters: [(LinkFilter, Int)] = [
                (LinkFilter(), 2), (LinkFilter(slashtag: "A"), 2),
                (LinkFilter(domainIDs: [first.domainID]), 1), (LinkFilter(domainName: "b.test"), 1),
                (LinkFilter(domainIDs: [other.id], isFavourite: false), 0),
                (LinkFilter(isFavourite: true), 1), (LinkFilter(slashtag: "zzz"), 0),
                (LinkFilter(slashtag: "not/one"), 0),
            ]
            for (filter, count) in filters {
                #expect(
                    try await catalog.links(in: workspace, matching: filter, Page()).count == count
                )
                #expect(try await catalog.linkCount(in: workspace, matching: filter) == count)
            }
        }
    }

    @Test func `one workspace doesn't see another's links`() async throws {
        try await withCatalog { catalog in
            let link = try await catalog.makeLink("a")
            let other = try await catalog.createWorkspace(name: "Other")
            await #expect(throws: CatalogError.notFound("link")) {
                try await catalog.link(id: link.id, in: other)
            }
            await #expect(throws: CatalogError.notFound("link")) {
                try await catalog.deleteLink(id: link.id, in: other)
            }
            await #expect(throws: CatalogError.notFound("domain")) {
                try await catalog.createLink(
                    LinkDraft(destination: "https://example.com/", domain: .id(link.domainID)),
                    in: other,
                    by: catalog.account()
                )
            }
            #expect(try await catalog.links(in: other, Page()).isEmpty)
        }
    }
}

extension CatalogError {
    var properties: [String] {
        if case .invalid(let problems) = self { return problems.map(\.property) }
        return []
    }
}
