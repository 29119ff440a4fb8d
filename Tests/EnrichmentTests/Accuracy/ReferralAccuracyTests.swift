import ClickModel
import Testing

@testable import Enrichment

@Suite(
    .enabled(if: Fixtures.areThere, "needs CONFORMANCE, a folder with fixtures"),
    .enabled(if: TestTables.areThere, "needs .data/tables: run scripts/setup")
)
struct ReferralAccuracyTests {
    @Test(arguments: [
        ("own-edge", 98.4), ("matomo-list", 99.1), ("snowplow-list", 97.9),
        ("snowplow-tests", 98.1),
    ])
    func `referrers are known by their hosts`(file: String, floor: Double) throws {
        let suffixes = try TestTables.load().suffixes
        var score = Score()
        for row in try Fixtures.rows("referer/\(file).jsonl") {
            let referral = Array(row.input.utf8).withUnsafeBufferPointer {
                Referral($0, suffixes: suffixes)
            }
            let members = [
                ("referral.origin.type", referral.type), ("referral.origin.name", referral.name),
                ("referral.hostname", referral.hostname), ("referral.protocol", referral.scheme),
                ("referral.path", referral.path),
            ]
            // A row is right when all is that it asks.
            let asked = members.compactMap { key, got in
                row.text(key).map { wanted in (key: key, wanted: wanted, got: got) }
            }
            guard !asked.isEmpty else { continue }
            score.add(asked.allSatisfy { $0.wanted == $0.got }, "\(row.input): \(asked)")
        }
        print("referer/\(file)", score.text)
        try score.report("referer/\(file)", "all")
        #expect(score.percent >= floor)
    }
}
