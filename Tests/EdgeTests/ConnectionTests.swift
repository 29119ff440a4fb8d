import ClickModel
import Foundation
import Synchronization
import Testing

@testable import Edge

@Suite struct ConnectionTests {
    @Test func `an answer waits until its click is on disk, other visitors' do not`() async throws {
        try await EdgeFixture.run(RecordingIntake(.keep)) { edge in
            let visitor = try edge.visitor()
            try await visitor.send(EdgeFixture.request("GET", "/a"))
            await edge.intake.wait(for: 1)
            #expect(try await edge.ask("/b", method: "HEAD").status == 302)
            #expect(visitor.isQuiet)
            edge.intake.settle()
            #expect(try await visitor.answer().location == "https://a.test/")
        }
    }

    @Test func `a group that is shed at once doesn't let an older one's answers go`() async throws {
        try await EdgeFixture.run(RecordingIntake(.keep)) { edge in
            let (first, second) = (try edge.visitor(), try edge.visitor())
            try await first.send(EdgeFixture.request("GET", "/a"))
            await edge.intake.wait(for: 1)
            edge.intake.change(to: .shed)
            try await second.send(EdgeFixture.request("GET", "/b"))
            #expect(try await second.answer().location == "https://b.test/")
            #expect(first.isQuiet)
            edge.intake.settle()
            #expect(try await first.answer().location == "https://a.test/")
        }
    }

    @Test(arguments: [true, false])
    func `a pipeline of any length is answered in its order`(waitsForDisk: Bool) async throws {
        let paths = (0..<2000).map { ["/a", "/none", "/b?\($0)", "/f?n=\($0)", "/"][$0 % 5] }
        try await EdgeFixture.run {
            $0.waitsForDisk = waitsForDisk
        } _: { edge in
            let visitor = try edge.visitor()
            // More at once than the server keeps unread: it must stop reading, and start again.
            let filler = "X: \(String(repeating: "x", count: 300))"
            let text = paths.map { EdgeFixture.request("GET", $0, filler) }.joined()
            async let sent: Void = visitor.send(text)
            for (number, path) in paths.enumerated() {
                let answer = try await visitor.answer()
                switch path.dropFirst().first {
                case "a": #expect(answer.location == "https://a.test/")
                case "b": #expect(answer.location == "https://b.test/")
                case "f": #expect(answer.location == "https://f.test/?x=1&n=\(number)#end")
                case "n": #expect(answer.status == 404)
                default: #expect(answer.status == 200)
                }
            }
            try await sent
            // In buffered mode the last group may leave after the last answer.
            await edge.intake.wait(for: 1200)
            #expect(edge.intake.clicks.count == 1200)
            #expect(edge.metrics.redirects.value == 1200)
        }
    }

    @Test(arguments: [true, false])
    func `a visitor who reads late stops the server's reading, and gets every answer`(
        waitsForDisk: Bool
    ) async throws {
        try await EdgeFixture.run {
            $0.waitsForDisk = waitsForDisk
        } _: { edge in
            let long = "https://long.test/\(String(repeating: "x", count: 8000))"
            await edge.server.apply([try EdgeFixture.link("long", to: long)])
            let visitor = try Visitor(port: edge.server.port, bufferBytes: 32_768)
            let filler = "X: \(String(repeating: "x", count: 500))"
            let text = EdgeFixture.request("GET", "/long", filler)
            let (whole, rest) = try await visitor.stuff(text)
            async let finished: Void = visitor.send(rest + EdgeFixture.request("GET", "/a"))
            for _ in 0..<(whole + (rest.isEmpty ? 0 : 1)) {
                #expect(try await visitor.answer().location == long)
            }
            #expect(try await visitor.answer().location == "https://a.test/")
            try await finished
        }
    }

    @Test func `of two requests the later one's time is later, by whatever clock`() async throws {
        let stopped = Timestamp(microseconds: 1_700_000_000_000_000)
        let clock = Mutex(stopped)
        try await EdgeFixture.run {
            $0.now = { clock.withLock(\.self) }
        } _: { edge in
            let visitor = try edge.visitor()
            try await visitor.send(
                String(repeating: EdgeFixture.request("GET", "/a"), count: 200)
            )
            for _ in 0..<200 { _ = try await visitor.answer() }
            #expect(edge.intake.times == (0..<200).map { stopped.advanced(by: .microseconds($0)) })
            // One that is set back is followed.
            let earlier = stopped.advanced(by: .seconds(-60))
            clock.withLock { $0 = earlier }
            _ = try await edge.ask("/a")
            #expect(edge.intake.times.last == earlier)
        }
    }

    @Test func `a visitor who reads next to nothing is closed`() async throws {
        try await EdgeFixture.run {
            $0.readingTimeout = .seconds(3)
        } _: { edge in
            let long = "https://long.test/\(String(repeating: "x", count: 8000))"
            await edge.server.apply([try EdgeFixture.link("long", to: long)])
            let slow = try Visitor(port: edge.server.port, bufferBytes: 4096)
            let other = try edge.visitor()
            let text = EdgeFixture.request("GET", "/long")
            _ = try await slow.stuff(text)
            #expect(edge.metrics.openConnections.value == 2)
            let deadline = ContinuousClock.now + .seconds(30)
            while edge.metrics.openConnections.value > 1, .now < deadline {
                try? await slow.receive(100)
                try await Task.sleep(for: .milliseconds(100))
            }
            #expect(edge.metrics.openConnections.value == 1)
            try await other.send(text)
            #expect(try await other.answer().location == long)
        }
    }

    @Test func `heads that come byte by byte are answered`() async throws {
        try await EdgeFixture.run { edge in
            let visitor = try edge.visitor()
            let text =
                "\r\n" + EdgeFixture.request("GET", "/a") + "\r\n"
                + EdgeFixture.request("GET", "/b")
            for byte in text.utf8 { try await visitor.send(String(UnicodeScalar(byte))) }
            #expect(try await visitor.answer().location == "https://a.test/")
            #expect(try await visitor.answer().location == "https://b.test/")
        }
    }

    @Test func `what was asked before the visitor stopped sending is answered`() async throws {
        try await EdgeFixture.run { edge in
            let visitor = try edge.visitor()
            let text = (0..<200).map { _ in EdgeFixture.request("GET", "/a") }.joined()
            try await visitor.send(text + "GET /b HT")
            visitor.finish()
            let answers = try await visitor.rest()
            #expect(answers.components(separatedBy: "Location: ").count == 201)
            #expect(edge.intake.clicks.count == 200)
        }
    }

    @Test func `a visitor who goes away while the disk works harms nobody`() async throws {
        try await EdgeFixture.run(RecordingIntake(.keep)) { edge in
            for number in 1...20 {
                let visitor = try edge.visitor()
                try await visitor.send(EdgeFixture.request("GET", "/a"))
                await edge.intake.wait(for: number)
                visitor.vanish()
            }
            edge.intake.change(to: .store)
            edge.intake.settle()
            #expect(try await edge.ask("/b").status == 302)
            await edge.server.stop(grace: .seconds(5))
            #expect(edge.metrics.openConnections.value == 0)
        }
    }

    @Test func `a visitor who stops sending while the disk works is answered, then closed`()
        async throws
    {
        try await EdgeFixture.run(RecordingIntake(.keep)) { edge in
            let visitor = try edge.visitor()
            try await visitor.send(EdgeFixture.request("GET", "/a"))
            await edge.intake.wait(for: 1)
            try await visitor.send(EdgeFixture.request("HEAD", "/b") + "GET /a HT")
            visitor.finish()
            edge.intake.settle()
            #expect(try await visitor.answer().location == "https://a.test/")
            #expect(try await visitor.answer(toHead: true).location == "https://b.test/")
            #expect(try await visitor.rest() == "")
            #expect(edge.intake.clicks.count == 1)
        }
    }

    @Test(arguments: [true, false])
    func `what a visitor sends after its last request costs it no answer`(
        waitsForDisk: Bool
    ) async throws {
        try await EdgeFixture.run {
            $0.waitsForDisk = waitsForDisk
        } _: { edge in
            let visitor = try edge.visitor()
            try await visitor.send(EdgeFixture.request("GET", "/a", "Connection: close"))
            try await visitor.send(String(repeating: "x", count: 1 << 20))
            visitor.finish()
            #expect(try await visitor.answer().location == "https://a.test/")
            #expect(try await visitor.rest() == "")
        }
    }

    @Test func `many connections on several loops are answered, and none is left over`()
        async throws
    {
        try await EdgeFixture.run {
            $0.threads = 3
        } _: { edge in
            for _ in 0..<5 {
                let visitors = try (0..<40).map { _ in try edge.visitor() }
                for visitor in visitors {
                    try await visitor.send(EdgeFixture.request("GET", "/a"))
                }
                for (number, visitor) in visitors.enumerated() {
                    #expect(try await visitor.answer().location == "https://a.test/")
                    if number % 3 == 0 { visitor.vanish() }
                }
            }
            await edge.server.stop(grace: .seconds(5))
            #expect(edge.metrics.openConnections.value == 0)
            #expect(edge.metrics.redirects.value == 200)
        }
    }

    @Test func `connections beyond the limit are closed and counted`() async throws {
        try await EdgeFixture.run {
            $0.maximumConnections = 1
        } _: { edge in
            let first = try edge.visitor()
            try await first.send(EdgeFixture.request("GET", "/a"))
            #expect(try await first.answer().status == 302)
            #expect(try await edge.visitor().rest() == "")
            #expect(edge.metrics.refusedConnections.value == 1)
            #expect(edge.metrics.openConnections.value == 1)
        }
    }

    @Test func `stopping lets waiting answers leave and closes idle connections`() async throws {
        try await EdgeFixture.run(RecordingIntake(.keep)) { edge in
            let (waiting, idle) = (try edge.visitor(), try edge.visitor())
            try await idle.send(EdgeFixture.request("GET", "/"))
            #expect(try await idle.answer().status == 200)
            try await waiting.send(EdgeFixture.request("GET", "/a"))
            await edge.intake.wait(for: 1)
            async let stopped: Void = edge.server.stop(grace: .seconds(10))
            #expect(try await idle.rest() == "")
            #expect(waiting.isQuiet)
            edge.intake.settle()
            #expect(try await waiting.answer().location == "https://a.test/")
            #expect(try await waiting.rest() == "")
            await stopped
            #expect(throws: Visitor.Trouble.self) { _ = try edge.visitor() }
        }
    }

    @Test func `a group that never settles holds a stop up no longer than its grace`() async throws
    {
        let intake = RecordingIntake(.keep)
        try await EdgeFixture.run(intake) { edge in
            let visitor = try edge.visitor()
            try await visitor.send(EdgeFixture.request("GET", "/a"))
            await intake.wait(for: 1)
            await edge.server.stop(grace: .milliseconds(100))
            #expect(try await visitor.rest() == "")
        }
        // Whatever comes after that must not meet a loop that is gone.
        intake.settle()
    }
}
