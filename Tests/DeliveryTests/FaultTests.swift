import ClickModel
import Delivery
import Foundation
import Synchronization
import TestKit
import Testing

/// A receiver that fails, refuses and loses answers by a fixed chance, drops repeated batches, and compares what is left
/// with what was sent.
private final class FaultyReceiver: Sendable {
    private struct State {
        var random: UInt64 = 0x9E37_79B9_7F4A_7C15
        var ids: Set<String> = []
        /// The number of the event that comes next.
        var next = 0
        var sequence: Int64 = 0
        var lost = 0
        var failed = 0
        var inversions = 0
        var missing = 0
    }

    /// Every so many events one is refused.
    static let poisonEvery = 50_000

    private let state = Mutex(State())

    var lost: Int { state.withLock { $0.lost } }
    var failed: Int { state.withLock { $0.failed } }
    var inversions: Int { state.withLock { $0.inversions } }
    var missing: Int { state.withLock { $0.missing } }
    /// How many events have come, each once, the refused ones counted with those behind them.
    var count: Int { state.withLock { $0.next } }

    static func isPoison(_ number: Int) -> Bool { number % poisonEvery == poisonEvery - 1 }

    func take(_ batch: OutgoingBatch) -> DeliveryOutcome {
        let numbers = Self.numbers(batch.body)
        return state.withLock { state in
            state.random = state.random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let chance = state.random >> 33 % 100
            if numbers.contains(where: Self.isPoison) { return .refused }
            guard chance >= 5 else {
                state.failed += 1
                return .busy
            }
            if state.ids.insert(batch.id).inserted {
                for (number, sequence) in zip(numbers, batch.sequences ?? 1...1) {
                    if number < state.next || sequence <= state.sequence { state.inversions += 1 }
                    var expected = state.next
                    if Self.isPoison(expected) { expected += 1 }
                    if number > expected { state.missing += number - expected }
                    (state.next, state.sequence) = (number + 1, sequence)
                }
            }
            guard chance >= 15 else {
                state.lost += 1
                return .failed(DeliveryFailure(message: "the answer was lost"))
            }
            return .accepted
        }
    }

    /// The numbers in the events' marks, which end with a letter.
    private static func numbers(_ body: [UInt8]) -> [Int] {
        var numbers: [Int] = []
        var number: Int?
        for byte in body {
            if byte == UInt8(ascii: "#") {
                number = 0
            } else if let known = number {
                if byte == UInt8(ascii: "\"") {
                    numbers.append(known)
                    number = nil
                } else {
                    number = known * 10 + Int(byte - UInt8(ascii: "0"))
                }
            }
        }
        return numbers
    }
}

/// Faults at random, on a clock that jumps: in full it is `make soak-order`.
@Suite struct FaultTests {
    private static func size(_ name: String, _ standard: Int) -> Int {
        ProcessInfo.processInfo.environment[name].flatMap(Int.init) ?? standard
    }

    @Test func `under faults every event comes once and in its order`() async throws {
        let wanted = (
            events: Self.size("FAULT_EVENTS", 60_000), lost: Self.size("FAULT_LOST", 100)
        )
        let receiver = FaultyReceiver()
        var stream = EventStream.fixture(
            limits: BatchLimits(wait: .zero),
            maxAge: .seconds(36_500 * 86_400)
        )
        stream.state = StreamState(.active, since: .now)
        let rig = Rig(
            TestStreams([stream]),
            ScriptedSink(keeps: false, answering: receiver.take),
            time: JumpingTime()
        )
        await rig.supervisor.reload()
        var sent = 0
        while sent < wanted.events || receiver.lost < wanted.lost {
            for _ in 0..<20 {
                let group = (sent..<sent + 500).map { TestEvent("#\($0)") }
                try await rig.source.append(group)
                sent += group.count
            }
            let end = sent
            try await eventually { try await rig.position()?.settled == Int64(end) }
            // What is delivered is trimmed, so that memory holds what is under way.
            try await rig.log.trim(before: Offset(Int64(end)))
        }
        await rig.supervisor.stop(grace: .seconds(1))
        let books = try await rig.log.accounting(of: stream)
        #expect(books.in == Int64(sent))
        #expect(books.parked == Int64(sent / FaultyReceiver.poisonEvery))
        #expect(books.delivered == books.in - books.parked && books.expired == 0)
        #expect(receiver.inversions == 0)
        #expect(receiver.missing == 0)
        #expect(receiver.lost >= wanted.lost && receiver.failed > 0)
        print(
            "\(sent) events, \(receiver.lost) answers lost, \(receiver.failed) attempts failed, "
                + "\(books.parked) parked: \(receiver.inversions) inversions, \(receiver.missing) missing"
        )
    }
}
