import ClickModel
import Testing

@testable import Sinks

@Suite struct EndpointTests {
    @Test(arguments: [
        ("https://example.com/hook", "example.com", 443, true),
        ("http://example.com", "example.com", 80, false),
        ("HTTPS://EXAMPLE.com:8443/a?b=c", "example.com", 8443, true),
        ("http://a-b_c.example.co.uk:1/", "a-b_c.example.co.uk", 1, false),
    ])
    func `names are taken`(_ url: String, _ name: String, _ port: Int, _ isTLS: Bool) throws {
        let endpoint = try Endpoint(url)
        #expect(endpoint.host == .name(name))
        #expect(endpoint.port == port)
        #expect(endpoint.isTLS == isTLS)
    }

    @Test(arguments: [
        ("http://8.8.8.8/", "8.8.8.8"),
        ("http://[2001:4860:4860::8888]:80/", "2001:4860:4860::8888"),
        ("http://[::ffff:10.0.0.1]/", "10.0.0.1"),
    ])
    func `addresses are taken in their plain spelling`(_ url: String, _ address: String) throws {
        #expect(try Endpoint(url).host == IPAddress(address).map(Endpoint.Host.address))
    }

    @Test(arguments: [
        "http://127.1/", "http://0x7f.1/", "http://0x7f000001/", "http://2130706433/",
        "http://017700000001/", "http://127.0.0.1./", "http://example.com./", "http://127.0.0.01/",
        "http://%31%32%37.0.0.1/", "http://user@example.com/", "http://user:pass@127.0.0.1/",
        "http://[::1", "http://[fe80::1%25eth0]/", "http://256.1.1.1/", "http://1.2.3/",
        "ftp://example.com/", "file:///etc/passwd", "unix:///tmp/s", "http://", "http:///path",
        "http://exa mple.com/", "http://example.com:0/", "http://example.com:65536/",
        "http://example.com:+80/", "http://exämple.com/", "http://example.com\\@evil.com/",
        "http://a..b/", "http://-a.com/", "http://example.com/#x", "http://example.com:80:80/", "",
    ])
    func `odd spellings and other schemes are refused`(_ url: String) {
        #expect(throws: Endpoint.Problem.self) { try Endpoint(url) }
    }

    @Test func `the URL that is sent names the host in the letters that were checked`() throws {
        let endpoint = try Endpoint("HTTPS://Hooks.EXAMPLE.com:8443/Path?Q=A")
        #expect(endpoint.url == "https://hooks.example.com:8443/Path?Q=A")
        #expect(endpoint.host == .name("hooks.example.com"))
    }
}

@Suite struct AddressGuardTests {
    @Test(arguments: [
        "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254",
        "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.1.1",
        "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "255.255.255.255",
        "168.63.129.16",
        "::", "::1", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "2001::1", "2001:db8::1",
        "2002::1",
        "3fff::1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "::ffff:127.0.0.1", "5f00::1",
    ])
    func `inward and special addresses are refused`(_ text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(!AddressGuard(allowed: []).isAllowed(address, own: []))
    }

    @Test(arguments: [
        "8.8.8.8", "100.128.0.1", "172.32.0.1", "192.0.3.1", "168.63.129.17",
        "2001:4860:4860::8888",
        "2606:4700::1111", "64:ff9b::808:808",
    ])
    func `public addresses are allowed`(_ text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(AddressGuard(allowed: []).isAllowed(address, own: []))
    }

    @Test func `the operator's ranges open what else is refused, and nothing more`() throws {
        let range = try #require(AddressRange("127.0.0.0/8"))
        let opened = AddressGuard(allowed: [range])
        #expect(opened.isAllowed(try #require(IPAddress("127.0.0.1")), own: []))
        #expect(opened.isAllowed(try #require(IPAddress("::ffff:127.0.0.1")), own: []))
        #expect(!opened.isAllowed(try #require(IPAddress("10.0.0.1")), own: []))
        #expect(!opened.isAllowed(try #require(IPAddress("::1")), own: []))
    }

    @Test func `the host's own addresses are refused`() throws {
        let address = try #require(IPAddress("8.8.4.4"))
        #expect(!AddressGuard(allowed: []).isAllowed(address, own: [address]))
    }
}
