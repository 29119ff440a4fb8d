import ClickModel
import Dispatch
import Testing

@testable import Edge

@Suite struct DirectoryTests {
    @Test(arguments: [1, 3])
    func `a change is live when apply returns`(threads: Int) async throws {
        try await EdgeFixture.run {
            $0.threads = threads
        } _: { edge in
            for round in 0..<20 {
                let url = "https://a.test/\(round)"
                await edge.server.apply([try EdgeFixture.link("a", to: url)])
                for _ in 0..<threads { #expect(try await edge.ask("/a").location == url) }
            }
            let key = try #require(SlashtagKey("a"))
            await edge.server.apply([.linkRemoved(host: EdgeFixture.host, key: key)])
            #expect(try await edge.ask("/a").status == 404)
            await edge.server.apply([.domainRemoved(host: EdgeFixture.host)])
            #expect(try await edge.ask("/b").status == 404)
        }
    }

    @Test func `a long list is applied in its order, removals of a domain too`() async throws {
        try await EdgeFixture.run { edge in
            var changes = try (0..<20_000).map {
                try EdgeFixture.link("l\($0)", to: "https://old.test/")
            }
            changes.append(.domainRemoved(host: EdgeFixture.host))
            changes.append(try EdgeFixture.link("l7", to: "https://new.test/"))
            async let first: Void = edge.server.apply(changes)
            async let second: Void = edge.server.apply([])
            _ = await (first, second)
            #expect(try await edge.ask("/l7").location == "https://new.test/")
            #expect(try await edge.ask("/l8").status == 404)
        }
    }

    /// A server whose memory is so full that it must ask the catalog.
    private func runFull(
        _ source: ScriptedSource,
        _ body: (EdgeFixture) async throws -> Void
    ) async throws {
        try await EdgeFixture.run(links: source) {
            $0.linkMemory = 64
        } _: { edge in
            await edge.server.load(
                try (0..<5000).map { try EdgeFixture.link("x\($0)", to: "https://x.test/") }
            )
            try await body(edge)
        }
    }

    @Test func `a link that the memory lacks is asked for once, in the pipeline's order`()
        async throws
    {
        let source = ScriptedSource()
        source.set("rare", EdgeFixture.route("rare", to: "https://rare.test/"))
        try await runFull(source) { edge in
            let visitor = try edge.visitor()
            let paths = ["/rare", "/", "/none", "/rare"]
            try await visitor.send(paths.map { EdgeFixture.request("GET", $0) }.joined())
            #expect(try await visitor.answer().location == "https://rare.test/")
            #expect(try await visitor.answer().status == 200)
            #expect(try await visitor.answer().status == 404)
            #expect(try await visitor.answer().location == "https://rare.test/")
            #expect(source.asked == ["go.test/rare", "go.test/none"])
            #expect(edge.intake.clicks.map(\.id) == ["rare", "rare"])
        }
    }

    @Test func `a domain that isn't ours costs the catalog nothing`() async throws {
        let source = ScriptedSource()
        try await runFull(source) { edge in
            let answer = try await edge.ask("/rare", host: "other.test")
            #expect(answer.status == 404)
            #expect(source.asked.isEmpty)
        }
    }

    @Test func `a change that overtakes a look-up is what visitors get`() async throws {
        let source = ScriptedSource()
        source.set("rare", EdgeFixture.route("old", to: "https://old.test/"))
        try await runFull(source) { edge in
            let change = try EdgeFixture.link("rare", to: "https://new.test/")
            let server = edge.server
            source.meanwhile {
                // The catalog changes, and says so, while the old answer is on its way.
                source.set("rare", EdgeFixture.route("new", to: "https://new.test/"))
                let applied = DispatchSemaphore(value: 0)
                // Not awaited here: a look-up's thread has no task.
                Task {
                    await server.apply([change])
                    applied.signal()
                }
                applied.wait()
            }
            #expect(try await edge.ask("/rare").location == "https://new.test/")
            #expect(try await edge.ask("/rare").location == "https://new.test/")
            #expect(source.asked == ["go.test/rare", "go.test/rare"])
        }
    }

    /// A visitor who asks for `/a`, which is in memory and whose click waits for the disk, and for `/rare`, which is not.
    private func clickAndLookUp(_ edge: EdgeFixture) async throws -> Visitor {
        #expect(try await edge.ask("/a").status == 302)
        edge.intake.change(to: .keep)
        let visitor = try edge.visitor()
        try await visitor.send(
            EdgeFixture.request("GET", "/a") + EdgeFixture.request("GET", "/rare")
        )
        await edge.intake.wait(for: 2)
        return visitor
    }

    @Test func `a change that comes while answers before it wait is what visitors get`()
        async throws
    {
        let source = ScriptedSource()
        source.set("a", EdgeFixture.route("a", to: "https://a.test/"))
        source.set("rare", EdgeFixture.route("old", to: "https://old.test/"))
        try await runFull(source) { edge in
            let visitor = try await clickAndLookUp(edge)
            while !source.asked.contains("go.test/rare") {
                try await Task.sleep(for: .milliseconds(1))
            }
            // The loop has the catalog's answer when it has answered somebody else by it.
            #expect(try await edge.ask("/rare", method: "HEAD").location == "https://old.test/")
            source.set("rare", EdgeFixture.route("new", to: "https://new.test/"))
            await edge.server.apply([try EdgeFixture.link("rare", to: "https://new.test/")])
            edge.intake.settle()
            #expect(try await visitor.answer().location == "https://a.test/")
            await edge.intake.wait(for: 3)
            edge.intake.settle()
            #expect(try await visitor.answer().location == "https://new.test/")
        }
    }

    @Test func `a catalog that can't be read is no reason to say that a link doesn't exist`()
        async throws
    {
        let source = ScriptedSource()
        source.fail(true)
        source.set("rare", EdgeFixture.route("rare", to: "https://rare.test/"))
        try await runFull(source) { edge in
            let answer = try await edge.ask("/rare")
            #expect(answer.status == 503 && answer.fields["retry-after"] == "1")
            source.fail(false)
            #expect(try await edge.ask("/rare").status == 302)
        }
    }

    @Test func `a click and a look-up in one pipeline wait for both, in order`() async throws {
        let source = ScriptedSource()
        source.set("rare", EdgeFixture.route("rare", to: "https://rare.test/"))
        source.set("a", EdgeFixture.route("a", to: "https://a.test/"))
        try await runFull(source) { edge in
            let visitor = try await clickAndLookUp(edge)
            #expect(visitor.isQuiet)
            edge.intake.settle()
            #expect(try await visitor.answer().location == "https://a.test/")
            await edge.intake.wait(for: 3)
            edge.intake.settle()
            #expect(try await visitor.answer().location == "https://rare.test/")
        }
    }

    @Test func `what was left out is asked for, where there is room for everything too`()
        async throws
    {
        let source = ScriptedSource()
        source.set("rare", EdgeFixture.route("rare", to: "https://rare.test/"))
        try await EdgeFixture.run(links: source) { edge in
            await edge.server.apply([try EdgeFixture.link("a", to: "https://a.test/")])
            #expect(try await edge.ask("/rare").status == 404)
            #expect(source.asked.isEmpty)
            await edge.server.apply([.linksLeftOut])
            #expect(try await edge.ask("/rare").location == "https://rare.test/")
            #expect(try await edge.ask("/a").location == "https://a.test/")
            #expect(source.asked == ["go.test/rare"])
        }
    }
}
