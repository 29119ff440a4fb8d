import ClickModel
import Delivery
import TestKit
import Testing

@Suite struct DeliveryTests {
    @Test func `events of the stream's workspace arrive in order, and only those`() async throws {
        let rig = Rig([.fixture()])
        try await rig.append(["a", "b"])
        try await rig.append(["x"], workspace: 2)
        await rig.supervisor.reload()
        #expect(try await rig.attempts(1)[0].text == body("a", "b"))
        try await rig.append(["c"])
        let second = try await rig.attempts(2)[1]
        #expect(second.text == body("c"))
        #expect(second.sequences == 3...3)
        try await eventually { try await rig.position()?.delivered == 3 }
        #expect(try await rig.position()?.checkpoint == Offset(4))
        await rig.supervisor.stop(grace: .seconds(1))
        #expect(rig.sink.isClosed)
    }

    @Test func `a batch is cut by its number of events and by its bytes`() async throws {
        let rig = Rig([.fixture(limits: BatchLimits(events: 2, wait: .zero))])
        try await rig.append(["a", "b", "c", "d", "e"])
        await rig.supervisor.reload()
        #expect(
            try await rig.attempts(3).map(\.text) == [body("a", "b"), body("c", "d"), body("e")]
        )
        await rig.supervisor.stop(grace: .seconds(1))

        let small = Rig([.fixture(limits: BatchLimits(bytes: 39, wait: .zero))])
        let long = String(repeating: "l", count: 60)
        try await small.append(["a", "b", "c", long, "d"])
        await small.supervisor.reload()
        #expect(
            try await small.attempts(4).map(\.text)
                == [body("a", "b"), body("c"), body(long), body("d")]
        )
        await small.supervisor.stop(grace: .seconds(1))
    }

    @Test func `a retry is the same bytes with the same id, and its attempt is on disk first`()
        async throws
    {
        let refused = DeliveryOutcome.failed(
            DeliveryFailure(answer: DeliveryAnswer(status: 503), message: "no")
        )
        let rig = Rig([.fixture()], script: [refused])
        try await rig.append(["a", "b"])
        await rig.supervisor.reload()
        // Up to five seconds: the first step of the schedule.
        let attempts = try await rig.attempts(2)
        #expect(attempts[0].id == attempts[1].id)
        #expect(attempts[0].body == attempts[1].body)
        #expect(attempts.map(\.attempt) == [1, 2])
        try await eventually { try await rig.position()?.inFlight == nil }
        let recorded = rig.log.saves.compactMap { $0.inFlight?.attempts }
        // Before the first send, with its outcome, and before the second one.
        #expect(recorded == [1, 1, 2])
        #expect(rig.streams.history.map(\.status) == [.failing, .active])
        await rig.supervisor.stop(grace: .seconds(1))
    }

    @Test func `after a crash the recorded batch is sent again as it was, then the rest`()
        async throws
    {
        let rig = Rig([.fixture()])
        try await rig.append(["a", "b"])
        try await rig.append(["c"])
        // What a crash after the first send leaves behind: the range, and no answer.
        var position = StreamPosition(stream: EventStream.ID("s1"), checkpoint: .zero)
        position.inFlight = InFlightBatch(
            id: "bat_before",
            covers: Offset(0)..<Offset(1),
            firstSequence: 1,
            count: 1,
            firstTime: Timestamp(microseconds: 0),
            format: .rebrandly,
            attempts: 1
        )
        try await rig.log.save(position)
        await rig.supervisor.reload()
        let attempts = try await rig.attempts(2)
        #expect(attempts[0].id == "bat_before")
        #expect(attempts[0].attempt == 2)
        #expect(attempts[0].text == body("a"))
        #expect(attempts[1].text == body("b", "c"))
        #expect(attempts[1].sequences == 2...3)
        await rig.supervisor.stop(grace: .seconds(1))
    }

    @Test func `what was trimmed before it was delivered is counted as expired`() async throws {
        let rig = Rig([.fixture()])
        try await rig.append(["a", "b"])
        try await rig.append(["c"])
        try await rig.log.trim(before: Offset(2))
        await rig.supervisor.reload()
        let attempt = try await rig.attempts(1)[0]
        #expect(attempt.text == body("c"))
        // The gap shows in the numbers.
        #expect(attempt.sequences == 3...3)
        try await eventually { try await rig.position()?.delivered == 1 }
        #expect(try await rig.position()?.expired == 2)
        await rig.supervisor.stop(grace: .seconds(1))
    }

    @Test func `what is trimmed while its batch waits to fill is counted as expired`() async throws
    {
        let rig = Rig([.fixture(limits: BatchLimits(wait: .milliseconds(300)))])
        try await rig.append(["a"])
        await rig.supervisor.reload()
        // Nothing is held while a batch waits: the log is the only queue.
        try await Task.sleep(for: .milliseconds(100))
        try await rig.append(["b", "c"], workspace: 2)
        try await rig.log.trim(before: Offset(3))
        try await rig.append(["d"])
        let attempt = try await rig.attempts(1)[0]
        #expect(attempt.text == body("d"))
        #expect(attempt.sequences == 2...2)
        try await eventually { try await rig.position()?.delivered == 1 }
        #expect(try await rig.position()?.expired == 1)
        await rig.supervisor.stop(grace: .seconds(1))
    }

    @Test func `a stream that catches up unpacks each block once`() async throws {
        let rig = Rig([.fixture(limits: BatchLimits(events: 70, wait: .zero))])
        for block in 0..<64 { try await rig.append((0..<100).map { "\(block)-\($0)" }) }
        await rig.supervisor.reload()
        try await eventually { try await rig.position()?.delivered == 6400 }
        await rig.supervisor.stop(grace: .seconds(1))
        // The last batch may not be full, and is looked for in a turn of its own.
        #expect(rig.log.blocksRead <= 66)
        #expect(rig.sink.received.flatMap(\.marks).count == 6400)
    }

    @Test func `what the filter keeps out is stored although nothing else comes`() async throws {
        let rig = Rig([.fixture(filter: EventFilter(countries: ["br"]))])
        await rig.supervisor.reload()
        try await rig.source.append([TestEvent("a", country: "de")])
        try await eventually { try await rig.position()?.checkpoint == Offset(1) }
        #expect(try await rig.position()?.filtered == 1)
        await rig.supervisor.stop(grace: .seconds(1))
    }

    @Test func `the wait for a full batch counts from the first event's time`() async throws {
        let rig = Rig([.fixture(limits: BatchLimits(wait: .seconds(300)))])
        let longAgo = Timestamp(microseconds: Timestamp.now.microseconds - 301_000_000)
        try await rig.append(["a"], at: longAgo)
        try await rig.append(["b"])
        await rig.supervisor.reload()
        #expect(try await rig.attempts(1)[0].text == body("a", "b"))
        // A clock that was set back doesn't make it wait longer; nothing is due here.
        try await rig.append(["c"])
        await rig.supervisor.stop(grace: .seconds(1))
        #expect(rig.sink.received.count == 1)
    }

    @Test func `410 disables the stream and keeps its place`() async throws {
        let gone = DeliveryOutcome.gone(
            DeliveryFailure(answer: DeliveryAnswer(status: 410), message: "gone")
        )
        let rig = Rig([.fixture()], script: [gone])
        try await rig.append(["a"])
        await rig.supervisor.reload()
        try await eventually { rig.streams.history.last?.status == .disabled }
        #expect(try await rig.position()?.checkpoint == .zero)
        await rig.supervisor.stop(grace: .seconds(1))
        #expect(rig.sink.received.count == 1)
    }

    @Test func `a new stream is verified by the sample event, and becomes active`() async throws {
        let rig = Rig([.fixture(status: .verifying)])
        await rig.supervisor.reload()
        let test = try await rig.attempts(1)[0]
        #expect(test.isTest)
        #expect(test.text.contains(#""browser":{"name":"facebook-app""#))
        try await eventually { rig.streams.history.last?.status == .active }
        try await rig.append(["a"])
        #expect(try await rig.attempts(2)[1].sequences == 1...1)
        await rig.supervisor.stop(grace: .seconds(1))
    }

    @Test func `a stream whose test delivery fails stays where it is and says why`() async throws {
        let refused = DeliveryOutcome.failed(
            DeliveryFailure(answer: DeliveryAnswer(status: 500), message: "answered 500")
        )
        let rig = Rig([.fixture(status: .verifying)], script: [refused])
        await rig.supervisor.reload()
        try await eventually { rig.streams.history.last?.reason == "answered 500" }
        #expect(rig.streams.history.last?.status == .verifying)
        // Another stream's delivery shows that this one's time has come and gone.
        try await rig.append(["a"])
        rig.streams.put(.fixture("s2"))
        await rig.supervisor.reload()
        #expect(try await rig.attempts(2)[1].text == body("a"))
        await rig.supervisor.stop(grace: .seconds(1))
        #expect(rig.sink.received.count == 2)
    }

    @Test func `a stream that is removed stops, and the others go on`() async throws {
        let rig = Rig([.fixture("s1"), .fixture("s2", workspace: 2)])
        await rig.supervisor.reload()
        rig.streams.remove(EventStream.ID("s1"))
        await rig.supervisor.reload()
        try await rig.append(["a"])
        try await rig.append(["b"], workspace: 2)
        #expect(try await rig.attempts(1).map(\.text) == [body("b")])
        await rig.supervisor.stop(grace: .seconds(1))
        #expect(rig.sink.received.count == 1)
    }

    @Test func `stopping is quick while a stream waits for events or for its next attempt`()
        async throws
    {
        let refused = DeliveryOutcome.failed(
            DeliveryFailure(message: "no", retryAfter: .seconds(3600))
        )
        let rig = Rig([.fixture("s1"), .fixture("s2", workspace: 2)], script: [refused])
        try await rig.append(["a"])
        await rig.supervisor.reload()
        _ = try await rig.attempts(1)
        await rig.supervisor.stop(grace: .seconds(3600))
        #expect(try await rig.position()?.inFlight?.attempts == 1)
    }
}

@Suite struct RetryScheduleTests {
    @Test(arguments: [
        (1, 0.0, 0.0), (1, 1.0, 5.0), (2, 0.5, 15.0), (3, 0.5, 120.0), (3, 0.0, 96.0),
        (4, 0.5, 300.0),
        (5, 0.5, 900.0), (6, 0.5, 1800.0), (7, 0.5, 3600.0), (8, 1.0, 8640.0), (9, 0.5, 10_800.0),
        (1000, 0.5, 10_800.0),
    ])
    func `steps grow to three hours`(_ failures: Int, _ chance: Double, _ seconds: Double) {
        let delay = RetrySchedule().delay(afterFailures: failures, hint: nil, chance: chance)
        #expect(abs(delay.inSeconds - seconds) < 0.001)
    }

    @Test func `the receiver's wish is a lower bound, up to a day`() {
        let schedule = RetrySchedule()
        #expect(schedule.delay(afterFailures: 1, hint: .seconds(60), chance: 1) == .seconds(60))
        #expect(
            schedule.delay(afterFailures: 9, hint: .seconds(60), chance: 0.5) == .seconds(10_800)
        )
        #expect(
            schedule.delay(afterFailures: 1, hint: .seconds(1 << 40), chance: 1) == .seconds(86_400)
        )
    }
}
