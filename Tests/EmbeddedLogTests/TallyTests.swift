import ClickModel
import Foundation
import TestKit
import Testing

@testable import EmbeddedLog

@Suite struct TallyTests {
    @Test func `one workspace's count is read as all of them are`() {
        var random = SeededRandom(for: "tally")
        for _ in 0..<200 {
            var tally = Tally()
            for _ in 0..<Int.random(in: 0...50, using: &random) {
                let workspace = Int64.random(
                    in: random.next() % 2 == 0 ? 0...300 : .min ... .max,
                    using: &random
                )
                let event = EventFacts(
                    id: ClickID(high: 0, low: 0),
                    timestamp: .now,
                    workspace: workspace,
                    eventLength: 0,
                    detailsLength: 0
                )
                tally.add(
                    Tally(Array(repeating: event, count: Int.random(in: 1...300, using: &random)))
                )
            }
            let stored = Data(tally.stored)
            #expect(Tally(stored: stored) == tally)
            for workspace in tally.counts.keys + [-1, 0, 1, 301, .max] {
                #expect(Tally.count(of: workspace, in: stored) == tally[workspace])
            }
            // Cut off anywhere, it traps nowhere.
            for length in 0..<stored.count { _ = Tally.count(of: 7, in: stored.prefix(length)) }
        }
    }
}
