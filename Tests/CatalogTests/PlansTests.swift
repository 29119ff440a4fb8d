import Catalog
import ClickModel
import Testing

struct PlansTests {
    private func refusal(
        _ body: () async throws(CatalogError) -> Void
    ) async -> (code: String, message: String)? {
        do throws(CatalogError) {
            try await body()
        } catch .beyondPlan(let code, let message) {
            return (code, message)
        } catch {}
        return nil
    }

    private func activate(_ stream: EventStream, _ catalog: Catalog) async throws {
        let state = StreamState(.active, since: .now)
        try await catalog.setState(state, of: stream.id, from: [.verifying])
    }

    @Test func `a new installation is unlimited, and two more plans are there as examples`()
        async throws
    {
        try await withCatalog { catalog in
            let workspace = try await catalog.mainWorkspace()
            #expect(workspace.planName == "Unlimited")
            let plan = try await catalog.plan(workspace.planID)
            #expect(plan.features == Set(PlanFeature.allCases))
            #expect(plan.streams == nil && plan.links == nil && plan.isStandard)
            #expect(try await catalog.plan("free").features.isEmpty)
            #expect(try await catalog.planCount() == 3)
            #expect(try await catalog.createWorkspace(name: "B").planName == "Unlimited")
        }
    }

    @Test func `without the feature no stream is made, and the refusal says who has it`()
        async throws
    {
        try await withCatalog { catalog in
            let workspace = try await catalog.mainWorkspace()
            _ = try await catalog.assignPlan("Free", to: workspace.id)
            let refused = await refusal { () async throws(CatalogError) in
                _ = try await catalog.makeStream()
            }
            #expect(refused?.code == "OwnerFeatureNotIncluded")
            #expect(
                refused?.message
                    == "the workspace's plan Free doesn't include clickstream; these would do: Unlimited, Pro"
            )
            _ = try await catalog.assignPlan("Pro", to: workspace.id)
            let sink = await refusal { () async throws(CatalogError) in
                _ = try await catalog.makeStream(kind: "s3")
            }
            #expect(sink?.code == "OwnerFeatureNotIncluded")
            #expect(sink?.message.contains("include sinks; these would do: Unlimited") ?? false)
            for _ in 0..<3 { _ = try await catalog.makeStream() }
            let fourth = await refusal { () async throws(CatalogError) in
                _ = try await catalog.makeStream()
            }
            #expect(fourth?.code == "OwnerLimitReached")
        }
    }

    @Test func `a plan that shrinks pauses the youngest streams beyond it`() async throws {
        try await withCatalog { catalog in
            let workspace = try await catalog.mainWorkspace()
            let edit = PlanEdit(name: "Small", features: [.clickstream], streams: .some(3))
            let plan = try await catalog.createPlan(edit)
            _ = try await catalog.assignPlan("Small", to: workspace.id)
            var streams: [EventStream] = []
            for _ in 0..<3 { streams.append(try await catalog.makeStream().stream) }
            try await activate(streams[0], catalog)
            try await activate(streams[1], catalog)
            _ = try await catalog.updatePlan(plan.id, PlanEdit(streams: .some(1)))
            func states() async throws -> [StreamState] {
                try await catalog.streams().map(\.state)
            }
            #expect(try await states().map(\.status) == [.active, .paused, .verifying])
            #expect(try await states().map(\.reason) == [nil, "PlanLimit", "PlanLimit"])
            // Its test was under way: accepted or not, there is no room.
            try await activate(streams[2], catalog)
            #expect(try await states()[2].status == .verifying)
            #expect(try await states()[2].reason == "PlanLimit")
            for (stream, from) in [(streams[1], StreamStatus.paused), (streams[2], .verifying)] {
                let refused = await refusal { () async throws(CatalogError) in
                    _ = try await catalog.moveStream(
                        id: stream.id,
                        in: workspace,
                        from: [from],
                        to: from == .paused ? .active : .verifying
                    )
                }
                #expect(refused?.code == "OwnerLimitReached")
            }
            _ = try await catalog.updatePlan(plan.id, PlanEdit(streams: .some(nil)))
            _ = try await catalog.moveStream(
                id: streams[1].id,
                in: workspace,
                from: [.paused],
                to: .active
            )
            #expect(try await states().map(\.status) == [.active, .active, .verifying])
            _ = try await catalog.updatePlan(plan.id, PlanEdit(features: []))
            #expect(try await states().map(\.status) == [.paused, .paused, .verifying])
        }
    }

    @Test func `a stream that runs goes before one that was never confirmed`() async throws {
        try await withCatalog { catalog in
            let workspace = try await catalog.mainWorkspace()
            let waiting = try await catalog.makeStream().stream
            let running = try await catalog.makeStream().stream
            try await activate(running, catalog)
            let edit = PlanEdit(name: "One", features: [.clickstream], streams: .some(1))
            let plan = try await catalog.createPlan(edit)
            _ = try await catalog.assignPlan("One", to: workspace.id)
            _ = try await catalog.updatePlan(plan.id, PlanEdit(name: "Uno"))
            let states = try await catalog.streams().map { ($0.id, $0.state) }
            #expect(states.map(\.0) == [waiting.id, running.id])
            #expect(states.map(\.1.status) == [.verifying, .active])
            #expect(states.map(\.1.reason) == ["PlanLimit", nil])
        }
    }

    @Test func `a resume that the plan refuses orders no replay`() async throws {
        try await withCatalog { catalog in
            let workspace = try await catalog.mainWorkspace()
            let stream = try await catalog.makeStream().stream
            try await activate(stream, catalog)
            _ = try await catalog.assignPlan("Free", to: workspace.id)
            let replay = Replay(
                id: EventStream.ID("rpl_1"),
                stream: stream.id,
                covers: Offset(7)..<Offset(9),
                firstSequence: 1,
                startTotal: 3
            )
            func resume() async throws(CatalogError) {
                _ = try await catalog.moveStream(
                    id: stream.id,
                    in: workspace,
                    from: [.paused],
                    to: .active,
                    with: replay
                )
            }
            let refused = await refusal(resume)
            #expect(refused?.code == "OwnerFeatureNotIncluded")
            #expect(try await catalog.replays(of: stream.id, limit: 9).isEmpty)
            _ = try await catalog.assignPlan("Pro", to: workspace.id)
            try await resume()
            #expect(try await catalog.replays(of: stream.id, limit: 9).map(\.replay) == [replay])
        }
    }

    @Test func `links have a limit, too`() async throws {
        try await withCatalog { catalog in
            let workspace = try await catalog.mainWorkspace()
            _ = try await catalog.createPlan(PlanEdit(name: "Tiny", links: .some(2)))
            _ = try await catalog.assignPlan("Tiny", to: workspace.id)
            for tag in ["a", "b"] { _ = try await catalog.makeLink(tag) }
            await #expect(throws: CatalogError.self) { _ = try await catalog.makeLink("c") }
            #expect(try await catalog.linkCount() == 2)
        }
    }

    @Test func `one plan is the standard one, and what is used stays`() async throws {
        try await withCatalog { catalog in
            let workspace = try await catalog.mainWorkspace()
            await #expect(throws: CatalogError.self) {
                _ = try await catalog.deletePlan("Unlimited")
            }
            _ = try await catalog.updatePlan("Pro", PlanEdit(isStandard: true))
            #expect(try await catalog.createWorkspace(name: "B").planName == "Pro")
            #expect(try await catalog.plan("Unlimited").isStandard == false)
            // The first workspace has it still.
            await #expect(throws: CatalogError.self) {
                _ = try await catalog.deletePlan("Unlimited")
            }
            _ = try await catalog.assignPlan("Free", to: workspace.id)
            _ = try await catalog.deletePlan("Unlimited")
            await #expect(throws: CatalogError.duplicate("name")) {
                _ = try await catalog.createPlan(PlanEdit(name: "pro"))
            }
            await #expect(throws: CatalogError.notFound("plan")) {
                _ = try await catalog.assignPlan("Unlimited", to: workspace.id)
            }
        }
    }
}
