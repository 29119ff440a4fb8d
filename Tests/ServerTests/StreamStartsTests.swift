import Catalog
import ClickModel
import Foundation
import Logging
import TestKit
import Testing

@testable import Server

struct StreamStartsTests {
    private let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    /// A catalog in a folder of its own, and its workspace.
    private func newCatalog() async throws -> (folder: String, Catalog, Workspace) {
        let folder = FileManager.default.temporaryDirectory.appending(path: "clickstream-\(UUID())")
            .path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let catalog = try Catalog(CatalogSettings(directory: folder))
        return (folder, catalog, try #require(try await catalog.workspaces(Page()).first))
    }

    private func order(
        _ catalog: Catalog,
        in workspace: Workspace,
        start: Offset,
        total: Int64
    ) async throws -> EventStream {
        try await catalog.createStream(
            StreamDraft(
                destination: Destination(kind: "webhook", settings: [:]),
                secretFields: [],
                key: "k",
                secrets: [],
                start: start,
                startTotal: total
            ),
            in: workspace
        ).stream
    }

    @Test func `streams that begin beyond a lost log's end go on from it`() async throws {
        let (folder, catalog, workspace) = try await newCatalog()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for (start, total) in [(Offset(1), Int64(1)), (Offset(5000), 4000)] {
            _ = try await order(catalog, in: workspace, start: start, total: total)
        }
        let log = MemoryLog()
        try await TestSource(for: log).append([
            TestEvent("a", workspace: workspace.number), TestEvent("b", workspace: 77),
        ])
        try await StreamStarts.bringInside(log, of: catalog, quiet)
        let streams = try await catalog.streams()
        #expect(streams.map(\.start) == [Offset(1), Offset(2)])
        #expect(streams.map(\.startTotal) == [1, 1])
    }

    @Test func `what was to be skipped or sent again of a lost log is over`() async throws {
        let (folder, catalog, workspace) = try await newCatalog()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let stream = try await order(catalog, in: workspace, start: Offset(1), total: 1)
        let replays = [(Offset(0)..<Offset(2), "rpl_1"), (Offset(0)..<Offset(3000), "rpl_2")].map {
            Replay(
                id: EventStream.ID($1),
                stream: stream.id,
                covers: $0,
                firstSequence: 1,
                startTotal: 0
            )
        }
        for (replay, skipTo) in zip(replays, [Offset(2), Offset(5000)]) {
            _ = try await catalog.moveStream(
                id: stream.id,
                in: workspace,
                from: Set(StreamStatus.allCases),
                to: .active,
                skipTo: skipTo,
                with: replay
            )
        }
        #expect(try await catalog.streams().first?.skipTo == Offset(5000))
        let log = MemoryLog()
        let source = TestSource(for: log)
        try await source.append([TestEvent("a"), TestEvent("b")])
        try await StreamStarts.bringInside(log, of: catalog, quiet)
        let left = try await catalog.streams()
        #expect(left.map(\.id.description) == [stream.id.description, "rpl_1"])
        #expect(left.first?.skipTo == nil)
        #expect(left.first?.start == Offset(1))
    }
}
