import ClickModel
import Testing

@testable import Sinks

/// Addresses that nobody may be sent to, in every spelling that resolvers and URL parsers were ever fooled by.
@Suite struct AddressCorpusTests {
    /// One or two of each refused range, their ends among them.
    private static let inwardV4: [[UInt32]] = [
        [0, 0, 0, 0], [0, 1, 2, 3], [10, 0, 0, 1], [10, 255, 255, 255], [100, 64, 0, 1],
        [100, 127, 255, 255],
        [127, 0, 0, 1], [127, 255, 255, 254], [169, 254, 169, 254], [172, 16, 0, 1],
        [172, 31, 255, 255],
        [192, 0, 0, 8], [192, 0, 2, 1], [192, 88, 99, 1], [192, 168, 0, 1], [192, 168, 255, 255],
        [198, 18, 0, 1], [198, 19, 255, 255], [198, 51, 100, 1], [203, 0, 113, 9], [224, 0, 0, 1],
        [239, 255, 255, 255], [240, 0, 0, 1], [255, 255, 255, 255], [168, 63, 129, 16],
    ]

    private static let inwardV6 = [
        "::", "::1", "fe80::1", "febf::1", "fc00::1", "fdff::1", "ff02::1", "fec0::1", "100::1",
        "5f00::1",
        "64:ff9b:1::1", "2001::1", "2001:1ff::1", "2001:db8::1", "2002::1", "2002:7f00:1::",
        "3fff::1", "3fff:fff::1",
        "0:0:0:0:0:0:0:1", "0000:0000:0000:0000:0000:0000:0000:0001", "1fff::1", "4000::1",
        "fe80::1%25eth0", "fe80::1%eth0",
        "::ffff:0:127.0.0.1", "::7f00:1",
    ]

    private static func hosts(_ a: [UInt32]) -> [String] {
        let whole = a[0] << 24 | a[1] << 16 | a[2] << 8 | a[3]
        let plain = "\(a[0]).\(a[1]).\(a[2]).\(a[3])"
        let hex = { (n: UInt32) in String(n, radix: 16) }
        let octal = { (n: UInt32) in "0" + String(n, radix: 8) }
        let (high, low) = (hex(whole >> 16), hex(whole & 0xFFFF))
        return [
            plain, plain + ".", "\(whole)", "0x\(hex(whole))", "0X\(hex(whole).uppercased())",
            octal(whole),
            "0" + octal(whole), "\(a[0]).\(whole & 0xFF_FFFF)", "\(a[0]).\(a[1]).\(whole & 0xFFFF)",
            "0x\(hex(a[0])).\(a[1]).\(a[2]).\(a[3])",
            "\(octal(a[0])).\(octal(a[1])).\(octal(a[2])).\(octal(a[3]))",
            "0x\(hex(a[0])).0x\(hex(a[1])).0x\(hex(a[2])).0x\(hex(a[3]))",
            "\(a[0]).\(a[1]).\(a[2]).\(octal(a[3]))",
            plain.replacing(".", with: "%2e"), plain.replacing(".", with: "%2E"),
            "%31" + plain.dropFirst(),
            plain.replacing(".", with: "\u{3002}"), plain.replacing("1", with: "\u{FF11}"),
            plain.replacing(".", with: ".."),
            "user@\(plain)", "user:word@\(plain)", "8.8.8.8@\(plain)", "\(plain)#@8.8.8.8",
            "\(plain)\\@8.8.8.8",
            "[::ffff:\(plain)]", "[::ffff:\(high):\(low)]", "[0:0:0:0:0:ffff:\(plain)]",
            "[::FFFF:\(plain)]",
            "[64:ff9b::\(plain)]", "[64:ff9b::\(high):\(low)]", "[::\(plain)]",
            "[2002:\(high):\(low)::]",
            "[::ffff:\(plain)%25lo]", "[\(plain)]", "\(plain)\u{0}.example.com",
            "\(plain) .example.com",
        ]
    }

    /// Whether an endpoint is refused: by its spelling, or by the address it leads to.
    private static func isRefused(_ url: String, _ addressGuard: AddressGuard) async -> Bool {
        guard let endpoint = try? Endpoint(url) else { return true }
        // A name has still to be resolved: no spelling of an address may pass for one.
        guard case .address = endpoint.host else { return false }
        return (try? await addressGuard.addresses(of: endpoint.host)) == nil
    }

    @Test func `no spelling of an inward address passes`() async {
        let addressGuard = AddressGuard(allowed: [])
        var count = 0
        var passed: [String] = []
        let hosts =
            Self.inwardV4.flatMap(Self.hosts) + Self.inwardV6.map { "[\($0)]" }
            + Self.inwardV6.map { "[\($0.uppercased())]" }
        for host in hosts {
            for url in ["http://\(host)/hook", "HTTPS://\(host):8443/hook"] {
                count += 1
                if await !Self.isRefused(url, addressGuard) { passed.append(url) }
            }
        }
        #expect(passed == [])
        #expect(count >= 1800)
    }

    @Test(arguments: [
        "8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0",
        "192.0.1.0",
        "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255",
        "168.63.129.15",
        "[2606:4700::1111]", "[2001:200::1]", "[2001:db7::1]", "[2003::1]", "[3ffe::1]",
        "[::ffff:8.8.8.8]",
        "[64:ff9b::8.8.8.8]",
    ])
    func `what lies beside a refused range passes`(_ host: String) async {
        #expect(await !Self.isRefused("https://\(host)/hook", AddressGuard(allowed: [])))
    }
}
