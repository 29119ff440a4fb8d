import ClickModel
import Delivery
import Synchronization
import TestKit
import Testing

/// A receiver that refuses some events, as long as it does.
private final class Receiver: Sendable {
    private struct State {
        var accepted: [String] = []
        var sequences: [String: Int64] = [:]
        var inversions = 0
        var attempts = 0
        var last: Int64 = 0
    }

    private let state = Mutex(State())
    private let judge: @Sendable (OutgoingBatch, Int) -> DeliveryOutcome

    init(_ judge: @escaping @Sendable (OutgoingBatch, Int) -> DeliveryOutcome) {
        self.judge = judge
    }

    var accepted: [String] { state.withLock { $0.accepted } }
    var attempts: Int { state.withLock { $0.attempts } }
    var inversions: Int { state.withLock { $0.inversions } }
    func sequence(_ mark: String) -> Int64? { state.withLock { $0.sequences[mark] } }

    func take(_ batch: OutgoingBatch) -> DeliveryOutcome {
        let number = state.withLock { state in
            state.attempts += 1
            return state.attempts
        }
        let outcome = judge(batch, number)
        guard case .delivered = outcome, let sequences = batch.sequences else { return outcome }
        state.withLock { state in
            state.accepted += batch.marks
            if sequences.lowerBound <= state.last { state.inversions += 1 }
            state.last = sequences.upperBound
            for (mark, sequence) in zip(batch.marks, sequences) { state.sequences[mark] = sequence }
        }
        return outcome
    }
}

@Suite struct OutcomeTests {
    private func rig(
        _ receiver: Receiver,
        _ stream: EventStream = .fixture(),
        time: JumpingTime = JumpingTime()
    ) -> Rig {
        Rig(TestStreams([stream]), ScriptedSink(answering: receiver.take), time: time)
    }

    private func accounting(_ rig: Rig) async throws -> DeliveryAccounting {
        try await rig.log.accounting(of: .fixture())
    }

    @Test func `a poison event is found, parked with its bytes, and the rest is delivered`()
        async throws
    {
        let receiver = Receiver { batch, _ in batch.marks.contains("bad") ? .refused : .accepted }
        let rig = self.rig(receiver)
        let marks = (1...400).map { $0 == 137 ? "bad" : "m\($0)" }
        try await rig.append(marks)
        await rig.supervisor.reload()
        try await eventually { try await rig.position()?.delivered == 399 }
        await rig.supervisor.stop(grace: .seconds(1))
        #expect(receiver.accepted == marks.filter { $0 != "bad" })
        #expect(receiver.inversions == 0)
        // The numbers stay with their events, so the parked one shows as a gap.
        #expect(receiver.sequence("m136") == 136)
        #expect(receiver.sequence("m138") == 138)
        let parked = try await rig.log.parked(of: EventStream.ID("s1"), after: nil, limit: 9)
        #expect(parked.map(\.sequence) == [137])
        #expect(parked.map(\.offset) == [Offset(136)])
        #expect(
            parked.first.map { String(decoding: $0.event, as: UTF8.self) } == TestEvent("bad").json
        )
        #expect(parked.first?.reason == "answered 422")
        #expect(parked.first?.attempts == 3)
        let books = try await accounting(rig)
        #expect(books.parked == 1 && books.pending == 0 && books.in == 400)
        #expect(rig.streams.history.last?.status == .active)
    }

    @Test func `neighbours that are refused are parked both, and what lies behind them arrives`()
        async throws
    {
        let bad: Set = ["m4", "m5", "m9"]
        let receiver = Receiver { batch, _ in
            bad.isDisjoint(with: batch.marks) ? .accepted : .refused
        }
        let rig = self.rig(receiver, .fixture(limits: BatchLimits(events: 8, wait: .zero)))
        try await rig.append((0..<24).map { "m\($0)" })
        await rig.supervisor.reload()
        try await eventually { try await rig.position()?.delivered == 21 }
        await rig.supervisor.stop(grace: .seconds(1))
        #expect(receiver.accepted == (0..<24).map { "m\($0)" }.filter { !bad.contains($0) })
        #expect(try await accounting(rig).parked == 3)
    }

    @Test func `a parked event that is accepted later counts as delivered, under its number`()
        async throws
    {
        let isMended = Mutex(false)
        let receiver = Receiver { batch, _ in
            batch.marks.contains("bad") && !isMended.withLock { $0 } ? .refused : .accepted
        }
        let rig = self.rig(receiver)
        try await rig.append(["a", "bad", "c"])
        await rig.supervisor.reload()
        try await eventually { try await rig.position()?.delivered == 2 }
        let id = EventStream.ID("s1")
        let parked = try #require(try await rig.log.parked(of: id, after: nil, limit: 9).first)
        let again = try await rig.supervisor.retry(parked, of: .fixture())
        #expect(again == .refused)
        #expect(try await accounting(rig).parked == 1)
        isMended.withLock { $0 = true }
        _ = try await rig.supervisor.retry(parked, of: .fixture())
        await rig.supervisor.stop(grace: .seconds(1))
        #expect(rig.sink.received.last?.sequences == 2...2)
        #expect(rig.sink.received.last?.text == body("bad"))
        let books = try await accounting(rig)
        #expect(books.delivered == 3 && books.parked == 0 && books.pending == 0)
        #expect(
            try await rig.log.attempts(of: id, before: nil, limit: 1).first?.record.status
                == "delivered"
        )
    }

    @Test func `a receiver that refuses everything loses no event to parking without end`()
        async throws
    {
        let time = JumpingTime()
        // Twenty are parked at most; then it waits hours between its probes. That ends it: the clock would run on
        // beyond the days after which a stream is disabled.
        let receiver = Receiver { _, _ in
            time.sleeps.contains { $0 > .seconds(7000) } ? .accepted : .refused
        }
        let rig = self.rig(receiver, .fixture(maxAge: .seconds(36_500 * 86_400)), time: time)
        try await rig.append((1...100).map { "m\($0)" })
        await rig.supervisor.reload()
        try await eventually { try await accounting(rig).pending == 0 }
        await rig.supervisor.stop(grace: .seconds(1))
        let books = try await accounting(rig)
        #expect(books.parked == 20)
        #expect(books.delivered == 80)
        #expect(receiver.accepted == (21...100).map { "m\($0)" })
    }

    @Test func `too large: the batches get smaller, and everything arrives`() async throws {
        let receiver = Receiver { batch, _ in batch.body.count > 20_000 ? .tooLarge : .accepted }
        let rig = self.rig(receiver)
        let marks = (1...64).map { "\($0)-" + String(repeating: "x", count: 1000) }
        try await rig.append(marks)
        await rig.supervisor.reload()
        try await eventually { try await rig.position()?.delivered == 64 }
        await rig.supervisor.stop(grace: .seconds(1))
        #expect(receiver.accepted == marks)
        // What it learnt stays: 512 KiB were halved until batches fitted.
        let bytes = try #require(try await rig.position()?.health.bytes)
        #expect((16_384...262_144).contains(bytes))
    }

    @Test func `a day's outage: one probe a step, then everything in order, in a slow start`()
        async throws
    {
        let time = JumpingTime()
        let end = time.now.advanced(by: .seconds(86_400))
        let receiver = Receiver { _, _ in time.now < end ? .busy : .accepted }
        let rig = self.rig(receiver, time: time)
        let marks = (1...5000).map { "m\($0)" }
        try await rig.append(marks)
        await rig.supervisor.reload()
        try await eventually { try await rig.position()?.delivered == 5000 }
        await rig.supervisor.stop(grace: .seconds(1))
        #expect(receiver.accepted == marks)
        #expect(receiver.inversions == 0)
        let received = rig.sink.received
        let outage = received.prefix { $0.id == received[0].id }
        // Eight steps in the first four hours, then every three hours or so.
        #expect((13...17).contains(outage.count))
        #expect(outage.map(\.attempt) == Array(1...outage.count))
        #expect(Set(outage.map(\.body)).count == 1)
        let sizes = received.dropFirst(outage.count).prefix(6).map(\.marks.count)
        #expect(sizes == [10, 20, 40, 80, 160, 320])
        #expect(rig.streams.history.map(\.status) == [.failing, .active])
    }

    @Test
    func `what could not be delivered for as long as maxAge says expires, and the rest arrives`()
        async throws
    {
        let time = JumpingTime()
        let end = time.now.advanced(by: .seconds(9 * 3600))
        let receiver = Receiver { _, _ in time.now < end ? .busy : .accepted }
        let rig = self.rig(receiver, .fixture(maxAge: .seconds(7200)), time: time)
        try await rig.append(["a", "b"], at: time.now)
        // Young enough for the first attempt after the outage, which may come hours after its end.
        try await rig.append(["c"], at: end.advanced(by: .seconds(2 * 3600)))
        await rig.supervisor.reload()
        try await eventually { try await accounting(rig).pending == 0 }
        await rig.supervisor.stop(grace: .seconds(1))
        #expect(receiver.accepted == ["c"])
        #expect(receiver.sequence("c") == 3)
        let books = try await accounting(rig)
        #expect(books.expired == 2 && books.delivered == 1)
    }

    @Test func `five days without success disable the stream, and its place stays`() async throws {
        let receiver = Receiver { _, _ in .busy }
        let rig = self.rig(receiver, .fixture(maxAge: .seconds(30 * 86_400)))
        try await rig.append(["a"])
        await rig.supervisor.reload()
        try await eventually { rig.streams.history.last?.status == .disabled }
        await rig.supervisor.stop(grace: .seconds(1))
        #expect(rig.streams.history.last?.reason?.contains("five days") == true)
        #expect(try await rig.position()?.checkpoint == .zero)
        #expect(try await accounting(rig).pending == 1)
    }

    @Test func `a filter lets through what it says, and the rest is counted`() async throws {
        let receiver = Receiver { _, _ in .accepted }
        var stream = EventStream.fixture(limits: BatchLimits(events: 2, wait: .zero))
        stream.filter = EventFilter(countries: ["br"])
        let rig = self.rig(receiver, stream)
        let events = ["br", "de", "br", "fr", "de", "br", "us"].enumerated().map {
            number,
            country in
            TestEvent("m\(number)", country: country)
        }
        try await rig.source.append(events)
        await rig.supervisor.reload()
        try await eventually { try await rig.position()?.settled == 7 }
        await rig.supervisor.stop(grace: .seconds(1))
        #expect(receiver.accepted == ["m0", "m2", "m5"])
        #expect(receiver.sequence("m5") == 3)
        let position = try #require(try await rig.position())
        #expect(position.filtered == 4 && position.delivered == 3)
    }

    @Test func `what a person skips expires`() async throws {
        let receiver = Receiver { _, _ in .accepted }
        let rig = self.rig(receiver, .fixture(skipTo: Offset(2)))
        try await rig.append(["a", "b", "c"])
        await rig.supervisor.reload()
        try await eventually { try await rig.position()?.delivered == 1 }
        await rig.supervisor.stop(grace: .seconds(1))
        #expect(receiver.accepted == ["c"])
        #expect(receiver.sequence("c") == 3)
        #expect(try await rig.position()?.expired == 2)
    }

    @Test func `a restart waits as long as the receiver was to be left alone`() async throws {
        let time = JumpingTime()
        let receiver = Receiver { _, number in number > 1 ? .accepted : .busy }
        let rig = self.rig(receiver, time: time)
        try await rig.append(["a"])
        var position = StreamPosition(stream: EventStream.ID("s1"), checkpoint: .zero)
        position.health.failures = 6
        position.health.failingSince = time.now
        position.health.nextAttempt = time.now.advanced(by: .seconds(1234))
        try await rig.log.save(position)
        await rig.supervisor.reload()
        try await eventually { try await rig.position()?.delivered == 1 }
        await rig.supervisor.stop(grace: .seconds(1))
        let first = try #require(time.sleeps.first)
        #expect((1233...1234).contains(first.inSeconds))
        // It was the seventh failure in a row, not the first.
        #expect(time.sleeps.count == 2 && time.sleeps[1] >= .seconds(3600 * 0.8))
    }

    @Test func `lost answers: a receiver that drops repeated batches ends with every event once`()
        async throws
    {
        let seen = Mutex<(ids: Set<String>, marks: [String])>(([], []))
        let random = Mutex(SeededRandom(for: "lost answers"))
        let receiver = Receiver { batch, _ in
            seen.withLock { seen in
                if seen.ids.insert(batch.id).inserted { seen.marks += batch.marks }
            }
            // It has the batch; the answer is lost on its way half of the time.
            return random.withLock { Bool.random(using: &$0) } ? .busy : .accepted
        }
        let rig = self.rig(receiver, .fixture(limits: BatchLimits(events: 7, wait: .zero)))
        let marks = (1...5000).map { "m\($0)" }
        try await rig.append(marks)
        await rig.supervisor.reload()
        try await eventually { try await rig.position()?.delivered == 5000 }
        await rig.supervisor.stop(grace: .seconds(1))
        #expect(seen.withLock { $0.marks } == marks)
        #expect(receiver.inversions == 0)
        #expect(receiver.attempts > seen.withLock { $0.ids.count })
    }

    @Test func `what is too old is given up when it is, not at the next attempt`() async throws {
        let time = JumpingTime()
        let start = time.now
        let receiver = Receiver { _, _ in .busy }
        let rig = self.rig(receiver, .fixture(maxAge: .seconds(10_000)), time: time)
        try await rig.append(["a", "b"], at: start)
        await rig.supervisor.reload()
        try await eventually { try await rig.position()?.expired == 2 }
        await rig.supervisor.stop(grace: .seconds(1))
        let attempts = try await rig.log.attempts(of: EventStream.ID("s1"), before: nil, limit: 99)
        // Attempts lie up to an hour apart by then: none was needed to find it out.
        #expect(attempts.allSatisfy { $0.record.at < start.advanced(by: .seconds(10_000)) })
    }

    @Test func `requests keep to the rate that was asked for`() async throws {
        let time = JumpingTime()
        let receiver = Receiver { _, _ in .accepted }
        var stream = EventStream.fixture(limits: BatchLimits(events: 1, wait: .zero))
        stream.requestsPerSecond = 0.01
        let rig = self.rig(receiver, stream, time: time)
        try await rig.append(["a", "b", "c"])
        await rig.supervisor.reload()
        try await eventually { try await rig.position()?.delivered == 3 }
        await rig.supervisor.stop(grace: .seconds(1))
        // The first request waits for nothing; after the third the next one may have begun to wait.
        #expect([2, 3].contains(time.sleeps.count))
        #expect(time.sleeps.prefix(2).reduce(.zero, +) > .seconds(150))
    }

    @Test func `a replay sends the same events again under their numbers, and counts nothing`()
        async throws
    {
        let receiver = Receiver { batch, _ in batch.marks.contains("m7") ? .refused : .accepted }
        var stream = EventStream.fixture(limits: BatchLimits(events: 100, wait: .zero))
        stream.filter = EventFilter(countries: ["br"])
        let rig = self.rig(receiver, stream)
        let start = Timestamp(microseconds: 1_700_000_000_000_000)
        // Every third event is the stream's; one of them is refused, so numbers and places differ.
        let events = (0..<6000).map { number in
            TestEvent(
                "m\(number)",
                country: number % 3 == 1 ? "br" : "de",
                at: start.advanced(by: .seconds(number))
            )
        }
        for first in stride(from: 0, to: events.count, by: 250) {
            try await rig.source.append(Array(events[first..<first + 250]))
        }
        await rig.supervisor.reload()
        try await eventually { try await rig.position()?.settled == 6000 }
        let before = try #require(try await rig.position())
        #expect(before.parked == 1 && before.delivered == 1999)
        let live = rig.sink.received.count

        let plan = try #require(
            try await rig.supervisor.planReplay(
                of: stream,
                from: start.advanced(by: .seconds(1000)),
                to: start.advanced(by: .seconds(1100))
            )
        )
        #expect(plan.covers == Offset(1000)..<Offset(1100))
        rig.streams.put(stream.replaying(plan))
        await rig.supervisor.reload()
        try await eventually { rig.streams.finished == [plan.id] }
        await rig.supervisor.stop(grace: .seconds(1))
        let replayed = rig.sink.received.dropFirst(live)
        let wanted = (1000..<1100).filter { $0 % 3 == 1 }.map { "m\($0)" }
        #expect(replayed.flatMap(\.marks) == wanted)
        #expect(replayed.allSatisfy { $0.replay == plan.id.description })
        // The numbers are those of the first journey.
        #expect(replayed.first?.sequences?.lowerBound == receiver.sequence("m1000"))
        #expect(replayed.last?.sequences?.upperBound == receiver.sequence("m1099"))
        #expect(Set(rig.sink.received.map(\.id)).count == rig.sink.received.count - 2)
        #expect(try await rig.position() == before)
        #expect(
            try await rig.supervisor.planReplay(
                of: stream,
                from: start.advanced(by: .seconds(9999)),
                to: .now
            ) == nil
        )
    }
}
