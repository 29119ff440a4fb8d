import ClickModel
import TestKit
import Testing

struct IPAddressTests {
    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
        ("::ffff:192.0.2.1", "192.0.2.1"), ("2001:DB8:0::1", "2001:db8::1"), ("::", "::"),
        ("::1", "::1"), ("fe80::1:2:3:4", "fe80::1:2:3:4"),
        ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
    ])
    func `addresses are read, and written in their usual form`(text: String, written: String) {
        #expect(IPAddress(text)?.description == written)
    }

    @Test(arguments: [
        "", "1", "1.2.3", "1.2.3.4.5", "256.0.0.1", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4:80", "[::1]",
        "fe80::1%eth0", "::g", ":::", "1::2::3", "12345::", "1.2.3.-4", "0x7f.1", "1.2.3.4\u{0}",
        "1.2.3.4/32", "1:2:3:4:5:6:7:8:9", "2001:db8::1:2:3:4:5:6:7:8:9:a:b:c:d:e:f:0:1:2:3:4",
    ])
    func `what is no address is refused`(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test func `an IPv4 address and its mapped form are equal`() {
        #expect(IPAddress("::ffff:10.1.2.3") == IPAddress("10.1.2.3"))
        #expect(IPAddress(v4: 0x0A01_0203) == IPAddress("10.1.2.3"))
        #expect(IPAddress("10.1.2.3")?.v4 == 0x0A01_0203)
        #expect(IPAddress("::10.1.2.3")?.isV4 == false)
    }

    @Test func `bytes and text give back the address`() {
        var random = SeededRandom(for: "addresses")
        for _ in 0..<1000 {
            let low = random.next()
            let address = IPAddress(high: random.next() >> (low % 65), low: random.next())
            #expect(IPAddress(bytes: address.bytes) == address)
            #expect(IPAddress(address.description) == address)
        }
        #expect(IPAddress(bytes: [1, 2, 3, 4])?.description == "1.2.3.4")
        #expect(IPAddress(bytes: [1, 2, 3]) == nil)
    }

    @Test func `hostile bytes are refused or read, never a trap`() {
        var random = SeededRandom(for: "hostile addresses")
        let alphabet = Array("0123456789abcdefABCDEF:.%[]/ \u{0}".utf8)
        for _ in 0..<10_000 {
            let text = (0..<Int.random(in: 0...60, using: &random)).compactMap { _ in
                alphabet.randomElement(using: &random)
            }
            let address = text.withUnsafeBufferPointer { IPAddress($0) }
            if let address { #expect(IPAddress(address.description) == address) }
        }
    }
}

struct AddressRangeTests {
    @Test(arguments: [
        ("10.0.0.0/8", "10.255.255.255", true), ("10.0.0.0/8", "11.0.0.0", false),
        ("10.1.2.3/8", "10.200.0.1", true), ("0.0.0.0/0", "203.0.113.9", true),
        ("0.0.0.0/0", "2001:db8::1", false), ("::/0", "2001:db8::1", true),
        ("::/0", "203.0.113.9", true), ("192.0.2.1", "192.0.2.1", true),
        ("192.0.2.1", "192.0.2.2", false), ("192.0.2.0/31", "192.0.2.1", true),
        ("192.0.2.0/31", "192.0.2.2", false), ("2001:db8::/32", "2001:db8:ffff::1", true),
        ("2001:db8::/32", "2001:db9::", false), ("2001:db8::/64", "2001:db8::ffff", true),
        ("2001:db8::/65", "2001:db8:0:0:8000::", false), ("::1/128", "::1", true),
        ("::ffff:10.0.0.0/104", "10.9.9.9", true), ("10.0.0.0/8", "::ffff:10.1.1.1", true),
    ])
    func `a range holds the addresses with its first bits`(range: String, text: String, holds: Bool)
        throws
    {
        let range = try #require(AddressRange(range))
        let address = try #require(IPAddress(text))
        #expect(range.contains(address) == holds)
    }

    @Test(arguments: [
        "", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8/8",
        "::/129", "localhost/8", "10.0.0/8", "10.0.0.0/ 8", "10.0.0.0/08x",
    ])
    func `what is no range is refused`(text: String) {
        #expect(AddressRange(text) == nil)
    }
}
