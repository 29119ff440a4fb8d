import ClickModel
import Testing

@testable import Edge

@Suite struct TargetTests {
    /// The look-up key of a target, `root`, `nothing` or `malformed`.
    private func key(_ host: String, _ path: [UInt8]) -> String {
        var key = LookupKey()
        let asked = Array(host.utf8).withUnsafeBufferPointer { host in
            path.withUnsafeBufferPointer { key.read(host: host, path: $0) }
        }
        guard case .link = asked else { return "\(asked)" }
        return key.withBytes { $0.text }
    }

    @Test(arguments: [
        ("/a", "go.test/a"), ("/a/", "go.test/a"), ("/A-b_C", "go.test/a-b_c"),
        ("/%61", "go.test/a"),
        ("/", "root"), ("//", "nothing"), ("/a//", "nothing"), ("/a/b", "nothing"),
        ("/a%2Fb", "nothing"), ("/a%2f", "nothing"), ("/%", "malformed"), ("/a%4", "malformed"),
        ("/a%zz", "malformed"), ("/%00", "nothing"), ("/a%20b", "nothing"), ("/a%3Fb", "nothing"),
        ("/a%23", "nothing"), ("/%ff", "nothing"), ("/%c3%28", "nothing"),
        ("/caf%C3%A9", "go.test/café"),
        ("/CAF%C3%89", "go.test/café"), ("/cafe%CC%81", "go.test/café"), ("/café", "go.test/café"),
        ("/a+b", "go.test/a+b"), ("/%E2%80%83", "nothing"), ("/a;b=c", "go.test/a;b=c"),
    ])
    func `a path is a slashtag as people mean it`(path: String, expected: String) {
        #expect(key("go.test", Array(path.utf8)) == expected)
    }

    @Test(arguments: ["go.test", "GO.Test", "go.test:8080", "go.test.", "go.test.:80"])
    func `port, case and the last dot of a host don't count`(host: String) {
        #expect(key(host, Array("/a".utf8)) == "go.test/a")
    }

    @Test func `a slashtag is at most 250 bytes long`() {
        let longest = String(repeating: "a", count: 250)
        #expect(key("h", Array("/\(longest)".utf8)) == "h/\(longest)")
        #expect(key("h", Array("/\(longest)a".utf8)) == "nothing")
        #expect(key("h", Array("/\(String(repeating: "%61", count: 250))".utf8)) == "h/\(longest)")
    }

    @Test func `the plain way and the catalog's make the same keys`() throws {
        for byte in UInt8(0x21)...0x7E where ![0x23, 0x25, 0x2F, 0x3F].contains(byte) {
            let slashtag = "x\(Character(UnicodeScalar(byte)))Y"
            let expected = try #require(SlashtagKey(slashtag))
            #expect(
                Array(key("h", Array("/\(slashtag)".utf8)).utf8) == Array("h/".utf8)
                    + expected.bytes
            )
        }
    }

    @Test(arguments: [
        ("https://d.test/", "a=1", "https://d.test/?a=1"),
        ("https://d.test", "a=1", "https://d.test?a=1"),
        ("https://d.test/?b=2", "a=1", "https://d.test/?b=2&a=1"),
        ("https://d.test/?", "a=1", "https://d.test/?a=1"),
        ("https://d.test/?b&", "a=1", "https://d.test/?b&a=1"),
        ("https://d.test/#f", "a=1", "https://d.test/?a=1#f"),
        ("https://d.test/?b#f?g", "a=1&a=2", "https://d.test/?b&a=1&a=2#f?g"),
        ("https://d.test/#", "a", "https://d.test/?a#"),
        ("https://d.test/", "q=\u{e9}%20+", "https://d.test/?q=%C3%A9%20+"),
    ])
    func `a forwarded query follows the destination's own, before the fragment`(
        destination: String,
        query: String,
        expected: String
    ) {
        let out = ByteWriter()
        Array(destination.utf8).withUnsafeBufferPointer { destination in
            Array(query.utf8).withUnsafeBufferPointer {
                ForwardedQuery.append($0, to: destination, into: out)
            }
        }
        #expect(out.bytes.text == expected)
    }

    @Test(arguments: [
        (Int64(0), "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (1_709_208_000, "Thu, 29 Feb 2024 12:00:00 GMT"),
    ])
    func `a date is written as HTTP wants it`(second: Int64, expected: String) {
        #expect(HTTPDate.text(of: Timestamp(microseconds: second * 1_000_000)) == expected)
    }
}
