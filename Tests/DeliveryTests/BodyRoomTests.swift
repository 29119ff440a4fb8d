import ClickModel
import Delivery
import Synchronization
import Testing

/// Who got in, in order.
private final class Order: Sendable {
    private let list = Mutex<[WorkspaceNumber]>([])

    var all: [WorkspaceNumber] { list.withLock { $0 } }

    func add(_ workspace: WorkspaceNumber) { list.withLock { $0.append(workspace) } }
}

@Suite struct BodyRoomTests {
    @Test func `who wants more than there is waits, and workspaces take turns`() async throws {
        let room = BodyRoom(limit: 100)
        let first = try #require(await room.take(100, for: 1, isFailing: false))
        let order = Order()
        await withTaskGroup(of: Void.self) { group in
            for workspace: WorkspaceNumber in [1, 1, 1, 2] {
                group.addTask {
                    guard let place = await room.take(100, for: workspace, isFailing: false) else {
                        return
                    }
                    order.add(workspace)
                    room.giveBack(place)
                }
                // One after the other: the order in which they ask matters here.
                try? await Task.sleep(for: .milliseconds(20))
            }
            #expect(order.all == [])
            #expect(room.isContended)
            room.giveBack(first)
        }
        #expect(order.all == [1, 2, 1, 1])
        #expect(room.used == 0)
        #expect(!room.isContended)
    }

    @Test func `receivers that fail get half of it, the others all`() async throws {
        let room = BodyRoom(limit: 100)
        let failing = try #require(await room.take(1000, for: 1, isFailing: true))
        #expect(room.used == 50)
        let waiting = Task { await room.take(10, for: 2, isFailing: true) }
        let healthy = try #require(await room.take(50, for: 3, isFailing: false))
        #expect(room.used == 100)
        room.giveBack(healthy)
        #expect(room.used == 50)
        room.giveBack(failing)
        let place = try #require(await waiting.value)
        #expect(room.used == 10)
        room.giveBack(place)
    }

    @Test func `what a body turns out not to need goes to others`() async throws {
        let room = BodyRoom(limit: 100)
        var place = try #require(await room.take(100, for: 1, isFailing: false))
        room.shrink(&place, to: 30)
        #expect(room.used == 30)
        let other = try #require(await room.take(70, for: 2, isFailing: false))
        room.giveBack(place)
        room.giveBack(other)
        #expect(room.used == 0)
    }

    @Test func `who stops waiting holds nobody up`() async throws {
        let room = BodyRoom(limit: 100)
        let first = try #require(await room.take(60, for: 1, isFailing: false))
        let large = Task { await room.take(100, for: 2, isFailing: false) }
        try await Task.sleep(for: .milliseconds(10))
        let small = Task { await room.take(40, for: 3, isFailing: false) }
        try await Task.sleep(for: .milliseconds(10))
        large.cancel()
        #expect(await large.value == nil)
        let place = try #require(await small.value)
        room.giveBack(place)
        room.giveBack(first)
        #expect(room.used == 0)
    }

    @Test func `no workspace has more than a quarter beside its first place`() async throws {
        let room = BodyRoom(limit: 100)
        let first = try #require(await room.take(20, for: 1, isFailing: false))
        let second = Task { await room.take(20, for: 1, isFailing: false) }
        try await Task.sleep(for: .milliseconds(10))
        // It waits for its share, and holds nobody else up.
        let other = try #require(await room.take(20, for: 2, isFailing: false))
        #expect(room.used == 40)
        room.giveBack(first)
        let place = try #require(await second.value)
        room.giveBack(place)
        room.giveBack(other)
        // A place may be larger than the share when it is the only one.
        let large = try #require(await room.take(90, for: 1, isFailing: false))
        room.giveBack(large)
        #expect(room.used == 0)
    }

    @Test func `a place grows only by what is free, and when nobody waits`() async throws {
        let room = BodyRoom(limit: 100)
        var place = try #require(await room.take(40, for: 1, isFailing: false))
        #expect(room.grow(&place, by: 40))
        #expect(!room.grow(&place, by: 40))
        #expect(room.used == 80)
        let waiting = Task { await room.take(60, for: 2, isFailing: false) }
        try await Task.sleep(for: .milliseconds(10))
        #expect(!room.grow(&place, by: 1))
        room.giveBack(place)
        room.giveBack(try #require(await waiting.value))
        #expect(room.used == 0)
    }
}
