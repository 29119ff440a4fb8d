import ClickstreamReceiver
import Foundation
import Testing

@Suite struct BatchLedgerTests {
    @Test func `a batch is new once`() throws {
        var ledger = BatchLedger()
        let batch = try Sender.batch("a", 1...3)
        #expect(ledger.finding(for: batch) == .new)
        // Asking remembers nothing: its events may not have been kept.
        #expect(ledger.record(batch) == .new)
        #expect(ledger.finding(for: batch) == .repeated)
        #expect(ledger.record(batch) == .repeated)
        #expect(ledger.record(try Sender.batch("b", 4...4)) == .new)
        #expect(ledger.lastSequence() == 4)
    }

    @Test func `numbers that were left out are named`() throws {
        var ledger = BatchLedger()
        ledger.record(try Sender.batch("a", 1...3))
        let batch = try Sender.batch("b", 7...9)
        #expect(ledger.finding(for: batch) == .gap(4...6))
        #expect(ledger.record(batch) == .gap(4...6))
        #expect(ledger.record(try Sender.batch("c", 10...10)) == .new)
    }

    @Test func `numbers that were missing come late, others overlap`() throws {
        var ledger = BatchLedger()
        ledger.record(try Sender.batch("a", 1...3))
        ledger.record(try Sender.batch("b", 10...12))
        #expect(ledger.record(try Sender.batch("c", 5...6)) == .late)
        // Of 4 to 9 there came 5 and 6.
        #expect(ledger.record(try Sender.batch("d", 4...9)) == .overlap([5...6]))
        #expect(ledger.record(try Sender.batch("e", 4...4)) == .overlap([4...4]))
        #expect(ledger.record(try Sender.batch("f", 11...14)) == .overlap([11...12]))
        #expect(ledger.record(try Sender.batch("g", 15...15)) == .new)
    }

    @Test func `a batch may fill a gap and go on`() throws {
        var ledger = BatchLedger()
        ledger.record(try Sender.batch("a", 1...1))
        ledger.record(try Sender.batch("b", 5...5))
        #expect(ledger.record(try Sender.batch("c", 2...8)) == .overlap([5...5]))
        #expect(ledger.record(try Sender.batch("d", 9...9)) == .new)
    }

    @Test func `each lane counts for itself`() throws {
        var ledger = BatchLedger()
        ledger.record(try Sender.batch("a", 1...5, lane: 0))
        #expect(ledger.record(try Sender.batch("b", 1...2, lane: 1)) == .new)
        #expect(ledger.record(try Sender.batch("c", 4...4, lane: 1)) == .gap(3...3))
        #expect(ledger.record(try Sender.batch("d", 6...6, lane: 0)) == .new)
        #expect(ledger.lastSequence(lane: 1) == 4)
        #expect(ledger.lastSequence() == nil)
    }

    @Test func `a test and a replay are not counted, and a replay is dropped when it comes again`()
        throws
    {
        var ledger = BatchLedger()
        ledger.record(try Sender.batch("a", 5...5))
        #expect(ledger.record(try Sender.batch("t", nil, ["webhook-test": "true"])) == .new)
        let replay = try Sender.batch("r", 1...2, ["webhook-replay": "rep_1"])
        #expect(ledger.record(replay) == .new)
        #expect(ledger.record(replay) == .repeated)
        #expect(ledger.record(try Sender.batch("b", 6...6)) == .new)
    }

    @Test func `a ledger goes on after a restart`() throws {
        var ledger = BatchLedger()
        ledger.resume(id: "old")
        #expect(ledger.finding(for: try Sender.batch("old", 7...7)) == .repeated)
        ledger.resume(after: 7)
        #expect(ledger.finding(for: try Sender.batch("a", 8...8)) == .new)
        #expect(ledger.finding(for: try Sender.batch("a", 9...9)) == .gap(8...8))
        ledger.resume(after: .min, lane: 3)
        #expect(ledger.finding(for: try Sender.batch("a", 1...1, lane: 3)) == .new)
        ledger.resume(after: .max)
        let last = try Sender.batch("z", Int64.max...Int64.max)
        #expect(ledger.record(last) == .overlap([Int64.max...Int64.max]))
    }

    @Test func `the latest ids are remembered, and no more`() throws {
        var ledger = BatchLedger(remembering: 2)
        for id in ["a", "b", "a", "c"] { ledger.record(try Sender.batch(id)) }
        #expect(ledger.finding(for: try Sender.batch("a")) == .new)
        #expect(ledger.finding(for: try Sender.batch("b")) == .repeated)
        #expect(ledger.finding(for: try Sender.batch("c")) == .repeated)
        var none = BatchLedger(remembering: -1)
        none.record(try Sender.batch("a"))
        #expect(none.record(try Sender.batch("a")) == .repeated)
    }

    @Test func `of more than 256 gaps the oldest are forgotten`() throws {
        var ledger = BatchLedger()
        // Every even number is missing: 2, 4, ... 600.
        for n in 0...300 {
            ledger.record(try Sender.batch("\(n)", Int64(2 * n + 1)...Int64(2 * n + 1)))
        }
        #expect(ledger.finding(for: try Sender.batch("x", 600...600)) == .late)
        #expect(ledger.finding(for: try Sender.batch("x", 90...90)) == .late)
        #expect(ledger.finding(for: try Sender.batch("x", 88...88)) == .overlap([88...88]))
    }

    @Test func `the greatest numbers trap nothing`() throws {
        var ledger = BatchLedger()
        ledger.record(try Sender.batch("a", 1...1))
        let last = Int64.max
        #expect(ledger.record(try Sender.batch("b", last...last)) == .gap(2...(last - 1)))
        #expect(ledger.record(try Sender.batch("c", 1...last)) == .overlap([1...1, last...last]))
        #expect(ledger.record(try Sender.batch("d", 1...last)) == .overlap([1...last]))
    }

    /// Against a set of numbers, which is slow and plainly right.
    @Test func `findings agree with a set of all numbers that came`() throws {
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededRandom(seed)
        var ledger = BatchLedger()
        var came: Set<Int64> = []
        var last: Int64?
        for n in 0..<2_000 {
            let first = Int64.random(in: 1...400, using: &random)
            let numbers = first...(first + Int64.random(in: 0...9, using: &random))
            let finding = ledger.record(try Sender.batch("\(n)", numbers))
            let again = numbers.filter { came.contains($0) }
            switch finding {
            case .new: #expect(last == nil || last.map { first == $0 + 1 } == true, "seed \(seed)")
            case .gap(let gap):
                #expect(gap.upperBound + 1 == first && gap.lowerBound - 1 == last, "seed \(seed)")
            case .late: #expect(again.isEmpty && last.map { first <= $0 } == true, "seed \(seed)")
            case .overlap(let parts): #expect(parts.flatMap { Array($0) } == again, "seed \(seed)")
            case .repeated: Issue.record("seed \(seed)")
            }
            if last == nil { came.formUnion(1..<first) }
            came.formUnion(numbers)
            last = max(last ?? 0, numbers.upperBound)
        }
    }
}
