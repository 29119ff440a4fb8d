import Foundation
import TestKit
import Testing

@testable import ClickModel

struct WebURLTests {
    @Test(.enabled(if: WebFixtures.areThere, "needs CONFORMANCE, a folder with fixtures"))
    func `absolute http URLs of the web platform tests come out`() throws {
        var (right, total) = (0, 0)
        var wrong: [String] = []
        for row in try WebFixtures.rows("wpt-urltestdata.jsonl") {
            let start = row.input.drop { $0.isWhitespace || $0.asciiValue ?? 99 < 0x20 }
                .lowercased()
            // Relative ones need a base, and this parser has none.
            guard start.hasPrefix("http://") || start.hasPrefix("https://") else { continue }
            total += 1
            let url = WebURL(row.input)
            if url?.serialised == row.expected.href {
                right += 1
                if let url {
                    #expect(url.hostname == row.expected.hostname, "\(row.id)")
                    #expect(url.path == row.expected.path, "\(row.id)")
                }
            } else {
                wrong.append(
                    "\(row.id) \(row.input.debugDescription): \(url?.serialised ?? "nil"), "
                        + "not \(row.expected.href ?? "nil")"
                )
            }
        }
        #expect(wrong.isEmpty)
        try AccuracyReport.add("url", "all", right: right, total: total)
    }

    private static let cases: [(String, String?)] = [
        ("http://example.com", "http://example.com/"),
        ("HTTP://EXAMPLE.com:80/a/./b/../c?d#e", "http://example.com/a/c?d#e"),
        ("https:\\\\example.com\\a", "https://example.com/a"),
        ("http://a\tb\n.com/", "http://ab.com/"), ("http://0x7f.1/", "http://127.0.0.1/"),
        ("http://256.256.256.256/", nil),
        ("http://[2001:DB8::1]:8080/", "http://[2001:db8::1]:8080/"),
        ("http://bücher.example/ä?ö'#ü", "http://xn--bcher-kva.example/%C3%A4?%C3%B6%27#%C3%BC"),
        ("https://xn--a.example/", nil), ("https://xn--Mnchen-3ya/", "https://xn--mnchen-3ya/"),
        ("http://xn--mxacd.xn--p1ai/", "http://xn--mxacd.xn--p1ai/"),
        ("http://a b/", nil), ("http://", nil), ("http://a:99999/", nil), ("ftp://a/", nil),
        ("mailto:a@b", nil), ("", nil), ("http://user:p@ss@host/", "http://user:p%40ss@host/"),
    ]

    @Test(arguments: cases)
    func `URLs are read as browsers do`(text: String, serialised: String?) {
        #expect(WebURL(text)?.serialised == serialised)
    }

    private static let paths = [
        ("/a/..", "/"), ("/a/b/..", "/a/"), ("/..", "/"), ("/../../b", "/b"), ("/.", "/"),
        ("/a/.", "/a/"),
        ("//", "//"), ("//..//b", "//b"), ("/a//../b", "/a/b"), ("/%2e%2E/b", "/b"),
        ("/a/.%2e/b", "/b"),
        ("/...", "/..."), ("/%2e%2e%2e", "/%2e%2e%2e"), ("/%2f", "/%2f"), ("/.a/..b", "/.a/..b"),
        ("\\a\\..\\b c", "/b%20c"), ("", "/"), ("?..", "/"),
    ]

    @Test(arguments: paths)
    func `dot segments go, others stay`(written: String, path: String) {
        #expect(WebURL("http://h\(written)")?.path == path)
    }

    @Test func `a path of many segments is read as one of few`() {
        let slashes = String(repeating: "/", count: 8000)
        #expect(WebURL("http://h\(slashes)")?.path == slashes)
        #expect(WebURL("http://h\(slashes)..")?.path == String(slashes.dropLast()))
        let dots = String(repeating: "/a/..", count: 2000)
        #expect(WebURL("http://h\(dots)")?.path == "/")
    }

    @Test func `names that the domain name system has no room for are none`() {
        let label = String(repeating: "a", count: 63)
        let longest =
            Array(repeating: label, count: 3).joined(separator: ".") + ".\(label.dropLast(2))"
        for (host, isName) in [
            (label, true), ("\(label)a", false), (longest, true), ("\(longest).", true),
            ("a\(longest)", false), ("\(longest)a", false),
            (String(repeating: "日", count: 50), true), (String(repeating: "日", count: 64), false),
            ("xn--\(String(repeating: "a", count: 60))", false),
            (Array(repeating: "日本", count: 40).joined(separator: "."), false),
        ] {
            #expect((WebURL("http://\(host)/") != nil) == isName, "\(host)")
            let isPlain = Array("http://\(host)/x".utf8).withUnsafeBufferPointer {
                PlainURL($0) != nil
            }
            #expect(!isPlain || isName, "\(host)")
        }
    }

    @Test func `whatever is serialised is read as itself`() {
        let seed = UInt64.random(in: .min ... .max)
        var random = LinearRandom(state: seed)
        for _ in 0..<20_000 {
            let bytes = random.url()
            guard let url = bytes.withUnsafeBufferPointer({ WebURL(bytes: $0) }) else { continue }
            let text = url.serialised
            #expect(text.utf8.allSatisfy { 0x20 < $0 && $0 < 0x7F }, "seed \(seed): \(text)")
            #expect(WebURL(text)?.serialised == text, "seed \(seed): \(text)")
        }
    }
}

struct PlainURLTests {
    /// What the fast way says, and what the whole parser says of the same.
    private func agree(_ bytes: [UInt8]) -> (isPlain: Bool, agrees: Bool) {
        bytes.withUnsafeBufferPointer { view in
            guard let plain = PlainURL(view) else { return (false, true) }
            guard let url = WebURL(bytes: view) else { return (true, false) }
            let isSame =
                plain.scheme.text == url.scheme && plain.hostname.text == url.hostname
                && plain.path.text == url.path && plain.query?.text == url.query
            return (true, isSame)
        }
    }

    @Test(.enabled(if: WebFixtures.areThere, "needs CONFORMANCE, a folder with fixtures"))
    func `the fast way says what the parser says of the fixtures`() throws {
        for row in try WebFixtures.rows("wpt-urltestdata.jsonl") {
            #expect(agree(Array(row.input.utf8)).agrees, "\(row.id) \(row.input)")
        }
    }

    @Test func `the fast way says what the parser says of anything`() {
        let seed = UInt64.random(in: .min ... .max)
        var random = LinearRandom(state: seed)
        var plainCount = 0
        for _ in 0..<50_000 {
            let bytes = random.url()
            let (isPlain, agrees) = agree(bytes)
            #expect(agrees, "seed \(seed): \(String(decoding: bytes, as: UTF8.self))")
            if isPlain { plainCount += 1 }
        }
        #expect(plainCount > 100, "seed \(seed)")
    }

    @Test func `ordinary destinations go the fast way`() {
        for text in [
            "https://www.example.com/", "http://example.com", "https://a.b/c/d.html?x=%20y&z=1#f",
            "https://example.com/.well", "https://example.com/a?b?c",
        ] {
            let isPlain = agree(Array(text.utf8)).isPlain
            #expect(isPlain == !text.contains("/."), "\(text)")
        }
    }
}

/// Random URLs made of the pieces that parsers stumble over, repeatable by their seed.
struct LinearRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (state >> 33) ^ state << 31
    }

    private static let pieces = [
        "a", "b.", ".", "..", "/", "//", "\\", "?", "#", "@", ":", "%2e", "%", "%41", "&", "=", "+",
        " ",
        "\t", "\n", "xn--", "0x", "1", "127", ".1", "[::1]", "[", "]", "é", "ß", "\u{3002}", "'",
        "\"", "<", "|",
        "^", "`", "{", "\u{FF0F}", "\u{AD}", "-", "_", ";", "com", "example.com", "\u{0}", "日本",
    ]

    mutating func url() -> [UInt8] {
        var bytes = Array((Bool.random(using: &self) ? "http://" : "https://").utf8)
        bytes += "ex.am".utf8.prefix(Int.random(in: 0...5, using: &self))
        for _ in 0..<Int.random(in: 0...8, using: &self) {
            bytes += (Self.pieces.randomElement(using: &self) ?? "").utf8
            if Int.random(in: 0..<20, using: &self) == 0 {
                bytes.append(UInt8.random(in: .min ... .max, using: &self))
            }
        }
        return bytes
    }
}
