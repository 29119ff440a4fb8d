import Catalog
import ClickModel
import Foundation
import HTTPTypes
import HummingbirdTesting
import Synchronization
import TestKit
import Testing

@testable import ControlAPI

struct LiveEventsTests {
    @Test(.timeLimit(.minutes(5)))
    func `the live stream goes on where the last event id says, and ends with the service`()
        async throws
    {
        let listener = LiveListener()
        try await withAPI(.live, heartbeat: .milliseconds(50)) { client, world in
            let port = try #require(client.port)
            let mine = try await world.catalog.mainWorkspace().number
            try await world.source.append([TestEvent("before", workspace: mine)])
            try listener.connect(port: port, lastEventID: nil)
            try await listener.wait(for: ": live\n\n")
            try await world.source.append([
                TestEvent("one", workspace: mine), TestEvent("foreign", workspace: 77),
                TestEvent("two", workspace: mine),
            ])
            try await listener.wait(for: "\"two\"}\n\n")
            #expect(!listener.text.contains("before"))
            #expect(!listener.text.contains("foreign"))
            #expect(listener.text.contains("id: e0000000000000002\ndata: {\"mark\":\"one\"}\n\n"))
            try await listener.wait(for: "\n:\n\n")

            let second = LiveListener()
            try second.connect(port: port, lastEventID: "e0000000000000002")
            try await second.wait(for: "\"two\"}\n\n")
            #expect(!second.text.contains("\"one\""))
            second.close()
            // The first listener is still there: leaving stops the service around it.
        }
        try await listener.waitForEnd()
    }

    @Test(.timeLimit(.minutes(5)))
    func `a listener that doesn't read can't hold the stop up`() async throws {
        let listener = LiveListener()
        try await withAPI(.live) { client, world in
            let mine = try await world.catalog.mainWorkspace().number
            try listener.connect(port: try #require(client.port), lastEventID: nil)
            try await listener.wait(for: ": live\n\n")
            // Far more than sockets hold.
            let mark = String(repeating: "x", count: 100_000)
            for _ in 0..<100 {
                try await world.source.append([
                    TestEvent(mark, workspace: mine), TestEvent(mark, workspace: mine),
                    TestEvent(mark, workspace: mine), TestEvent(mark, workspace: mine),
                ])
            }
        }
        listener.close()
    }

    @Test(.timeLimit(.minutes(5)))
    func `a listener that stops reading is dropped with a word, and holds nobody up`() async throws
    {
        try await withAPI(.live, listenerPatience: .milliseconds(300)) { client, world in
            let port = try #require(client.port)
            let mine = try await world.catalog.mainWorkspace().number
            let slow = LiveListener()
            let other = LiveListener()
            defer {
                slow.close()
                other.close()
            }
            try slow.connect(port: port, roomBytes: 1 << 16)
            try await slow.wait(for: ": live\n\n")
            try other.connect(port: port)
            try await other.wait(for: ": live\n\n")
            // Far more than sockets hold.
            let filling = String(repeating: "x", count: 100_000)
            let reading = Task { try await other.wait(for: "data: {\"mark\":\"149-") }
            for number in 0..<150 {
                try await world.source.append([TestEvent("\(number)-\(filling)", workspace: mine)])
            }
            try await reading.value
            let read = world.log.blocksRead
            try await world.messages.wait(for: "a listener is dropped: it does not read")
            // Nothing was read from the log for the slow one meanwhile.
            #expect(world.log.blocksRead <= read + 32)
            // It takes what is on the way to it, the last word, and the end.
            try await slow.wait(for: "\r\n0\r\n\r\n")
            #expect(slow.text.contains("event: error\ndata: {\"code\":\"TooSlow\""))
            #expect(!slow.text.contains("data: {\"mark\":\"149-"))

            // From its last whole event it goes on, and misses none.
            let frames = slow.text.components(separatedBy: "\n\n").filter { $0.hasSuffix("x\"}") }
            let last = try #require(frames.last?.components(separatedBy: "\ndata: "))
            let cursor = last[0].suffix(17)
            let mark = last[1].dropFirst(#"{"mark":""#.count).prefix { $0 != "-" }
            let again = LiveListener()
            defer { again.close() }
            try again.connect(port: port, lastEventID: String(cursor))
            let next = try #require(Int(mark)) + 1
            try await again.wait(for: "data: {\"mark\":\"\(next)-")
            #expect(!again.text.contains("data: {\"mark\":\"\(mark)-"))
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a write that doesn't end costs the connection, and one that ends in time doesn't`()
        async throws
    {
        let (closes, isClosed) = AsyncStream.makeStream(of: String.self)
        let watch = WriteWatch(patience: .milliseconds(30), grace: .milliseconds(30))
        let end = watch.start(
            close: { isClosed.yield("closed") },
            onLate: { isClosed.yield("late") }
        )
        for _ in 0..<3 {
            watch.begin()
            #expect(watch.end())
        }
        watch.begin()
        var iterator = closes.makeAsyncIterator()
        #expect(await iterator.next() == "late")
        #expect(!watch.end())
        #expect(await iterator.next() == "closed")
        end()
    }

    @Test(.timeLimit(.minutes(5)))
    func `a listener whose place was trimmed is told how much is gone`() async throws {
        try await withAPI(.live) { client, world in
            let mine = try await world.catalog.mainWorkspace().number
            for number in 0..<5 {
                try await world.source.append([TestEvent("m\(number)", workspace: mine)])
            }
            try await world.log.trim(before: Offset(3))
            let listener = LiveListener()
            defer { listener.close() }
            try listener.connect(
                port: try #require(client.port),
                lastEventID: "e0000000000000001"
            )
            try await listener.wait(for: "\"m4\"}\n\n")
            #expect(
                listener.text.contains(
                    """
                    id: e0000000000000003
                    event: trimmed
                    data: {"from":"e0000000000000001","to":"e0000000000000003","offsets":2}


                    """
                )
            )
            #expect(!listener.text.contains("\"m2\""))
            #expect(listener.text.contains("\"m3\""))
            let page = try await client.call(.get, "/v1/events?last=e0000000000000001")
            #expect(page.headers[.init("x-trimmed")!] == "2")
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a live stream begins at a time`() async throws {
        try await withAPI(.live) { client, world in
            let mine = try await world.catalog.mainWorkspace().number
            for second in 1...4 {
                let time = Timestamp(microseconds: Int64(second) * 1_000_000)
                try await world.source.append([TestEvent("s\(second)", workspace: mine, at: time)])
            }
            let listener = LiveListener()
            defer { listener.close() }
            try listener.connect(
                port: try #require(client.port),
                query: "?from=1970-01-01T00:00:03Z"
            )
            try await listener.wait(for: "\"s4\"}\n\n")
            #expect(!listener.text.contains("\"s2\"") && listener.text.contains("\"s3\""))
        }
    }

    @Test func `seats are bounded, in all and for each workspace, and come back`() {
        let seats = Seats(3, ofWorkspace: 2)
        var first = [seats.take(for: 1), seats.take(for: 1)]
        #expect(first.allSatisfy { $0 != nil })
        #expect(seats.take(for: 1) == nil)
        let other = seats.take(for: 2)
        #expect(other != nil)
        #expect(seats.take(for: 3) == nil)
        first.removeLast()
        #expect(seats.take(for: 3) != nil)
        withExtendedLifetime((first, other)) {}
    }
}
