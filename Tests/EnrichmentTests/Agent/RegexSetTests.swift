import ClickModel
import Testing

@testable import Enrichment

struct RegexSetTests {
    private func match(_ patterns: [String], _ text: String) -> (Int, [String?])? {
        let set = RegexSet(patterns.map { ($0, false) })
        let bytes = Array(text.utf8)
        return bytes.withUnsafeBufferPointer { set.firstMatch(in: $0) }.map { match in
            let groups = (0..<RegexSet.groupCount).map { match.group($0) }
            return (
                match.index, groups.map { $0.map { String(decoding: bytes[$0], as: UTF8.self) } }
            )
        }
    }

    @Test func `the first pattern of the list wins, wherever it is found`() {
        #expect(match(["zebra", "b+c", "ab"], "abbc")?.0 == 1)
        #expect(match(["ab", "b+c"], "abbc")?.0 == 0)
        #expect(match(["x", "y"], "abbc") == nil)
    }

    @Test func `groups are told, and those that took no part are none`() throws {
        let found = try #require(match([#"(Foo)/(\d+)(?:\.(\d+))?"#], "x Foo/12 y"))
        #expect(found.1.prefix(5) == ["Foo/12", "Foo", "12", nil, nil])
    }

    @Test func `a pattern that the engine refuses is counted, and the others work`() {
        let set = RegexSet([("(?=ahead)", false), ("plain", false)])
        #expect(set.refused == 1)
        let text = Array("a plain text".utf8)
        #expect(text.withUnsafeBufferPointer { set.firstMatch(in: $0)?.index } == 1)
        let other = Array("no such word".utf8)
        #expect(other.withUnsafeBufferPointer { set.firstMatch(in: $0) } == nil)
    }

    @Test func `an empty list and an empty text are fine`() {
        #expect(match([], "text") == nil)
        #expect(match(["a"], "") == nil)
        #expect(match(["a", "^$"], "")?.0 == 1)
        #expect(RegexSet([("^$", false)]).firstMatch(in: .none) == nil)
    }

    @Test func `a long text is not searched for everything that it holds pieces of`() {
        let pieces = (100..<170).map { "piece\($0)" }
        let patterns = pieces.map { "\($0)[ab]*c" } + ["piece169"]
        let text = pieces.joined()
        #expect(match(patterns, text)?.0 == 70)
        #expect(match(patterns, text + String(repeating: "x", count: 1200)) == nil)
        #expect(match(["piece169"], text + String(repeating: "x", count: 1200))?.0 == 0)
    }

    @Test(arguments: [
        (#"\(Mobile;.{1,200}Firefox/[^)]{0,100}"#, #"\(Mobile;.+Firefox/[^)]*"#),
        ("a{2,99}b{3}c{0,29}d{,}{x", "a{2,}b{3}c{0,29}d{,}{x"), ("", ""), ("{", "{"),
        ("x{0,30}?", "x*?"), ("x}{1,100}", "x}+"),
    ])
    func `large bounds of repetitions are none`(regex: String, unbounded: String) {
        #expect(RegexSet.unbounded(regex) == unbounded)
    }

    @Test(.enabled(if: TestTables.areThere, "needs .data/tables: run scripts/setup"))
    func `the engine takes every pattern of the tables`() throws {
        #expect(try TestTables.load().agents.refusedPatterns == 0)
    }
}
