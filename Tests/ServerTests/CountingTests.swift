import Catalog
import ClickModel
import Foundation
import Logging
import TestKit
import Testing

@testable import Server

/// What is counted behind the log: months, and links' clicks.
struct CountingTests {
    private final class Place {
        let catalog: Catalog
        let log = MemoryLog()
        let source: TestSource
        let main: Workspace
        let link: Link
        private let folder: URL

        init() async throws {
            folder = FileManager.default.temporaryDirectory.appending(path: "counts-\(UUID())")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            catalog = try Catalog(CatalogSettings(directory: folder.path))
            source = TestSource(for: log)
            main = try await catalog.mainWorkspace()
            _ = try await catalog.createDomain(fullName: "a.test", in: main)
            link = try await catalog.createLink(
                LinkDraft(destination: "https://example.com/", slashtag: "a"),
                in: main,
                by: catalog.account()
            )
        }

        var counter: LinkCounter { counter(told: nil) }

        /// A counter that the log's thread tells of a part of the log.
        func counter(told: LinkCounts?) -> LinkCounter {
            LinkCounter(catalog, log, Logger(label: "tests")) { told }
        }

        func click(
            _ agent: String = "human",
            in workspace: WorkspaceNumber? = nil,
            at time: Timestamp = Timestamp(microseconds: 1_562_076_426_981_094)
        ) -> TestEvent {
            var event = TestEvent(
                "e",
                workspace: workspace ?? main.number,
                link: link.id,
                at: time
            )
            event.agent = agent
            return event
        }

        func counted() async throws -> (clicks: Int, last: Timestamp?) {
            let link = try await catalog.link(id: link.id, in: main)
            return (link.clicks, link.lastClickAt)
        }

        deinit {
            try? catalog.close()
            try? FileManager.default.removeItem(at: folder)
        }
    }

    @Test func `people's clicks are counted once, also over a restart`() async throws {
        let place = try await Place()
        try await place.counter.count()
        try await place.source.append([place.click(), place.click("bot"), place.click()])
        for _ in 0..<2 { try await place.counter.count() }
        #expect(try await place.counted().clicks == 2)
        #expect(
            try await place.counted().last == Timestamp(microseconds: 1_562_076_426_981_094)
        )
        try await place.source.append([place.click()])
        // A counter of another process, which knows what the catalog says.
        try await place.counter.count()
        #expect(try await place.counted().clicks == 3)
    }

    @Test
    func `what was counted along with commits is taken as told, and what lies before is read`()
        async throws
    {
        let place = try await Place()
        try await place.counter.count()
        try await place.source.append([place.click(), place.click()])
        try await place.source.append([place.click(), place.click()])
        // More than the log says, to see which of both is believed.
        var clicks = LinkClicks(last: .now)
        for _ in 0..<10 { clicks.add(startsSession: true, at: .now) }
        let link = CountedLink(workspace: place.main.number, id: place.link.id)
        let made = CountedLink(workspace: place.main.number, id: "made up")
        let told = LinkCounts(offsets: Offset(2)..<Offset(4), links: [link: clicks, made: clicks])
        try await place.counter(told: told).count()
        #expect(try await place.counted().clicks == 12)
        #expect(try await place.catalog.countedEvents() == Offset(4))
        // Told of a part that is counted already, it counts what is behind that, by reading.
        try await place.source.append([place.click()])
        let late = LinkCounts(offsets: Offset(3)..<Offset(5), links: [link: clicks])
        try await place.counter(told: late).count()
        #expect(try await place.counted().clicks == 13)
    }

    @Test func `another workspace's clicks that name the link are none of it`() async throws {
        let place = try await Place()
        try await place.counter.count()
        let other = try await place.catalog.createWorkspace(name: "Other")
        try await place.source.append([place.click(in: other.number)])
        try await place.counter.count()
        #expect(try await place.counted().clicks == 0)
    }

    @Test func `a click of the future is of now`() async throws {
        let place = try await Place()
        try await place.counter.count()
        let future = Timestamp.now.advanced(by: .seconds(86_400 * 365))
        try await place.source.append([place.click(at: future)])
        try await place.counter.count()
        #expect(try #require(try await place.counted().last) <= .now)
    }

    @Test func `what was trimmed before it was read is passed over`() async throws {
        let place = try await Place()
        try await place.counter.count()
        try await place.source.append([place.click(), place.click()])
        try await place.source.append([place.click()])
        try await place.log.trim(before: Offset(2))
        try await place.counter.count()
        #expect(try await place.counted().clicks == 1)
    }

    @Test func `a month's events are those since it began`() async throws {
        let place = try await Place()
        let before = try #require(Timestamp("2026-10-31T23:59:59Z"))
        let within = try #require(Timestamp("2026-11-01T00:00:00Z"))
        try await place.source.append([place.click(at: before), place.click(at: before)])
        try await place.source.append([place.click(at: within)])
        let watch = UsageWatch(place.catalog, place.log, Logger(label: "tests"))
        var known: [WorkspaceNumber: Int64] = [:]
        try await watch.look(&known, "2026-11")
        #expect(
            try await place.catalog.usage(of: place.main)
                == [MonthlyUsage(month: "2026-11", events: 1)]
        )
        try await place.source.append([place.click(at: within), place.click(at: within)])
        try await watch.look(&known, "2026-11")
        #expect(try await place.catalog.usage(of: place.main).first?.events == 3)
        // A workspace made in the middle of a month begins with nothing.
        let other = try await place.catalog.createWorkspace(name: "Other")
        try await place.source.append([place.click(in: other.number)])
        try await watch.look(&known, "2026-11")
        #expect(try await place.catalog.usage(of: other).first?.events == 1)
    }
}
