import Catalog
import ClickModel
import Testing

@Suite struct UsageTests {
    private let clock = ManualClock()

    private func withLimit(
        _ limit: Int,
        _ body: (Catalog, Workspace, EventStream.ID) async throws -> Void
    ) async throws {
        try await withCatalog {
            $0.now = { [clock] in clock.now }
        } _: { catalog in
            let plan = PlanEdit(name: "Small", features: [.clickstream], events: .some(limit))
            _ = try await catalog.createPlan(plan)
            let workspace = try await catalog.mainWorkspace()
            _ = try await catalog.assignPlan("Small", to: workspace.id)
            let stream = try await catalog.makeStream().stream.id
            let active = StreamState(.active, since: clock.now)
            try await catalog.setState(active, of: stream, from: [.verifying])
            try await body(catalog, workspace, stream)
        }
    }

    private func note(
        _ total: Int64,
        since start: Int64 = 0,
        _ catalog: Catalog,
        _ workspace: Workspace
    ) async throws {
        let count = UsageCount(workspace: workspace.number, startTotal: start, total: total)
        try await catalog.noteUsage([count], in: clock.now.month)
    }

    private func state(_ stream: EventStream.ID, _ catalog: Catalog) async throws -> String {
        let workspace = try await catalog.mainWorkspace()
        let state = try await catalog.stream(id: stream, in: workspace).stream.state
        return state.status.rawValue + (state.reason.map { " \($0)" } ?? "")
    }

    @Test func `a month's events are counted from where it began`() async throws {
        try await withLimit(1000) { catalog, workspace, _ in
            let first = clock.now.month
            try await note(40, since: 10, catalog, workspace)
            try await note(50, since: 10, catalog, workspace)
            #expect(
                try await catalog.usage(of: workspace) == [MonthlyUsage(month: first, events: 40)]
            )
            clock.advance(by: .seconds(32 * 86_400))
            // The rest of the month before came after it was counted last.
            try await note(61, since: 60, catalog, workspace)
            #expect(
                try await catalog.usage(of: workspace) == [
                    MonthlyUsage(month: clock.now.month, events: 1),
                    MonthlyUsage(month: first, events: 50),
                ]
            )
        }
    }

    @Test
    func `used up, streams pause and clicks from elsewhere are refused, until the month ends`()
        async throws
    {
        try await withLimit(100) { catalog, workspace, stream in
            try await note(99, catalog, workspace)
            #expect(try await state(stream, catalog) == "active")
            try await catalog.requireRoomForEvents(in: workspace)
            try await note(100, catalog, workspace)
            #expect(try await state(stream, catalog) == "paused MonthlyLimit")
            await #expect(throws: CatalogError.self) {
                try await catalog.requireRoomForEvents(in: workspace)
            }
            // A person can't resume it either.
            await #expect(throws: CatalogError.self) {
                try await catalog.moveStream(
                    id: stream,
                    in: workspace,
                    from: [.paused],
                    to: .active
                )
            }
            clock.advance(by: .seconds(32 * 86_400))
            try await note(100, since: 100, catalog, workspace)
            #expect(try await state(stream, catalog) == "active")
        }
    }

    @Test func `a larger plan lets streams go on at once`() async throws {
        try await withLimit(100) { catalog, workspace, stream in
            try await note(500, catalog, workspace)
            #expect(try await state(stream, catalog) == "paused MonthlyLimit")
            _ = try await catalog.updatePlan("Small", PlanEdit(events: .some(501)))
            #expect(try await state(stream, catalog) == "active")
            _ = try await catalog.updatePlan("Small", PlanEdit(events: .some(500)))
            #expect(try await state(stream, catalog) == "paused MonthlyLimit")
            _ = try await catalog.assignPlan("Unlimited", to: workspace.id)
            #expect(try await state(stream, catalog) == "active")
        }
    }

    @Test func `what a person paused stays paused`() async throws {
        try await withLimit(100) { catalog, workspace, stream in
            _ = try await catalog.moveStream(
                id: stream,
                in: workspace,
                from: [.active],
                to: .paused
            )
            try await note(500, catalog, workspace)
            _ = try await catalog.assignPlan("Unlimited", to: workspace.id)
            #expect(try await state(stream, catalog) == "paused")
        }
    }

    @Test func `a log that begins anew takes nothing of the month away`() async throws {
        try await withLimit(1000) { catalog, workspace, _ in
            try await note(85, catalog, workspace)
            for (total, events) in [(0, 85), (3, 88), (4, 89)] as [(Int64, Int64)] {
                try await note(total, catalog, workspace)
                #expect(try await catalog.usage(of: workspace).map(\.events) == [events])
            }
        }
    }

    @Test func `a month that a wrong clock came to is forgotten`() async throws {
        try await withLimit(1000) { catalog, workspace, _ in
            let future = UsageCount(workspace: workspace.number, startTotal: 0, total: 5)
            try await catalog.noteUsage([future], in: "2099-01")
            try await note(7, catalog, workspace)
            #expect(
                try await catalog.usage(of: workspace)
                    == [MonthlyUsage(month: clock.now.month, events: 7)]
            )
        }
    }

    @Test func `a stream that was confirmed in a used up month begins when there is room`()
        async throws
    {
        try await withLimit(100) { catalog, workspace, _ in
            try await note(100, catalog, workspace)
            let late = try await catalog.makeStream().stream.id
            let active = StreamState(.active, since: clock.now)
            try await catalog.setState(active, of: late, from: [.verifying])
            #expect(try await state(late, catalog) == "verifying MonthlyLimit")
            _ = try await catalog.assignPlan("Unlimited", to: workspace.id)
            // Without a reason it is tested again.
            #expect(try await state(late, catalog) == "verifying")
        }
    }

    @Test func `what its owner pauses in a used up month stays paused`() async throws {
        try await withLimit(100) { catalog, workspace, stream in
            try await note(100, catalog, workspace)
            _ = try await catalog.moveStream(
                id: stream,
                in: workspace,
                from: [.active, .failing, .paused],
                to: .paused
            )
            _ = try await catalog.assignPlan("Unlimited", to: workspace.id)
            #expect(try await state(stream, catalog) == "paused")
        }
    }
}
