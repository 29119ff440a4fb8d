import ClickModel
import Delivery
import Synchronization
import TestKit
import Testing

/// Holds up who comes, until it is opened or they are cancelled.
private final class Gate: Sendable {
    private let (opened, opener) = AsyncStream.makeStream(of: Void.self)

    func pass() async { for await _ in opened {} }

    func open() { opener.finish() }
}

@Suite struct SupervisorTests {
    @Test func `an attempt that hangs holds up no other stream, and its successor waits for it`()
        async throws
    {
        let gate = Gate()
        let rig = Rig([.fixture()]) { batch in if batch.attempt == 1 { await gate.pass() } }
        try await rig.append(["a"])
        await rig.supervisor.reload()
        _ = try await rig.attempts(1)
        // The stream is changed while its attempt hangs, and another one comes to be.
        rig.streams.put(.fixture(key: "other"))
        rig.streams.put(.fixture("s2", workspace: 2, status: .verifying))
        await rig.supervisor.reload()
        let second = try await rig.attempts(2)[1]
        #expect(second.isTest)
        #expect(rig.sink.received.filter { !$0.isTest }.count == 1)
        gate.open()
        try await eventually { try await rig.position()?.delivered == 1 }
        try await rig.append(["b"])
        try await eventually { rig.sink.received.contains { $0.text == "other" + body("b") } }
        await rig.supervisor.stop(grace: .seconds(1))
        #expect(rig.sink.received.filter { $0.text == body("a") }.map(\.attempt) == [1])
    }

    @Test func `stopping waits for the last attempt of a stream that was removed`() async throws {
        let gate = Gate()
        let rig = Rig([.fixture()]) { _ in await gate.pass() }
        try await rig.append(["a"])
        await rig.supervisor.reload()
        _ = try await rig.attempts(1)
        rig.streams.remove(EventStream.ID("s1"))
        await rig.supervisor.reload()
        // Its place is kept as long as it may still be written, and a stop cuts the attempt off.
        #expect(try await rig.position() != nil)
        await rig.supervisor.stop(grace: .milliseconds(10))
        #expect(rig.sink.isClosed)
    }

    @Test func `a deleted stream's place is forgotten when its last attempt has ended`()
        async throws
    {
        let gate = Gate()
        let rig = Rig([.fixture(), .fixture("s2", workspace: 2)]) { _ in await gate.pass() }
        try await rig.append(["a"])
        await rig.supervisor.reload()
        _ = try await rig.attempts(1)
        try await rig.append(["b"], workspace: 2)
        _ = try await rig.attempts(2)
        rig.streams.remove(EventStream.ID("s1"))
        await rig.supervisor.reload()
        #expect(try await rig.position() != nil)
        gate.open()
        try await eventually { try await rig.position() == nil }
        #expect(try await rig.position("s2") != nil)
        await rig.supervisor.stop(grace: .seconds(1))
    }

    @Test func `streams that can't be read at first are started when they can`() async throws {
        let rig = Rig([.fixture()])
        try await rig.append(["a"])
        rig.streams.fail(next: 1)
        await rig.supervisor.reload()
        #expect(try await rig.attempts(1)[0].text == body("a"))
        await rig.supervisor.stop(grace: .seconds(1))
    }

    @Test func `an outcome that can't be stored yet is stored later, not found out again`()
        async throws
    {
        let streams = TestStreams([.fixture(status: .verifying)])
        let rig = Rig(streams) { batch in if batch.isTest { streams.fail(next: 1) } }
        await rig.supervisor.reload()
        try await eventually { streams.history.last?.status == .active }
        #expect(rig.sink.received.count == 1)
        await rig.supervisor.stop(grace: .seconds(1))

        let over = TestStreams([.fixture()])
        let gone = DeliveryOutcome.gone(
            DeliveryFailure(answer: DeliveryAnswer(status: 410), message: "gone")
        )
        let dead = Rig(over, script: [gone]) { _ in over.fail(next: 1) }
        try await dead.append(["a"])
        await dead.supervisor.reload()
        try await eventually { over.history.last?.status == .disabled }
        await dead.supervisor.stop(grace: .seconds(1))
        #expect(dead.sink.received.count == 1)
    }

    @Test func `a stream that was paused during its test delivery stays paused`() async throws {
        let streams = TestStreams([.fixture(status: .verifying)])
        let rig = Rig(streams) { _ in streams.put(.fixture(status: .paused)) }
        await rig.supervisor.reload()
        _ = try await rig.attempts(1)
        await rig.supervisor.stop(grace: .seconds(1))
        #expect(try await streams.streams().map(\.state.status) == [.paused])
    }

    @Test func `a failing stream has failed since its first failure`() async throws {
        let failures = ["one", "two"].map {
            DeliveryOutcome.failed(
                DeliveryFailure(answer: DeliveryAnswer(status: 503), message: $0)
            )
        }
        let rig = Rig([.fixture()], script: failures)
        try await rig.append(["a"])
        await rig.supervisor.reload()
        // Up to five seconds: the first step of the schedule.
        try await eventually { rig.streams.history.count == 2 }
        #expect(rig.streams.history.map(\.reason) == ["one", "two"])
        #expect(rig.streams.history[0].since == rig.streams.history[1].since)
        await rig.supervisor.stop(grace: .seconds(1))
    }

    @Test func `the old destination delivers until the new one has accepted a test delivery`()
        async throws
    {
        let refused = DeliveryOutcome.failed(DeliveryFailure(message: "not yet"))
        let gate = Gate()
        let rig = Rig([.fixture()], script: [.delivered(DeliveryAnswer(status: 200)), refused]) {
            batch in
            if batch.isTest { await gate.pass() }
        }
        await rig.supervisor.reload()
        try await rig.append(["a"])
        _ = try await rig.attempts(1)
        var stream = EventStream.fixture()
        let other = Destination(kind: "scripted", settings: ["to": "other"])
        stream.pending = PendingDestination(other, reason: nil, since: Timestamp(microseconds: 1))
        rig.streams.put(stream)
        await rig.supervisor.reload()
        #expect(try await rig.attempts(2)[1].isTest)
        gate.open()
        try await eventually { rig.streams.stream("s1")?.pending?.reason == "not yet" }
        try await rig.append(["b"])
        #expect(try await rig.attempts(3)[2].text == body("b"))
        #expect(rig.streams.stream("s1")?.destination == stream.destination)

        stream.pending = PendingDestination(other, reason: nil, since: Timestamp(microseconds: 2))
        rig.streams.put(stream)
        await rig.supervisor.reload()
        try await eventually { rig.streams.stream("s1")?.destination == other }
        #expect(rig.streams.stream("s1")?.pending == nil)
        try await rig.append(["c"])
        try await eventually { rig.sink.received.contains { $0.text == body("c") } }
        try await eventually { try await rig.position()?.delivered == 3 }
        await rig.supervisor.stop(grace: .seconds(1))
    }

    @Test func `a recorded batch keeps its format, its filter and its key over a change`()
        async throws
    {
        let failed = DeliveryOutcome.failed(
            DeliveryFailure(message: "no", retryAfter: .seconds(3600))
        )
        let rig = Rig(
            [.fixture(limits: BatchLimits(events: 1, wait: .zero), key: "one")],
            script: [failed]
        )
        try await rig.append(["a", "b"])
        await rig.supervisor.reload()
        let first = try await rig.attempts(1)[0]
        try await eventually { try await rig.position()?.health.failures == 1 }
        var changed = EventStream.fixture()
        changed.key = StreamKey("two", version: 3)
        changed.previousKeys = [StreamKey("between", version: 2), StreamKey("one", version: 1)]
        changed.format = .extended
        changed.filter = EventFilter(countries: [])
        changed.resumedAt = .now
        rig.streams.put(changed)
        await rig.supervisor.reload()
        let again = try await rig.attempts(2)[1]
        #expect(again.id == first.id && again.body == first.body && again.attempt == 2)
        // The change counts from the next batch on: nothing more passes the filter.
        try await eventually { try await rig.position()?.filtered == 1 }
        await rig.supervisor.stop(grace: .seconds(1))
        #expect(rig.sink.received.count == 2)
    }

    @Test func `a test delivery to one endpoint says nothing of another`() async throws {
        let gate = Gate()
        let rig = Rig([.fixture(status: .verifying)]) { _ in await gate.pass() }
        await rig.supervisor.reload()
        _ = try await rig.attempts(1)
        // While its test is under way the owner enters another endpoint.
        var stream = EventStream.fixture(status: .verifying)
        stream.destination = Destination(kind: "scripted", settings: ["to": "other"])
        rig.streams.put(stream)
        await rig.supervisor.reload()
        gate.open()
        // The old one's 200 is passed over, and the new one is tested.
        #expect(try await rig.attempts(2).allSatisfy(\.isTest))
        try await eventually { rig.streams.stream("s1")?.state.status == .active }
        await rig.supervisor.stop(grace: .seconds(1))
        #expect(rig.streams.history.map(\.status) == [.active])
    }
}
