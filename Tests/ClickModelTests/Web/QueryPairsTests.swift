import Foundation
import TestKit
import Testing

@testable import ClickModel

struct QueryPairsTests {
    private func json(_ query: [UInt8]) -> String {
        let writer = ByteWriter()
        query.withUnsafeBufferPointer { QueryPairs.write($0, to: writer) }
        return writer.bytes.text
    }

    @Test(.enabled(if: WebFixtures.areThere, "needs CONFORMANCE, a folder with fixtures"))
    func `every row of the web platform tests comes out`() throws {
        let rows = try WebFixtures.rows("wpt-urlencoded-parser.jsonl")
        var right = 0
        for row in rows {
            let text = json(Array(row.input.utf8))
            let value = try JSONDecoder().decode([String: [String]].self, from: Data(text.utf8))
            #expect(value == row.expected.query, "\(row.id) \(row.input)")
            if value == row.expected.query { right += 1 }
        }
        #expect(!rows.isEmpty)
        try AccuracyReport.add("query", "all", right: right, total: rows.count)
    }

    private static let cases: [(String, String)] = [
        ("", "{}"), ("&&", "{}"), ("a", #"{"a":[""]}"#), ("=b", #"{"":["b"]}"#),
        ("b=1&a=2&b=3", #"{"b":["1","3"],"a":["2"]}"#), ("a=b=c", #"{"a":["b=c"]}"#),
        ("a+b=c%20d%2", #"{"a b":["c d%2"]}"#), ("x=%22%5C%0A", #"{"x":["\"\\\n"]}"#),
        ("%61=1&a=2", #"{"a":["1","2"]}"#), ("a=%zz%", #"{"a":["%zz%"]}"#),
        ("é=1", #"{"é":["1"]}"#), ("%FF=1&%FE=2", "{\"\u{FFFD}\":[\"1\",\"2\"]}"),
    ]

    @Test(arguments: cases)
    func `names keep their order, each with all its values`(query: String, expected: String) {
        #expect(json(Array(query.utf8)) == expected)
    }

    @Test func `many pairs come out as few do`() throws {
        let query = (0..<3000).map { "n\($0 % 1000)=\($0)" }.joined(separator: "&")
        let text = json(Array(query.utf8))
        let value = try JSONDecoder().decode([String: [String]].self, from: Data(text.utf8))
        #expect(value.count == 1000)
        #expect(value["n7"] == ["7", "1007", "2007"])
        #expect(text.hasPrefix(#"{"n0":["0","1000","2000"],"n1":"#))
    }

    @Test func `anything comes out as JSON with the parser's pairs`() throws {
        let seed = UInt64.random(in: .min ... .max)
        var random = LinearRandom(state: seed)
        let pieces = ["a", "b", "=", "&", "+", "%", "%41", "%c3", "%A9", "é", "\"", "\\", "\u{1}"]
        for _ in 0..<20_000 {
            var query: [UInt8] = []
            for _ in 0..<Int.random(in: 0...12, using: &random) {
                query += (pieces.randomElement(using: &random) ?? "").utf8
                if Int.random(in: 0..<30, using: &random) == 0 {
                    query.append(UInt8.random(in: 0x80...0xFF, using: &random))
                }
            }
            let text = json(query)
            let value =
                try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: [String]]
            let pairs = query.withUnsafeBufferPointer { QueryPairs.parse($0) }
            let count = value?.values.reduce(0) { $0 + $1.count }
            #expect(count == pairs.count, "seed \(seed): \(text)")
        }
    }
}
