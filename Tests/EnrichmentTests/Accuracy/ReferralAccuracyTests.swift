import ClickModel
import Testing

@testable import Enrichment

@Suite(
    .enabled(if: Fixtures.areThere, "needs CONFORMANCE, a folder with fixtures"),
    .enabled(if: TestTables.areThere, "needs .data/tables: run scripts/setup")
)
struct ReferralAccuracyTests {
    @Test(arguments: [
        ("own-edge", 99.0), ("matomo-list", 98.5), ("snowplow-list", 98.0),
        ("snowplow-tests", 97.5),
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
            for (key, got) in members {
                guard let wanted = row.text(key) else { continue }
                score.add(
                    wanted == got,
                    "\(row.input): \(key) \(got ?? "null"), not \(wanted ?? "null")"
                )
            }
        }
        print("referer/\(file)", score.text)
        try score.report("referer/\(file)", "all")
        #expect(score.percent >= floor)
    }
}
