import ClickModel
import Delivery
import Synchronization
import TestKit
import Testing

/// A receiver of lanes that knows each event's first number, and every order that was broken.
private final class LaneReceiver: Sendable {
    private struct State {
        /// Batches that were taken, by id.
        var taken: Set<String> = []
        var marks: [Int: [String]] = [:]
        var numbers: [String: [Int: Int64]] = [:]
        var next: [Int: Int64] = [:]
        var bodies: [String: [UInt8]] = [:]
        var tries: [String: Int] = [:]
        var sizes: [(attempt: Int, events: Int)] = []
        var broken: [String] = []
        var attempts = 0
    }

    private let state = Mutex(State())
    private let judge: @Sendable (OutgoingBatch, Int) -> DeliveryOutcome

    init(_ judge: @escaping @Sendable (OutgoingBatch, Int) -> DeliveryOutcome) {
        self.judge = judge
    }

    /// What was taken, once, by lane.
    var marks: [Int: [String]] { state.withLock { $0.marks } }
    /// Each event's lane and number.
    var numbers: [String: [Int: Int64]] { state.withLock { $0.numbers } }
    var broken: [String] { state.withLock { $0.broken } }
    /// Each attempt, in order.
    var sizes: [(attempt: Int, events: Int)] { state.withLock { $0.sizes } }
    var attempts: Int { state.withLock { $0.attempts } }

    func take(_ batch: OutgoingBatch) -> DeliveryOutcome {
        let number = state.withLock { state in
            state.attempts += 1
            if let before = state.bodies[batch.id], before != batch.body {
                state.broken.append("\(batch.id) has other bytes")
            }
            state.bodies[batch.id] = batch.body
            if batch.attempt <= state.tries[batch.id] ?? 0 {
                state.broken.append("\(batch.id) is tried again as \(batch.attempt)")
            }
            state.tries[batch.id] = batch.attempt
            state.sizes.append((batch.attempt, batch.marks.count))
            return state.attempts
        }
        let outcome = judge(batch, number)
        let (isTaken, isLost) =
            switch outcome {
            case .delivered: (true, false)
            case .failed(let failure): (false, failure.message == "lost")
            default: (false, false)
            }
        guard isTaken || isLost, let lane = batch.lane, let sequences = batch.sequences else {
            return outcome
        }
        state.withLock { state in
            for (mark, number) in zip(batch.marks, sequences) {
                let known = state.numbers[mark]
                if known != nil, known != [lane: number] {
                    state.broken.append("\(mark) was \(known ?? [:]), and is \(lane): \(number)")
                }
                state.numbers[mark] = [lane: number]
            }
            guard state.taken.insert(batch.id).inserted else { return }
            if sequences.lowerBound < state.next[lane] ?? 1 {
                state.broken.append("lane \(lane) goes back to \(sequences.lowerBound)")
            }
            state.next[lane] = sequences.upperBound + 1
            state.marks[lane, default: []] += batch.marks
        }
        return outcome
    }
}

extension DeliveryOutcome {
    /// Taken, but the answer did not arrive.
    fileprivate static let lost = DeliveryOutcome.failed(DeliveryFailure(message: "lost"))
}

@Suite struct LaneTests {
    private static let links = 23

    private func stream(_ limits: BatchLimits = BatchLimits(events: 50, wait: .zero)) -> EventStream
    {
        var stream = EventStream.fixture(limits: limits, maxAge: .seconds(36_500 * 86_400))
        stream.lanes = 4
        return stream
    }

    private func events(_ count: Int, at time: Timestamp = .now) -> [TestEvent] {
        (0..<count).map {
            TestEvent("m\($0)", link: "link\($0 * 7 % Self.links)", at: time)
        }
    }

    private func append(_ events: [TestEvent], to rig: Rig, each count: Int = 100) async throws {
        for first in stride(from: 0, to: events.count, by: count) {
            try await rig.source.append(Array(events[first..<min(first + count, events.count)]))
        }
    }

    /// Whether each link's events came in one lane, in their order, and under the numbers that they have in the log.
    private func expectOrder(_ receiver: LaneReceiver, of events: [TestEvent]) {
        let links = Dictionary(uniqueKeysWithValues: events.map { ($0.mark, $0.link ?? "") })
        var counts: [Int: Int64] = [:]
        for event in events {
            let lane = lane(event.json, among: 4)
            counts[lane, default: 0] += 1
            guard let known = receiver.numbers[event.mark] else { continue }
            #expect(known == [lane: counts[lane] ?? 0], "\(event.mark)")
        }
        var lanes: [String: Int] = [:]
        var last: [String: Int] = [:]
        for (lane, marks) in receiver.marks {
            for mark in marks {
                let link = links[mark] ?? "?"
                #expect(lanes[link, default: lane] == lane, "\(link) is in two lanes")
                lanes[link] = lane
                let number = Int(mark.dropFirst()) ?? -1
                #expect(number > last[link] ?? -1, "\(link) is out of order at \(mark)")
                last[link] = number
            }
        }
    }

    private func accounting(_ rig: Rig) async throws -> DeliveryAccounting {
        try await rig.log.accounting(of: .fixture())
    }

    @Test func `each link's events come in one lane, in order, and each lane counts from 1`()
        async throws
    {
        let receiver = LaneReceiver { _, _ in .accepted }
        let rig = Rig(TestStreams([stream()]), ScriptedSink(answering: receiver.take))
        let events = events(2000)
        try await append(events, to: rig)
        await rig.supervisor.reload()
        try await eventually { try await rig.position()?.delivered == 2000 }
        await rig.supervisor.stop(grace: .seconds(1))
        #expect(receiver.broken.isEmpty)
        #expect(receiver.marks.keys.sorted() == [0, 1, 2, 3])
        expectOrder(receiver, of: events)
        let position = try #require(try await rig.position())
        #expect(position.round == nil && position.checkpoint == Offset(2000))
        for lane in 0..<4 {
            #expect(position.number(ofLane: lane) == Int64(receiver.marks[lane]?.count ?? 0) + 1)
        }
        #expect(position.nextSequence == 2001)
        let records = try await rig.log.attempts(of: stream().id, before: nil, limit: 9)
        #expect(records.allSatisfy { $0.record.lane != nil })
    }

    @Test func `the lanes' batches are under way together, one stream's others are not`()
        async throws
    {
        let together = Mutex((now: 0, most: 0))
        let sink = ScriptedSink { _ in
            together.withLock { state in
                state.now += 1
                state.most = max(state.most, state.now)
            }
            // Until all four are there; a worker that sends one by one would wait here for good.
            while together.withLock({ $0.most < 4 }), !Task.isCancelled { await Task.yield() }
            together.withLock { $0.now -= 1 }
        }
        let rig = Rig(TestStreams([stream()]), sink)
        try await append(events(100), to: rig)
        await rig.supervisor.reload()
        try await eventually { try await rig.position()?.delivered == 100 }
        await rig.supervisor.stop(grace: .seconds(1))
        #expect(together.withLock { $0.most } == 4)
    }

    @Test(arguments: 0..<8)
    func `lost answers, refusals, failures and restarts at random: every event once, in its order`(
        seed: Int
    ) async throws {
        let poison = Set((0..<12).map { "m\($0 * 131 + seed)" })
        let receiver = LaneReceiver { batch, number in
            if batch.marks.contains(where: poison.contains) { return .refused }
            switch (number &* 2_654_435_761 &+ seed) % 7 {
            case 0: return .lost
            case 1: return .busy
            default: return .accepted
            }
        }
        let time = JumpingTime()
        let sink = ScriptedSink(answering: receiver.take)
        let rig = Rig(TestStreams([stream()]), sink, time: time)
        let events = events(3000)
        try await append(events, to: rig)
        // Lives that are cut short anywhere.
        for life in 0..<12 {
            let next = Rig(sharing: rig, sink, time: time)
            let goal = receiver.attempts + 3 + (life * 5 + seed) % 11
            await next.supervisor.reload()
            try await eventually {
                if receiver.attempts >= goal { return true }
                return try await accounting(rig).pending == 0
            }
            await next.supervisor.stop(grace: .zero)
            let books = try await accounting(rig)
            #expect(books.in == 3000 && books.pending >= 0)
        }
        let last = Rig(sharing: rig, sink, time: time)
        await last.supervisor.reload()
        try await eventually { try await accounting(rig).pending == 0 }
        await last.supervisor.stop(grace: .seconds(1))
        let books = try await accounting(rig)
        #expect(books.parked == 12 && books.delivered == 2988 && books.expired == 0)
        #expect(receiver.broken.isEmpty, "\(receiver.broken.prefix(3))")
        expectOrder(receiver, of: events)
        let taken = receiver.marks.values.flatMap(\.self)
        #expect(Set(taken) == Set(events.map(\.mark)).subtracting(poison))
        let parked = try await rig.log.parked(of: stream().id, after: nil, limit: 99)
        #expect(Set(parked.map(\.lane)).count > 1 && parked.allSatisfy { $0.lane != nil })
        // A parked event's number is the gap in its lane.
        for event in parked {
            #expect(!receiver.numbers.values.contains([event.lane ?? -1: event.sequence]))
        }
    }

    @Test func `what is trimmed within a round is counted, and the rest keeps its numbers`()
        async throws
    {
        // Only one lane is taken at first; then a part of what the others wait with is gone.
        let isOpen = Mutex(false)
        let free = Mutex<Int?>(nil)
        let receiver = LaneReceiver { batch, _ in
            if isOpen.withLock({ $0 }) { return .accepted }
            let mine = free.withLock { lane in
                lane = lane ?? batch.lane
                return lane == batch.lane
            }
            return mine ? .accepted : .failed(DeliveryFailure(message: "no"))
        }
        let sink = ScriptedSink(answering: receiver.take)
        let rig = Rig(TestStreams([stream()]), sink)
        let events = events(180)
        try await append(events, to: rig, each: 10)
        await rig.supervisor.reload()
        try await eventually { try await rig.position()?.health.failures ?? 0 > 0 }
        await rig.supervisor.stop(grace: .zero)
        let round = try #require(try await rig.position()?.round)
        #expect(round.shares.count == 3)
        try await rig.log.trim(before: Offset(60))
        let lost = Set(events.prefix(60).map(\.mark)).subtracting(receiver.numbers.keys)
        isOpen.withLock { $0 = true }
        let next = Rig(sharing: rig, sink, time: JumpingTime())
        await next.supervisor.reload()
        try await eventually { try await accounting(rig).pending == 0 }
        await next.supervisor.stop(grace: .seconds(1))
        let books = try await accounting(rig)
        #expect(books.expired == Int64(lost.count) && lost.count > 10)
        #expect(books.delivered == 180 - books.expired)
        #expect(receiver.broken.isEmpty, "\(receiver.broken)")
        expectOrder(receiver, of: events)
        // Each lane's last number is how many events it had, the lost ones included.
        let position = try #require(try await rig.position())
        let all = (0..<4).reduce(0) { $0 + position.number(ofLane: $1) - 1 }
        #expect(all == 180)
    }

    @Test func `what is too old is given up in a round, too, with a gap in its lane`() async throws
    {
        var stream = stream()
        stream.maxAge = .seconds(5 * 3600)
        let time = JumpingTime()
        let start = time.now
        // Down for twelve hours; one event is young enough then, and at the probe that follows.
        let end = start.advanced(by: .seconds(12 * 3600))
        let receiver = LaneReceiver { _, _ in time.now >= end ? .accepted : .busy }
        let rig = Rig(TestStreams([stream]), ScriptedSink(answering: receiver.take), time: time)
        try await append(events(40, at: start), to: rig)
        try await append(
            [TestEvent("m40", link: "link3", at: end)],
            to: rig
        )
        await rig.supervisor.reload()
        try await eventually { try await accounting(rig).pending == 0 }
        await rig.supervisor.stop(grace: .seconds(1))
        let books = try await accounting(rig)
        #expect(books.expired == 40 && books.delivered == 1)
        #expect(receiver.numbers.keys.sorted() == ["m40"])
        expectOrder(receiver, of: events(40) + [TestEvent("m40", link: "link3")])
    }

    @Test func `a replay has the lanes and the numbers of the first journey`() async throws {
        let receiver = LaneReceiver { _, _ in .accepted }
        let rig = Rig(TestStreams([stream()]), ScriptedSink(answering: receiver.take))
        let start = Timestamp(microseconds: 1_700_000_000_000_000)
        var events = events(6000)
        for index in events.indices {
            events[index].timestamp = start.advanced(by: .seconds(index))
        }
        try await append(events, to: rig, each: 250)
        await rig.supervisor.reload()
        try await eventually { try await rig.position()?.delivered == 6000 }
        let before = try #require(try await rig.position())
        let plan = try #require(
            try await rig.supervisor.planReplay(
                of: stream(),
                from: start.advanced(by: .seconds(1300)),
                to: start.advanced(by: .seconds(1500))
            )
        )
        let live = rig.sink.received.count
        rig.streams.put(stream().replaying(plan))
        await rig.supervisor.reload()
        try await eventually { rig.streams.finished == [plan.id] }
        await rig.supervisor.stop(grace: .seconds(1))
        let replayed = rig.sink.received.dropFirst(live)
        #expect(Set(replayed.flatMap(\.marks)) == Set((1300..<1500).map { "m\($0)" }))
        for batch in replayed {
            #expect(batch.replay == plan.id.description)
            for (mark, number) in zip(batch.marks, batch.sequences ?? 1...1) {
                #expect(receiver.numbers[mark] == [batch.lane ?? -1: number])
            }
        }
        #expect(try await rig.position() == before)
    }

    @Test func `a batch's first send is its first attempt, also at a rate`() async throws {
        let receiver = LaneReceiver { _, _ in .accepted }
        var stream = stream()
        stream.requestsPerSecond = 5
        let rig = Rig(
            TestStreams([stream]),
            ScriptedSink(answering: receiver.take),
            time: JumpingTime()
        )
        let events = events(400)
        try await append(events, to: rig)
        await rig.supervisor.reload()
        try await eventually { try await rig.position()?.delivered == 400 }
        await rig.supervisor.stop(grace: .seconds(1))
        #expect(receiver.sizes.allSatisfy { $0.attempt == 1 })
        #expect(receiver.broken.isEmpty)
        expectOrder(receiver, of: events)
    }

    @Test func `a lane whose events are all refused stops no other lane, nor the stream`()
        async throws
    {
        let receiver = LaneReceiver { batch, _ in
            batch.marks.contains { $0.hasPrefix("bad") } ? .refused : .accepted
        }
        let rig = Rig(
            TestStreams([stream()]),
            ScriptedSink(answering: receiver.take),
            time: JumpingTime()
        )
        // No other link is in that lane.
        let lone = (0..<100).map { "lone\($0)" }.first { link in
            let lane = lane(#"{"route":{"id":"\#(link)"}}"#, among: 4)
            return !(0..<3).contains { self.lane(#"{"route":{"id":"l\#($0)"}}"#, among: 4) == lane }
        }
        let refused = (0..<5).map { TestEvent("bad\($0)", link: lone) }
        let others = (0..<60).map { TestEvent("m\($0)", link: "l\($0 % 3)") }
        try await append(refused + others, to: rig)
        await rig.supervisor.reload()
        try await eventually { try await accounting(rig).pending == 0 }
        try await append((60..<80).map { TestEvent("m\($0)", link: "l\($0 % 3)") }, to: rig)
        try await eventually { try await accounting(rig).delivered == 80 }
        await rig.supervisor.stop(grace: .seconds(1))
        #expect(try await accounting(rig).parked == 5)
        #expect(rig.streams.stream("s1")?.state.status == .active)
    }

    @Test func `a replay that is planned while a lane fails has the right numbers`() async throws {
        let free = Mutex<Int?>(nil)
        let receiver = LaneReceiver { batch, _ in
            let mine = free.withLock { lane in
                lane = lane ?? batch.lane
                return lane == batch.lane
            }
            return mine ? .accepted : .failed(DeliveryFailure(message: "no"))
        }
        let sink = ScriptedSink(answering: receiver.take)
        let rig = Rig(TestStreams([stream()]), sink)
        let start = Timestamp(microseconds: 1_700_000_000_000_000)
        var events = events(300)
        for index in events.indices {
            events[index].timestamp = start.advanced(by: .seconds(index))
        }
        // Some are delivered before: a round of theirs is over.
        free.withLock { $0 = -1 }
        let first = LaneReceiver { _, _ in .accepted }
        let before = Rig(sharing: rig, ScriptedSink(answering: first.take), time: JumpingTime())
        try await append(Array(events[..<100]), to: rig, each: 10)
        await before.supervisor.reload()
        try await eventually { try await rig.position()?.delivered == 100 }
        await before.supervisor.stop(grace: .seconds(1))
        free.withLock { $0 = nil }
        try await append(Array(events[100...]), to: rig, each: 10)
        await rig.supervisor.reload()
        try await eventually { try await rig.position()?.health.failures ?? 0 > 0 }
        await rig.supervisor.stop(grace: .zero)
        #expect(try await rig.position()?.round?.isPartlyAccepted == true)
        let plan = try #require(
            try await rig.supervisor.planReplay(
                of: stream(),
                from: start.advanced(by: .seconds(40)),
                to: start.advanced(by: .seconds(90))
            )
        )
        for lane in 0..<4 {
            let earlier = events[..<40].count { self.lane($0.json, among: 4) == lane }
            #expect(plan.laneNumbers[lane] == Int64(earlier) + 1)
        }
        #expect(plan.firstSequence == 41)
    }

    @Test func `of answers that came together the one that says most counts`() async throws {
        let gone = DeliveryFailure(message: "answered 410")
        for (isGone, wanted) in [(true, StreamStatus.disabled), (false, .active)] {
            let seen = Mutex<[Int: Int]>([:])
            let receiver = LaneReceiver { batch, _ in
                let tries = seen.withLock { seen in
                    seen[batch.lane ?? 0, default: 0] += 1
                    return seen[batch.lane ?? 0] ?? 0
                }
                guard tries == 1 else { return .accepted }
                switch batch.lane {
                case 0: return .refused
                case 1: return .busy
                case 2 where isGone: return .gone(gone)
                default:
                    return .failed(DeliveryFailure(message: "429", retryAfter: .seconds(5000)))
                }
            }
            let time = JumpingTime()
            let rig = Rig(
                TestStreams([stream()]),
                ScriptedSink(answering: receiver.take),
                time: time
            )
            try await append(events(200), to: rig)
            await rig.supervisor.reload()
            try await eventually {
                if isGone { return rig.streams.stream("s1")?.state.status == .disabled }
                return try await accounting(rig).pending == 0
            }
            await rig.supervisor.stop(grace: .seconds(1))
            #expect(rig.streams.stream("s1")?.state.status == wanted)
            if !isGone { #expect(time.sleeps.first ?? .zero >= .seconds(4999)) }
        }
    }

    @Test func `a slow start has ten events, then twice as many, beside what was sent before`()
        async throws
    {
        let receiver = LaneReceiver { _, number in number <= 4 ? .busy : .accepted }
        let rig = Rig(
            TestStreams([stream(BatchLimits(events: 400, wait: .zero))]),
            ScriptedSink(answering: receiver.take),
            time: JumpingTime()
        )
        try await append(events(6000), to: rig)
        await rig.supervisor.reload()
        try await eventually { try await rig.position()?.delivered == 6000 }
        await rig.supervisor.stop(grace: .seconds(1))
        // Those of the first round come again as they were.
        let fresh = receiver.sizes.dropFirst(4).filter { $0.attempt == 1 }.map(\.events)
        var limit = 10
        for size in fresh.prefix(5) {
            #expect(size <= limit, "\(fresh)")
            limit *= 2
        }
        #expect(receiver.broken.isEmpty)
    }

    @Test func `lanes take room for one body, and for the others what nobody waits for`()
        async throws
    {
        let room = BodyRoom(limit: 8 << 20)
        let most = Mutex((at: 0, again: 0))
        let receiver = LaneReceiver { batch, number in
            most.withLock { most in
                most.at = max(most.at, room.used)
                if batch.attempt > 1 { most.again = max(most.again, room.used) }
            }
            return number <= 20 ? .busy : .accepted
        }
        var stream = stream(BatchLimits(events: 10_000, bytes: 1 << 20, wait: .zero))
        stream.lanes = 16
        let sink = ScriptedSink(answering: receiver.take)
        let first = Rig(TestStreams([stream]), sink)
        let padding = String(repeating: "x", count: 20_000)
        let rig = Rig(sharing: first, sink, time: JumpingTime(), room: room)
        for group in 0..<40 {
            try await rig.source.append(
                (0..<25).map { TestEvent("m\(group * 25 + $0)", country: padding, link: "l\($0)") }
            )
        }
        await rig.supervisor.reload()
        try await eventually { try await rig.position()?.delivered == 1000 }
        await rig.supervisor.stop(grace: .seconds(1))
        // 20 MB of events: bodies of all lanes together stay within the room, and a probe takes one.
        #expect(most.withLock { $0.at } <= 8 << 20)
        #expect(most.withLock { $0.again } <= 2 << 20)
        #expect(room.used == 0)
        #expect(receiver.broken.isEmpty)
    }

    private func lane(_ event: String, among count: Int) -> Int {
        let bytes = Array(event.utf8)
        return bytes.withUnsafeBufferPointer { Lane.index(of: $0, among: count) }
    }

    @Test func `an event's lane is the same in every version`() {
        // FNV-1a and the finalizer, worked out by another program.
        #expect(
            lane(#"{"route":{"id":"9a5ae320f3e247ef8c9b6061131bb517","slashtag":"a"}}"#, among: 16)
                == 3
        )
        #expect(lane(#"{"route":{"id":null,"slashtag":"spring"}}"#, among: 16) == 8)
        #expect(lane(#"{"route":{"id":null,"slashtag":null}}"#, among: 16) == 6)
    }
}
