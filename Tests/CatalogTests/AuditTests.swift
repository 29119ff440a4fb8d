import Catalog
import ClickModel
import Testing

@Suite struct AuditTests {
    private static let actor = Actor(keyID: "k1", keyName: "ci", request: "r1")

    @Test func `what somebody changed is told with who and what, newest first`() async throws {
        try await withCatalog { catalog in
            let workspace = try await catalog.mainWorkspace()
            try await Catalog.$actor.withValue(Self.actor) {
                _ = try await catalog.createDomain(fullName: "a.test", in: workspace)
                let link = try await catalog.createLink(
                    LinkDraft(destination: "https://example.com/", slashtag: "a"),
                    in: workspace,
                    by: catalog.account()
                )
                _ = try await catalog.updateLink(
                    id: link.id,
                    in: workspace,
                    LinkEdit(title: "Spring")
                )
                _ = try await catalog.deleteLink(id: link.id, in: workspace)
            }
            let entries = try await catalog.audit(of: workspace, before: nil, limit: 10)
            #expect(
                entries.map { "\($0.action) \($0.target)" }
                    == ["delete link", "update link", "create link", "create domain"]
            )
            #expect(entries.allSatisfy { $0.actor == Self.actor })
            #expect(entries.first?.targetName == "a.test/a")
            #expect(entries[1].details == #"{"title":"Spring"}"#)
            let next = try await catalog.audit(of: workspace, before: entries[1].number, limit: 1)
            #expect(next == [entries[2]])
        }
    }

    @Test func `nothing is told of what failed, nor of what the service did itself`() async throws {
        try await withCatalog { catalog in
            let workspace = try await catalog.mainWorkspace()
            _ = try await catalog.createDomain(fullName: "a.test", in: workspace)
            try await Catalog.$actor.withValue(Self.actor) {
                await #expect(throws: CatalogError.duplicate("fullName")) {
                    try await catalog.createDomain(fullName: "a.test", in: workspace)
                }
            }
            #expect(try await catalog.audit(of: nil, before: nil, limit: 10).isEmpty)
        }
    }

    @Test func `a workspace sees its own entries, and what was done to one that is gone stays`()
        async throws
    {
        try await withCatalog { catalog in
            let main = try await catalog.mainWorkspace()
            try await Catalog.$actor.withValue(Self.actor) {
                let other = try await catalog.createWorkspace(name: "Other")
                _ = try await catalog.createDomain(fullName: "b.test", in: other)
                #expect(try await catalog.audit(of: main, before: nil, limit: 10).isEmpty)
                _ = try await catalog.deleteWorkspace(id: other.id)
            }
            let all = try await catalog.audit(of: nil, before: nil, limit: 10)
            #expect(all.map(\.action) == ["delete", "create", "create"])
            #expect(all.first?.targetName == "Other")
        }
    }

    @Test func `secrets are in no entry`() async throws {
        try await withCatalog { catalog in
            let workspace = try await catalog.mainWorkspace()
            try await Catalog.$actor.withValue(Self.actor) {
                let stream = try await catalog.makeStream(value: "very-secret").stream
                var change = StreamChange()
                change.destination = Destination(
                    kind: "webhook",
                    settings: [
                        "endpoint": "https://example.com/?token=t0ken", "value": "even-more",
                    ]
                )
                change.secretFields = ["value"]
                change.key = "the-new-key"
                _ = try await catalog.changeStream(id: stream.id, in: workspace, change)
                try await catalog.rotateSecret(
                    id: stream.id,
                    in: workspace,
                    to: "whsec_bmV3",
                    overlap: .zero
                )
                let made = try await catalog.createKey(
                    name: "k",
                    scope: .owner,
                    expiresAt: nil,
                    in: workspace
                )
                let text = "\(try await catalog.audit(of: nil, before: nil, limit: 100))"
                for secret in [
                    "very-secret", "even-more", "t0ken", "the-new-key", "whsec_", made.key,
                ] {
                    #expect(!text.contains(secret))
                }
            }
        }
    }
}
