import Catalog
import ClickModel
import Foundation
import GRDB
import Synchronization
import Testing

struct DirectoryTests {
    @Test func `a change is answered after the edge knows of it, in the order of commits`()
        async throws
    {
        try await withCatalog { catalog in
            let edge = RecordingEdge()
            let workspace = try await catalog.mainWorkspace()
            let link = try await catalog.makeLink("a")
            catalog.observeDirectory { changes in
                // Whoever is slow must not be overtaken.
                await Task.yield()
                edge.take(changes)
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<100 {
                    group.addTask {
                        let url = "https://example.com/\(number)"
                        _ = try await catalog.updateLink(
                            id: link.id,
                            in: workspace,
                            LinkEdit(destination: url)
                        )
                        let told = edge.changes.compactMap { $0.route?.destination }
                        #expect(told.contains(url))
                    }
                }
                try await group.waitForAll()
            }
            let last = try await catalog.link(id: link.id, in: workspace).destination
            #expect(edge.changes.count == 100)
            #expect(edge.changes.last?.route?.destination == last)
        }
    }

    @Test func `a change whose asker has gone is told all the same`() async throws {
        try await withCatalog { catalog in
            let edge = RecordingEdge()
            _ = try await catalog.makeLink("first")
            catalog.observeDirectory { edge.take($0) }
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await catalog.makeLink("second")
            }
            // The asker was cancelled before it asked: reads fail, changes go through or do not.
            let link = try? await task.value
            #expect((link != nil) == (edge.changes.count == 1))
        }
    }

    @Test func `routes carry what events need, and share their workspace and domain`()
        async throws
    {
        try await withCatalog { catalog in
            let edge = RecordingEdge()
            catalog.observeDirectory { edge.take($0) }
            let link = try await catalog.makeLink("Spring")
            _ = try await catalog.makeLink("b")
            let workspace = try await catalog.mainWorkspace()
            let routes = edge.changes.compactMap(\.route)
            let route = try #require(routes.first)
            #expect(route.id == link.id)
            #expect(route.slashtag == "Spring")
            #expect(route.creatorID == link.creatorID)
            #expect(route.workspace.id == workspace.id)
            #expect(route.workspace.number == workspace.number)
            #expect(route.workspace.name == "Main")
            #expect(route.domain.id == link.domainID)
            #expect(route.domain.raw == "go.acme.com")
            #expect(route.details?.createdAt == link.createdAt)
            #expect(routes.last?.workspace === route.workspace)
            #expect(routes.last?.domain === route.domain)
        }
    }

    @Test func `a renamed workspace sends its links anew`() async throws {
        try await withCatalog { catalog in
            for number in 0..<5 { _ = try await catalog.makeLink("a\(number)") }
            let edge = RecordingEdge()
            catalog.observeDirectory { edge.take($0) }
            let workspace = try await catalog.mainWorkspace()
            _ = try await catalog.updateWorkspace(id: workspace.id, name: "Acme")
            let routes = edge.changes.compactMap(\.route)
            #expect(routes.count == 5)
            #expect(routes.allSatisfy { $0.workspace.name == "Acme" })
        }
    }

    @Test func `a renamed slashtag is removed and added, a deleted domain takes its links along`()
        async throws
    {
        try await withCatalog { catalog in
            let edge = RecordingEdge()
            let workspace = try await catalog.mainWorkspace()
            let link = try await catalog.makeLink("old")
            catalog.observeDirectory { edge.take($0) }
            _ = try await catalog.updateLink(
                id: link.id,
                in: workspace,
                LinkEdit(slashtag: "new")
            )
            #expect(edge.changes.map(\.summary) == ["-go.acme.com/old", "+go.acme.com/new"])
            _ = try await catalog.deleteDomain(id: link.domainID, in: workspace)
            #expect(edge.changes.last?.summary == "-go.acme.com")
            #expect(try await catalog.linkCount() == 0)
        }
    }

    @Test func `the load at start sends domains before links, in batches`() async throws {
        try await withCatalog { catalog in
            for number in 0..<25 { _ = try await catalog.makeLink("a\(number)") }
            let edge = RecordingEdge()
            try await catalog.allDirectoryChanges(batch: 10) { edge.take($0) }
            #expect(edge.batches.map(\.count) == [1, 10, 10, 5])
            #expect(edge.changes.first?.summary == "+go.acme.com")
            #expect(Set(edge.changes.map(\.summary)).count == 26)
        }
    }

    @Test func `the edge is told of no more links than it has room for, and that there are more`()
        async throws
    {
        try await withCatalog { catalog in
            for number in 0..<25 { _ = try await catalog.makeLink("a\(number)") }
            let cut = RecordingEdge()
            try await catalog.allDirectoryChanges(most: 12, batch: 10) { cut.take($0) }
            #expect(cut.batches.map(\.count) == [1, 10, 10, 1])
            #expect(cut.changes.last?.summary == "...")
            let whole = RecordingEdge()
            try await catalog.allDirectoryChanges(most: 25, batch: 10) { whole.take($0) }
            #expect(whole.changes.allSatisfy { $0.summary != "..." })
        }
    }

    @Test func `a domain says who wants to know of orphans, as long as a stream does`()
        async throws
    {
        try await withCatalog { catalog in
            _ = try await catalog.makeLink("a")
            let workspace = try await catalog.mainWorkspace()
            let edge = RecordingEdge()
            catalog.observeDirectory { edge.take($0) }
            func owners() -> [String?] {
                edge.changes.compactMap { change -> String?? in
                    guard case .domain(let entry) = change else { return nil }
                    return .some(entry.orphans?.workspace.name)
                }
            }
            // Numbers of streams and workspaces differ.
            _ = try await catalog.makeStream()
            let stream = try await catalog.makeStream().stream
            #expect(owners().isEmpty)
            var change = StreamChange()
            change.filter = EventFilter(orphans: true)
            _ = try await catalog.changeStream(id: stream.id, in: workspace, change)
            #expect(owners() == ["Main"])
            _ = try await catalog.updateWorkspace(id: workspace.id, name: "Acme")
            _ = try await catalog.createDomain(fullName: "b.acme.com", in: workspace)
            #expect(owners() == ["Main", "Acme", "Acme"])
            try await catalog.allDirectoryChanges { edge.take($0) }
            #expect(owners().suffix(2) == ["Acme", "Acme"])
            _ = try await catalog.deleteStream(id: stream.id, in: workspace)
            #expect(owners().suffix(2) == [nil, nil])
        }
    }

    @Test func `a link is found by host and key, and only there`() async throws {
        try await withCatalog { catalog in
            let link = try await catalog.makeLink("Spring")
            let key = try #require(SlashtagKey("spring"))
            #expect(try catalog.route(host: "go.acme.com", key: key)?.id == link.id)
            #expect(try catalog.route(host: "other.test", key: key) == nil)
            let other = try #require(SlashtagKey("summer"))
            #expect(try catalog.route(host: "go.acme.com", key: other) == nil)
        }
    }
}

extension DirectoryChange {
    var summary: String {
        switch self {
        case .domain(let domain): "+\(domain.host)"
        case .domainRemoved(let host): "-\(host)"
        case .link(let host, let key, _):
            "+\(host)/\(String(decoding: key.bytes, as: UTF8.self))"
        case .linksLeftOut: "..."
        case .linkRemoved(let host, let key):
            "-\(host)/\(String(decoding: key.bytes, as: UTF8.self))"
        }
    }
}
