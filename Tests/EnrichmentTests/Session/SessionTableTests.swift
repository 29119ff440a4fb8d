import ClickModel
import Testing

@testable import Enrichment

struct SessionTableTests {
    private static let start = Timestamp(microseconds: 1_700_000_000_000_000)
    private let group = EventGroup()

    private func table(limit: Int = 1000) -> SessionTable {
        SessionTable(window: .seconds(1800), limit: limit, wall: Self.start)
    }

    private func visitor(_ number: UInt64 = 1, isBot: Bool = false, workspace: Int64 = 1) -> Visitor
    {
        Visitor(
            address: IPAddress(high: 0, low: number),
            workspace: workspace,
            isBot: isBot,
            userAgent: 1,
            language: 2,
            domain: 3
        )
    }

    private func at(_ seconds: Int64) -> Timestamp { Self.start.advanced(by: .seconds(seconds)) }

    @Test func `a gap as long as the window ends a session`() {
        var table = table()
        #expect(table.touch(visitor(), at: at(0), wall: at(0), into: group) == at(0))
        #expect(table.touch(visitor(), at: at(1799), wall: at(1799), into: group) == at(0))
        #expect(table.touch(visitor(), at: at(3598), wall: at(3598), into: group) == at(0))
        #expect(table.touch(visitor(), at: at(5398), wall: at(5398), into: group) == at(5398))
    }

    @Test func `people and bots, workspaces and addresses are told apart`() {
        var table = table()
        for other in [
            visitor(), visitor(2), visitor(isBot: true), visitor(workspace: 2),
        ] {
            #expect(table.touch(other, at: at(5), wall: at(5), into: group) == at(5))
        }
    }

    @Test func `a click from before the last one leaves the session as it is`() {
        var table = table()
        _ = table.touch(visitor(), at: at(100), wall: at(100), into: group)
        _ = table.touch(visitor(), at: at(200), wall: at(200), into: group)
        let journalled = group.sessions.count
        #expect(table.touch(visitor(), at: at(150), wall: at(200), into: group) == at(100))
        #expect(table.touch(visitor(), at: at(50), wall: at(200), into: group) == at(50))
        #expect(table.touch(visitor(), at: at(-90_000), wall: at(200), into: group) == at(-90_000))
        #expect(group.sessions.count == journalled)
        #expect(table.touch(visitor(), at: at(1999), wall: at(1999), into: group) == at(100))
    }

    @Test func `a session outlives the change of the key`() {
        var table = table()
        let day: Int64 = 86_400
        for time in stride(from: Int64(0), to: day + 3600, by: 600) {
            let began = table.touch(visitor(), at: at(time), wall: at(time), into: group)
            #expect(began == at(0))
        }
        #expect(group.unsavedSessionKeys.count == 2)
    }

    @Test func `a session that began just before the change of the key outlives it`() {
        var table = table()
        let day: Int64 = 86_400
        _ = table.touch(visitor(1), at: at(0), wall: at(0), into: group)
        let begun = at(day - 10)
        #expect(table.touch(visitor(2), at: begun, wall: begun, into: group) == begun)
        _ = table.touch(visitor(3), at: at(day), wall: at(day), into: group)
        #expect(table.touch(visitor(2), at: at(day + 60), wall: at(day + 60), into: group) == begun)
        #expect(group.retiredSessionKeys.isEmpty)
    }

    @Test func `a key is retired when the last session of its is over`() {
        var table = table()
        let day: Int64 = 86_400
        for time in [0, day, day + 1800, day + 1802] {
            _ = table.touch(visitor(), at: at(time), wall: at(time), into: group)
        }
        #expect(group.retiredSessionKeys == [group.unsavedSessionKeys[0]])
        #expect(group.unsavedSessionKeys.count == 2)
    }

    @Test func `a click from the future changes no key`() {
        var table = table()
        _ = table.touch(visitor(), at: at(0), wall: at(0), into: group)
        let future = Timestamp(microseconds: .max)
        #expect(table.touch(visitor(9), at: future, wall: at(1), into: group) == future)
        #expect(table.touch(visitor(), at: at(2), wall: at(2), into: group) == at(0))
        #expect(group.unsavedSessionKeys.count == 1)
    }

    @Test func `a restart goes on with keys and sessions`() {
        var first = table()
        _ = first.touch(visitor(), at: at(0), wall: at(0), into: group)
        _ = first.touch(visitor(), at: at(30), wall: at(30), into: group)
        var second = SessionTable(
            window: .seconds(1800),
            limit: 1000,
            keys: group.unsavedSessionKeys,
            wall: at(60)
        )
        second.recall(group.sessions.bytes, wall: at(60))
        #expect(second.touch(visitor(), at: at(90), wall: at(90), into: group) == at(0))
        #expect(group.unsavedSessionKeys.count == 1)
    }

    @Test func `a torn or empty journal is no trouble`() {
        var table = SessionTable(window: .seconds(1800), limit: 10, wall: Self.start)
        for bytes in [[], [1, 2, 3], Array(repeating: 0, count: 47)] as [[UInt8]] {
            bytes.withUnsafeBufferPointer { table.recall($0, wall: Self.start) }
        }
        #expect(table.count == 0)
    }

    @Test func `no more sessions are held than may be`() {
        var table = table(limit: 500)
        for number in 0..<5000 {
            let time = at(Int64(number) / 10)
            _ = table.touch(visitor(UInt64(number)), at: time, wall: time, into: group)
            #expect(table.count <= 500)
        }
        // The latest ones are still there.
        let recent = table.touch(visitor(4999), at: at(500), wall: at(500), into: group)
        #expect(recent == at(499))
    }

    @Test func `a million visitors take at most 150 MB`() {
        var table = table(limit: 2_000_000)
        for number in 1...1_000_000 {
            let time = at(Int64(number) / 1000)
            _ = table.touch(visitor(UInt64(number)), at: time, wall: time, into: group)
            if number % 512 == 0 { group.removeAll() }
        }
        #expect(table.count == 1_000_000)
        // While it grows, the old slots are there beside the new ones.
        #expect(table.heldBytes * 3 / 2 <= 150_000_000, "\(table.heldBytes) bytes")
    }

    @Test func `sessions that are over are forgotten a few at a time`() {
        var table = table(limit: 100_000)
        for number in 0..<2000 {
            _ = table.touch(visitor(UInt64(number)), at: at(0), wall: at(0), into: group)
        }
        for number in 0..<4000 {
            _ = table.touch(visitor(7), at: at(4000 + Int64(number)), wall: at(4000), into: group)
        }
        #expect(table.count < 10)
    }

    @Test func `any order of clicks keeps the session's start at or before the click`() {
        let seed = UInt64.random(in: .min ... .max)
        var random = FastRandom(seed: (seed, 1))
        var table = table(limit: 64)
        for _ in 0..<20_000 {
            let time = at(Int64.random(in: -5000...5000, using: &random))
            let who = visitor(UInt64.random(in: 0...100, using: &random))
            let began = table.touch(who, at: time, wall: at(0), into: group)
            #expect(began <= time, "seed \(seed)")
        }
        #expect(table.count <= 64)
    }
}
