import ClickModel
import TestKit
import Testing

@testable import Delivery

/// The table of outcomes, without a log or a sink.
@Suite struct StreamCourseTests {
    private static let start = Timestamp(microseconds: 1_700_000_000_000_000)
    private var now = start
    private var course = StreamCourse(StreamHealth(), limits: BatchLimits())

    private func batch(_ count: Int64) -> InFlightBatch {
        InFlightBatch(
            id: "b",
            covers: Offset(0)..<Offset(count),
            firstSequence: 1,
            count: count,
            firstTime: Self.start,
            format: .rebrandly,
            attempts: 1
        )
    }

    private mutating func take(_ outcome: DeliveryOutcome, _ batch: inout InFlightBatch)
        -> StreamCourse.Step
    {
        course.take(outcome, of: &batch, now: now, chance: 0.5)
    }

    private mutating func take(_ outcome: DeliveryOutcome, _ count: Int64) -> StreamCourse.Step {
        var batch = batch(count)
        return take(outcome, &batch)
    }

    private var wait: Double? {
        course.health.nextAttempt.map { Double($0.microseconds - now.microseconds) / 1e6 }
    }

    @Test mutating func `failures in a row wait longer and longer, and a success ends that`() {
        for seconds in [2.5, 15, 120, 300, 900, 1800, 3600, 7200, 10_800, 10_800] {
            #expect(take(.busy, 5) == .wait)
            #expect(wait == seconds)
            now = course.health.nextAttempt ?? now
        }
        #expect(take(.accepted, 5) == .settled)
        #expect(course.health.nextAttempt == nil && course.health.failingSince == nil)
        #expect(take(.busy, 5) == .wait)
        #expect(wait == 2.5)
    }

    @Test mutating func `after a recovery batches begin with ten events and double`() {
        _ = take(.busy, 500)
        #expect(course.nextLimits.events == 500)
        _ = take(.accepted, 500)
        for events in [10, 20, 40, 80, 160, 320] {
            #expect(course.nextLimits.events == events)
            _ = take(.accepted, Int64(events))
        }
        #expect(course.nextLimits.events == 500)
        #expect(course.health.ramp == nil)
    }

    /// Counts the sends until the one event that is refused stands alone.
    @Test(arguments: [(500, 0), (500, 499), (500, 250), (500, 123), (2, 1), (3, 2), (10_000, 7777)])
    mutating func `a refused event is isolated within log2 and two sends`(count: Int, bad: Int) {
        var position = 0
        var sends = 0
        while true {
            let limit = min(course.nextLimits.events, count - position)
            let holds = (position..<position + limit).contains(bad)
            sends += 1
            if limit == 1, holds { break }
            if holds {
                #expect(take(.refused, Int64(limit)) == .split)
            } else {
                #expect(take(.accepted, Int64(limit)) == .settled)
                position += limit
            }
        }
        // The batch that held it, whole, is the first send.
        let bound = Int((Double(min(count, 500)).log2).rounded(.up)) + 2
        #expect(sends - position / 500 <= bound)
    }

    @Test
    mutating func
        `a single event is refused three times, at once, after 5 and 30 seconds, and parked`()
    {
        var single = batch(1)
        #expect(take(.refused, &single) == .wait)
        #expect(wait == 5)
        #expect(take(.refused, &single) == .wait)
        #expect(wait == 30)
        #expect(take(.refused, &single) == .park)
        #expect(course.health.parkedInARow == 1)
        #expect(course.health.failures == 0)
        #expect(take(.accepted, 3) == .settled)
        #expect(course.health.parkedInARow == 0)
    }

    @Test mutating func `a failure between refusals is no refusal`() {
        var single = batch(1)
        _ = take(.refused, &single)
        #expect(take(.busy, &single) == .wait)
        #expect(take(.refused, &single) == .wait)
        #expect(take(.refused, &single) == .park)
    }

    @Test
    mutating func
        `after twenty parked in a row nothing more is parked, until something is accepted`()
    {
        for number in 1...20 {
            var single = batch(1)
            for _ in 1...2 { #expect(take(.refused, &single) == .wait) }
            #expect(take(.refused, &single) == .park, "\(number)")
        }
        var single = batch(1)
        for _ in 1...10 { #expect(take(.refused, &single) == .wait) }
        #expect(take(.refused, 40) == .wait)
        #expect(course.health.failures == 11)
        #expect(take(.accepted, 1) == .settled)
        #expect(course.nextLimits.events == 10)
        #expect(take(.refused, 10) == .split)
    }

    @Test
    mutating func `when all that were refused together are refused one by one, the last stays`() {
        #expect(take(.refused, 3) == .split)
        for number in 1...3 {
            var single = batch(1)
            for _ in 1...2 { #expect(take(.refused, &single) == .wait) }
            #expect(take(.refused, &single) == (number < 3 ? .park : .wait))
        }
        #expect(course.health.failures == 1)
        #expect(course.health.parkedInARow == 2)
    }

    @Test mutating func `too large halves the size limit, down to the smallest`() {
        for bytes in [262_144, 131_072, 65_536, 32_768, 16_384, 16_384] {
            #expect(take(.tooLarge, 8) == .split)
            #expect(course.nextLimits.bytes == bytes)
        }
        _ = take(.accepted, 1)
        #expect(course.nextLimits.bytes == 16_384)
    }

    @Test mutating func `five days without any success disable, and a success begins them anew`() {
        _ = take(.busy, 1)
        now = Self.start.advanced(by: .seconds(5 * 86_400 - 1))
        #expect(take(.busy, 1) == .wait)
        _ = take(.accepted, 1)
        _ = take(.busy, 1)
        now = now.advanced(by: .seconds(5 * 86_400 - 1))
        #expect(take(.busy, 1) == .wait)
        now = now.advanced(by: .seconds(1))
        guard case .disable(let reason) = take(.busy, 1) else {
            Issue.record("it goes on after five days")
            return
        }
        #expect(reason.contains("answered 503"))
    }

    @Test mutating func `a receiver's wish is a lower bound of the waits for a refused event, too`()
    {
        var single = batch(1)
        let refusal = DeliveryFailure(message: "no", retryAfter: .seconds(60))
        _ = take(.refused(refusal, isTooLarge: false), &single)
        #expect(wait == 60)
    }

    /// Whatever comes, nothing is skipped: each batch is settled, parked alone, or tried again.
    @Test mutating func `a million random outcomes keep the rules`() {
        var random = SeededRandom(seed: 7)
        var single = batch(1)
        var broken: [String] = []
        for _ in 0..<1_000_000 {
            let outcome =
                [DeliveryOutcome.accepted, .busy, .refused, .tooLarge].randomElement(using: &random)
                ?? .busy
            let count = Int64.random(in: 1...10, using: &random)
            var other = batch(count)
            let before = course.health
            let step = count == 1 ? take(outcome, &single) : take(outcome, &other)
            let health = course.health
            let isKept =
                switch step {
                case .settled:
                    outcome == .accepted && health.failures == 0 && health.parkedInARow == 0
                case .park:
                    count == 1 && before.parkedInARow < 20
                        && health.parkedInARow == before.parkedInARow + 1
                case .split: count > 1 && (health.suspects ?? 0) == count
                case .wait: health.nextAttempt.map { $0 >= now } ?? false
                case .disable: false
                }
            if step == .settled || step == .park { single = batch(1) }
            if !isKept || !(1...500).contains(course.nextLimits.events) {
                broken.append("\(step) after \(outcome) of \(count)")
            }
        }
        #expect(broken == [])
    }
}

extension Double {
    fileprivate var log2: Double {
        var (power, value) = (0.0, self)
        while value > 1 { (power, value) = (power + 1, value / 2) }
        return power
    }
}
