import ClickModel
import Foundation
import Testing

@testable import Server

struct RawRequestBodyTests {
    /// The raw requests of a body: each one's line and text; nil for what is no object.
    private static func cut(
        _ body: some Sequence<UInt8>,
        isLines: Bool = false,
        limit: Int = 1000
    ) throws -> [String] {
        try Array(body).withUnsafeBufferPointer { bytes in
            try RawRequestBody.cut(bytes, isLines: isLines, limit: limit).map { piece in
                "\(piece.line) \(piece.range.map { bytes.view($0).text } ?? "-")"
            }
        }
    }

    static let bodies: [(body: String, pieces: [String])] = [
        ("{}", ["1 {}"]),
        ("{\n \"ip\": null\n}\n", ["1 {\n \"ip\": null\n}\n"]),
        ("{}\n{}", ["1 {}", "2 {}"]),
        ("\n{}\r\n \t\r\n{}\n\n", ["2 {}\r", "4 {}"]),
        ("{}{}", ["1 {}{}"]),
        ("{\"a\":\n1}\n{}", ["1 {\"a\":", "2 1}", "3 {}"]),
        ("[]", []),
        ("  \n[ {\"a\":1} ,\n{\"b\":[{}]}]\n", ["1 {\"a\":1}", "2 {\"b\":[{}]}"]),
        ("[{},1,\"{}\",null,[{}],{}]", ["1 {}", "2 -", "3 -", "4 -", "5 -", "6 {}"]),
        ("", []), (" \n\t\r\n", []),
        ("\u{FEFF}{}\n{}", ["1 {}", "2 {}"]), ("\u{FEFF}[{}]", ["1 {}"]),
        ("nonsense", ["1 nonsense"]), ("\"{}\"\n{}", ["1 \"{}\"", "2 {}"]),
        ("\0\n{}", ["1 \0", "2 {}"]),
        (
            String(repeating: "{\"a\":", count: 100),
            ["1 " + String(repeating: "{\"a\":", count: 100)]
        ),
    ]

    @Test(arguments: bodies)
    func `a body is one object, an array, or lines`(body: String, pieces: [String]) throws {
        #expect(try Self.cut(body.utf8) == pieces)
    }

    @Test func `what is said to be lines is read as lines`() throws {
        #expect(try Self.cut("[{}]\n{}\n".utf8, isLines: true) == ["1 [{}]", "2 {}"])
        #expect(try Self.cut("{\n}".utf8, isLines: true) == ["1 {", "2 }"])
    }

    @Test(arguments: [
        ("[", 1), ("[{}", 2), ("[{},", 2), ("[{}]x", 2), ("[{},{]", 2), ("[{} {}]", 2),
        ("[{},{\"a\":\"\\x\"}]", 2), ("[,]", 1), (String(repeating: "[", count: 100_000), 1),
        ("[{\"a\":\"\u{1}\"}]", 1), ("[1e]", 1),
    ])
    func `an array that is no JSON is refused as a whole`(body: String, line: Int) {
        #expect(throws: RawRequestBody.Problem.malformed(line: line)) {
            try Self.cut(body.utf8)
        }
    }

    @Test(arguments: [false, true])
    func `a body has so many raw requests and no more`(isLines: Bool) throws {
        let lines = String(repeating: "{}\n", count: 10)
        #expect(try Self.cut(lines.utf8, isLines: isLines, limit: 10).count == 10)
        #expect(throws: RawRequestBody.Problem.tooMany) {
            try Self.cut((lines + "{}").utf8, isLines: isLines, limit: 10)
        }
        let array = "[" + Array(repeating: "{}", count: 11).joined(separator: ",") + "]"
        #expect(throws: RawRequestBody.Problem.tooMany) { try Self.cut(array.utf8, limit: 10) }
    }
}
