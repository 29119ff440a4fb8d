import ClickModel
import TestKit
import Testing

@testable import Enrichment

struct AcceptLanguageTests {
    private func language(_ header: String) -> String? {
        Array(header.utf8).withUnsafeBufferPointer { AcceptLanguage.primary($0) }
    }

    @Test(.enabled(if: Fixtures.areThere, "needs CONFORMANCE, a folder with fixtures"))
    func `every row of the fixtures comes out`() throws {
        var score = Score()
        for row in try Fixtures.rows("language/accept-language.jsonl") {
            guard let wanted = row.text("client.language") else { continue }
            score.add(language(row.input) == wanted, "\(row.id) \(row.input.prefix(80))")
        }
        #expect(score.wrong.isEmpty && score.total > 0)
        try score.report("language", "all")
    }

    private static let cases: [(String, String?)] = [
        ("pt-BR,pt;q=0.9", "pt"), ("iw", "he"), ("de;q=0.5,fr;q=0.50", "de"), ("", nil),
        ("*;q=1,en;q=0.1", "en"), ("en;q=2", nil), ("en;q=abc", nil), ("en;q=1.001", nil),
        ("zh-yue-HK", "yue"), ("zh_wuu", "wuu"), ("zh-gan", "gan"), ("zh-cmn-Hans", "cmn"),
        ("sh", "sh"), ("no-BOK", "nb"), ("no", "no"), ("NO-nynx", "no"), ("a", nil), ("e1", nil),
        ("i", nil), ("art", "art"), ("english", nil), ("en US", nil), ("und-x", nil),
        ("i-klingon", "tlh"), ("zh-Hant-TW", "zh"), ("x-private", nil), ("de; q = 0.3", "de"),
    ]

    @Test func `what lies beyond many entries is left unread`() {
        let many = Array(repeating: "x-y,", count: AcceptLanguage.mostEntries - 1).joined()
        #expect(language("\(many)de") == "de")
        #expect(language("\(many),de") == nil)
    }

    @Test(arguments: cases)
    func `the first of the highest weight wins`(header: String, expected: String?) {
        #expect(language(header) == expected)
    }
}
