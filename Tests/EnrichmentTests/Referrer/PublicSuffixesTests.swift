import ClickModel
import Foundation
import Testing

@testable import Enrichment

struct PublicSuffixesTests {
    @Test(
        .enabled(if: Fixtures.areThere, "needs CONFORMANCE, a folder with fixtures"),
        .enabled(if: TestTables.areThere, "needs .data/tables: run scripts/setup")
    )
    func `every row of the fixtures comes out`() throws {
        let suffixes = try TestTables.load().suffixes
        var score = Score()
        for row in try Fixtures.rows("psl/publicsuffix-tests.jsonl") {
            let host = WebHost.ascii(row.input) ?? row.input
            var wanted: String?
            if case .text(let text)? = row.expected["registrable_domain"] {
                wanted = WebHost.ascii(text)
            }
            score.add(suffixes.registrableDomain(of: host) == wanted, "\(row.id) \(row.input)")
        }
        #expect(score.wrong.isEmpty && score.total > 0)
        try score.report("psl", "all")
    }

    @Test func `wildcards and exceptions hold`() {
        let list = "// comment\ncom\n*.ck\n!www.ck\nuk\nco.uk\nжизнь.рф\n"
        let suffixes = PublicSuffixes(Data(list.utf8))
        let cases: [(String, String?)] = [
            ("a.b.com", "b.com"), ("com", nil), ("b.ck", nil), ("a.b.ck", "a.b.ck"),
            ("x.www.ck", "www.ck"), ("a.b.co.uk", "b.co.uk"), ("co.uk", nil),
            ("a.unlisted", "a.unlisted"), ("a..com", nil), ("1.2.3.4", nil), ("[::1]", nil),
            ("", nil), (".", nil),
        ]
        let russian = WebHost.ascii("жизнь.рф") ?? ""
        #expect(suffixes.registrableDomain(of: russian) == nil)
        #expect(suffixes.registrableDomain(of: "a.b.\(russian)") == "b.\(russian)")
        for (host, wanted) in cases {
            #expect(suffixes.registrableDomain(of: host) == wanted, "\(host)")
        }
    }
}
