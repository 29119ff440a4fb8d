import ClickModel

/// The host of a request: `Host`, or the authority of an absolute target.
enum HostName {
    /// Longest name that DNS knows.
    static let longest = 253

    /// Whether the value is `host` or `host:port` with a host of RFC 3986: a name, or `[...]`.
    static func isValid(_ value: ByteView) -> Bool {
        guard value.count > 0, value.count <= longest + 6 else { return false }
        let host = withoutPort(value)
        guard host.count > 0, host.count < value.count || !value.contains(0x3A) || host[0] == 0x5B
        else { return false }
        if host[0] == 0x5B {
            return host.count > 2 && host[host.count - 1] == 0x5D
                && IPAddress(host.view(1, host.count - 1)) != nil
        }
        return host.allSatisfy(isOfName)
    }

    /// Without port; a trailing dot stays.
    static func withoutPort(_ value: ByteView) -> ByteView {
        var end = value.count
        while end > 0, RequestParser.isDigit(value[end - 1]) { end -= 1 }
        guard end > 0, value[end - 1] == 0x3A else { return value }
        return value.view(0, end - 1)
    }

    /// Whether the host is an address or `localhost`, so that the edge may answer for itself.
    static func isOfMachine(_ value: ByteView) -> Bool {
        let host = withoutPort(value)
        guard host.count > 0 else { return false }
        if host[0] == 0x5B { return true }
        return host.equalsIgnoringCase("localhost") || IPAddress(host) != nil
    }

    /// RFC 3986's `reg-name` without percent-encoding, which no domain is registered with.
    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case 0x2D, 0x2E, 0x5F, 0x7E, 0x21, 0x24, 0x26, 0x27, 0x28, 0x29, 0x2A, 0x2B, 0x2C, 0x3B,
            0x3D:
            true
        default: false
        }
    }
}
