import Catalog
import ClickModel
import Synchronization
import Testing

struct CatalogTests {
    @Test func `a new catalog has one account and the workspace Main`() async throws {
        try await withCatalog { catalog in
            let account = try await catalog.account()
            #expect(account.id.count == 32)
            #expect(try await catalog.mainWorkspace().name == "Main")
            #expect(try await catalog.workspaceCount() == 1)
        }
    }

    @Test func `a catalog that is opened again is as it was left`() async throws {
        try await withFolder { folder in
            let first = try Catalog(CatalogSettings(directory: folder))
            let account = try await first.account()
            let link = try await first.makeLink("spring")
            let stream = try await first.makeStream()
            try first.close()

            let second = try Catalog(CatalogSettings(directory: folder))
            #expect(try await second.account() == account)
            #expect(try await second.workspaceCount() == 1)
            #expect(try await second.link(id: link.id, in: second.mainWorkspace()) == link)
            #expect(try await second.streams() == [stream.stream])
            try second.close()
        }
    }

    @Test func `ids and the clock can be given, so that rows can be foretold`() async throws {
        let ids = IDs(["account", "workspace", "domain", "link"])
        let time = Timestamp(microseconds: 42)
        try await withCatalog {
            $0.newID = { ids.next() }
            $0.now = { time }
        } _: { catalog in
            let link = try await catalog.makeLink("spring")
            #expect(link.id == "link")
            #expect(link.creatorID == "account")
            #expect(link.domainID == "domain")
            #expect(link.createdAt == time)
            #expect(try await catalog.mainWorkspace().id == "workspace")
        }
    }

    @Test func `a workspace goes with everything in it, the first one stays`() async throws {
        try await withCatalog { catalog in
            let main = try await catalog.mainWorkspace()
            let other = try await catalog.createWorkspace(name: "Other")
            let domain = try await catalog.createDomain(fullName: "a.test", in: other)
            let key = try await catalog.createKey(
                name: "k",
                scope: .owner,
                expiresAt: nil,
                in: other
            )
            await #expect(throws: CatalogError.inUse("the first workspace stays")) {
                try await catalog.deleteWorkspace(id: main.id)
            }
            let draft = LinkDraft(
                destination: "https://example.com/",
                slashtag: "a",
                tags: [.name("t")],
                domain: .id(domain.id)
            )
            let account = try await catalog.account()
            let link = try await catalog.createLink(draft, in: other, by: account)
            let rule = LinkRuleEdit(
                destination: "https://example.com/ie",
                conditions: [RoutingRule.Condition(.country, values: ["ie"])]
            )
            _ = try await catalog.createRule(ofLink: link.id, in: other, rule)
            let stream = try await catalog.makeStream(in: other)
            let told = Mutex<[String]>([])
            catalog.observeDirectory { changes in
                told.withLock { told in
                    for case .domainRemoved(let host) in changes { told.append(host) }
                }
            }
            _ = try await catalog.deleteWorkspace(id: other.id)
            #expect(told.withLock { $0 } == ["a.test"])
            #expect(try await catalog.accessKey(key.key) == nil)
            #expect(try await catalog.streams().allSatisfy { $0.id != stream.stream.id })
            // The name is free again.
            _ = try await catalog.createDomain(fullName: "a.test", in: main)
            #expect(try await catalog.linkCount() == 0)
            await #expect(throws: CatalogError.notFound("workspace")) {
                try await catalog.deleteWorkspace(id: other.id)
            }
        }
    }

    @Test func `a key is found by itself only, and not once it expired`() async throws {
        let clock = ManualClock()
        try await withCatalog {
            $0.now = { clock.now }
        } _: { catalog in
            let workspace = try await catalog.mainWorkspace()
            let end = clock.now.advanced(by: .seconds(60))
            let made = try await catalog.createKey(
                name: "one",
                scope: .reader,
                expiresAt: end,
                in: workspace
            )
            #expect(made.record.lastFour == made.key.suffix(4))
            #expect(try await catalog.accessKey(made.key) == made.record)
            #expect(try await catalog.accessKey(made.key + "x") == nil)
            #expect(try await catalog.accessKey("") == nil)
            clock.advance(by: .seconds(60))
            #expect(try await catalog.accessKey(made.key) == nil)
        }
    }
}
