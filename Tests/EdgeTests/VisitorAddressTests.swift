import ClickModel
import Testing

@testable import Edge

@Suite struct VisitorAddressTests {
    static let trusted = ["10.0.0.0/8", "2001:db8:ffff::/48"].compactMap { AddressRange($0) }

    /// The address that a request with these fields comes from.
    private func address(_ fields: [String], peer: String = "10.0.0.1") throws -> String? {
        let lines = fields.map { "\($0)\r\n" }.joined()
        let text = Array("GET / HTTP/1.1\r\nHost: a\r\n\(lines)\r\n".utf8)
        return try text.withUnsafeBufferPointer { bytes in
            let head = try RequestParser.parse(bytes)
            let visitor = VisitorAddress(trusted: Self.trusted)
            return visitor.of(head, peer: IPAddress(peer))?.description
        }
    }

    @Test(arguments: [
        (["X-Forwarded-For: 9.9.9.9"], "9.9.9.9"),
        (["x-forwarded-for: 8.8.8.8, 9.9.9.9"], "9.9.9.9"),
        (["X-Forwarded-For: 9.9.9.9, 10.1.1.1,10.2.2.2"], "9.9.9.9"),
        (["X-Forwarded-For: 8.8.8.8", "X-Forwarded-For: 9.9.9.9"], "9.9.9.9"),
        (["X-Forwarded-For: 9.9.9.9", "X-Forwarded-For: 10.1.1.1"], "9.9.9.9"),
        (["X-Forwarded-For: 10.3.3.3, 10.1.1.1"], "10.3.3.3"),
        (["X-Forwarded-For: 9.9.9.9:4711"], "9.9.9.9"),
        (["X-Forwarded-For: [2001:db8::1]:4711"], "2001:db8::1"),
        (["X-Forwarded-For: [2001:db8::1]"], "2001:db8::1"),
        (["X-Forwarded-For: 2001:db8::1, 2001:db8:ffff::2"], "2001:db8::1"),
        (["X-Forwarded-For: ::ffff:9.9.9.9"], "9.9.9.9"),
        (["X-Forwarded-For: unknown"], nil), (["X-Forwarded-For: unknown, 10.1.1.1"], nil),
        (["X-Forwarded-For: unknown, 9.9.9.9"], "9.9.9.9"), (["X-Forwarded-For:"], nil),
        (["X-Forwarded-For: 9.9.9.9,"], nil), (["X-Forwarded-For: 9.9.9.9:x"], nil),
        (["X-Forwarded-For: 9.9.9.9:"], nil), (["X-Forwarded-For: [::1"], nil),
        (["X-Forwarded-For: 9.9.9"], nil), (["X-Forwarded-For: \", 9.9.9.9"], "9.9.9.9"),
        (["Forwarded: for=9.9.9.9"], "9.9.9.9"), (["Forwarded: For=9.9.9.9;proto=http"], "9.9.9.9"),
        (["Forwarded: proto=http; for=9.9.9.9;by=10.0.0.1"], "9.9.9.9"),
        (["Forwarded: for=\"[2001:db8::1]:4711\""], "2001:db8::1"),
        (["Forwarded: for=1.2.3.4:55"], "1.2.3.4"), (["Forwarded: for=\"1.2.3.4:55\""], "1.2.3.4"),
        (["Forwarded: for=9.9.9.9, for=10.1.1.1"], "9.9.9.9"),
        (["Forwarded: for=9.9.9.9", "Forwarded: for=10.1.1.1"], "9.9.9.9"),
        (["Forwarded: for=9.9.9.9, for=_hidden"], nil), (["Forwarded: for=unknown"], nil),
        (["Forwarded: proto=http"], nil), (["Forwarded: for=\", for=9.9.9.9"], "9.9.9.9"),
        (["Forwarded: for=8.8.8.8;x=\"a,b;for=1.1.1.1\""], "8.8.8.8"),
        (["Forwarded: for=8.8.8.8", "X-Forwarded-For: 9.9.9.9"], "9.9.9.9"),
        ([], "10.0.0.1"),
    ])
    func `behind a trusted proxy the hops are walked from the right`(
        fields: [String],
        expected: String?
    ) throws {
        #expect(try address(fields) == expected)
    }

    @Test func `a peer that isn't trusted is the visitor, whatever it says`() throws {
        #expect(try address(["X-Forwarded-For: 9.9.9.9"], peer: "8.8.4.4") == "8.8.4.4")
        #expect(try address(["Forwarded: for=9.9.9.9"], peer: "::1") == "::1")
    }

    @Test(arguments: ["X-Forwarded-For: ", "Forwarded: for="])
    func `whatever lines a visitor sends, those that proxies add count`(field: String) throws {
        let made = Array(repeating: "\(field)8.8.8.8", count: 30)
        #expect(try address(made + ["\(field)9.9.9.9"]) == "9.9.9.9")
        let hops = (1...7).map { "\(field)10.0.0.\($0)" }
        #expect(try address(made + ["\(field)9.9.9.9"] + hops) == "9.9.9.9")
        // More proxies of ours than lines are kept: who came before them is not known.
        #expect(try address(["\(field)9.9.9.9"] + hops + ["\(field)10.0.0.8"]) == nil)
        #expect(try address(hops + ["\(field)10.0.0.8"]) == "10.0.0.1")
    }
}
