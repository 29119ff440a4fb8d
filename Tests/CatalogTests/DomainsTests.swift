import Catalog
import ClickModel
import Testing

struct DomainsTests {
    @Test(arguments: [
        ("Go.Acme.COM", "go.acme.com"), ("go.acme.com.", "go.acme.com"), ("go", "go"),
        ("b\u{FC}cher.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
    ])
    func `a host name is kept in lower case ASCII`(given: String, kept: String) async throws {
        try await withCatalog { catalog in
            let workspace = try await catalog.mainWorkspace()
            let domain = try await catalog.createDomain(fullName: given, in: workspace)
            #expect(domain.fullName == kept)
            await #expect(throws: CatalogError.duplicate("fullName")) {
                try await catalog.createDomain(fullName: kept, in: workspace)
            }
        }
    }

    @Test(arguments: [
        "", ".", "a..b", "go.acme.com:8080", "http://go.acme.com", "go.acme.com/x", "-a.test",
        "a-.test", "a_b.test", "a b.test", "127.0.0.1", "1.2.3.0x7f", "[::1]", "a@b.test",
        "a%2eb.test", String(repeating: "a", count: 64) + ".test",
        Array(repeating: "abcdefg", count: 33).joined(separator: "."),
    ])
    func `what is no host name is refused`(name: String) async throws {
        try await withCatalog { catalog in
            let error = await #expect(throws: CatalogError.self) {
                try await catalog.createDomain(fullName: name, in: catalog.mainWorkspace())
            }
            #expect(error?.properties == ["fullName"])
        }
    }

    @Test func `a domain's URLs are checked, changed and taken away`() async throws {
        try await withCatalog { catalog in
            let workspace = try await catalog.mainWorkspace()
            let error = await #expect(throws: CatalogError.self) {
                try await catalog.createDomain(
                    fullName: "a.test",
                    rootURL: "javascript:1",
                    in: workspace
                )
            }
            #expect(error?.properties == ["rootURL"])
            let made = try await catalog.createDomain(
                fullName: "a.test",
                rootURL: "https://example.com/",
                fallbackURL: "https://example.com/lost",
                in: workspace
            )
            let changed = try await catalog.updateDomain(
                id: made.id,
                in: workspace,
                DomainEdit(rootURL: .some(nil))
            )
            #expect(changed.rootURL == nil)
            #expect(changed.fallbackURL == "https://example.com/lost")
        }
    }
}
