#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// An IP address; an IPv4 one is held in its IPv4-mapped form, so the two spellings are equal.
package struct IPAddress: Hashable, Sendable {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) { (self.high, self.low) = (high, low) }

    package init(v4 value: UInt32) { self.init(high: 0, low: 0xFFFF_0000_0000 | UInt64(value)) }

    package var isV4: Bool { high == 0 && low >> 32 == 0xFFFF }

    /// The 32 bits of an IPv4 address.
    package var v4: UInt32? { isV4 ? UInt32(truncatingIfNeeded: low) : nil }

    /// The sixteen bytes in network order.
    package var bytes: [UInt8] {
        (0..<16).map { index in
            UInt8(truncatingIfNeeded: (index < 8 ? high : low) >> (56 - 8 * UInt64(index % 8)))
        }
    }

    package init?(bytes: some Collection<UInt8>) {
        switch bytes.count {
        case 4: self.init(v4: bytes.reduce(0) { $0 << 8 | UInt32($1) })
        case 16:
            self.init(
                high: bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) },
                low: bytes.suffix(8).reduce(0) { $0 << 8 | UInt64($1) }
            )
        default: return nil
        }
    }

    /// Reads dotted decimal IPv4 or RFC 4291 IPv6, nothing else: no port, zone, brackets or blanks.
    package init?(_ text: ByteView) {
        guard (2...45).contains(text.count) else { return nil }
        if let v4 = Self.dottedDecimal(text) {
            self.init(v4: v4)
            return
        }
        let parsed = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 46) {
            buffer -> IPAddress? in
            for index in 0..<text.count {
                guard text[index] != 0 else { return nil }
                buffer[index] = CChar(bitPattern: text[index])
            }
            buffer[text.count] = 0
            guard let start = buffer.baseAddress else { return nil }
            var v4 = in_addr()
            if inet_pton(AF_INET, start, &v4) == 1 {
                return IPAddress(v4: UInt32(bigEndian: v4.s_addr))
            }
            var v6 = in6_addr()
            guard inet_pton(AF_INET6, start, &v6) == 1 else { return nil }
            return withUnsafeBytes(of: v6) { IPAddress(bytes: $0) }
        }
        guard let parsed else { return nil }
        self = parsed
    }

    /// Four numbers from 0 to 255 without leading zeros, as nearly all addresses are written.
    private static func dottedDecimal(_ text: ByteView) -> UInt32? {
        guard text.count <= 15 else { return nil }
        var (value, part, digits, dots): (UInt32, UInt32, Int, Int) = (0, 0, 0, 0)
        for byte in text {
            if byte &- 0x30 < 10 {
                guard digits < 3, digits == 0 || part > 0 else { return nil }
                part = part * 10 + UInt32(byte &- 0x30)
                digits += 1
            } else {
                guard byte == 0x2E, digits > 0, part < 256, dots < 3 else { return nil }
                value = value << 8 | part
                (part, digits) = (0, 0)
                dots += 1
            }
        }
        guard dots == 3, digits > 0, part < 256 else { return nil }
        return value << 8 | part
    }

    package init?(_ text: String) {
        var text = text
        let parsed = text.withUTF8 { IPAddress($0) }
        guard let parsed else { return nil }
        self = parsed
    }
}

extension IPAddress: Comparable {
    package static func < (left: IPAddress, right: IPAddress) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

extension IPAddress: CustomStringConvertible {
    package var description: String {
        if let v4 {
            return "\(v4 >> 24).\(v4 >> 16 & 255).\(v4 >> 8 & 255).\(v4 & 255)"
        }
        var raw = in6_addr()
        withUnsafeMutableBytes(of: &raw) { $0.copyBytes(from: bytes) }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
            guard let start = buffer.baseAddress, inet_ntop(AF_INET6, &raw, start, 64) != nil else {
                return ""
            }
            return String(cString: start)
        }
    }
}

/// A range of addresses in CIDR notation, such as `10.0.0.0/8` or `2001:db8::/32`.
package struct AddressRange: Hashable, Sendable {
    private let high: UInt64
    private let low: UInt64
    private let highMask: UInt64
    private let lowMask: UInt64
    package let text: String

    /// Reads `address/bits` or a single address; nil when it is neither.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let first = parts.first, let address = IPAddress(String(first))
        else {
            return nil
        }
        let widest = address.isV4 && !first.contains(":") ? 32 : 128
        var bits = widest
        if parts.count == 2 {
            guard parts[1].utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let given = Int(parts[1]),
                (0...widest).contains(given)
            else { return nil }
            bits = given
        }
        bits += 128 - widest
        highMask = bits >= 64 ? .max : bits == 0 ? 0 : .max << (64 - UInt64(bits))
        lowMask = bits <= 64 ? 0 : .max << (128 - UInt64(bits))
        high = address.high & highMask
        low = address.low & lowMask
        self.text = text
    }

    /// The lowest address of the range.
    package var first: IPAddress { IPAddress(high: high, low: low) }

    /// The highest address of the range.
    package var last: IPAddress { IPAddress(high: high | ~highMask, low: low | ~lowMask) }

    @inlinable
    package func contains(_ address: IPAddress) -> Bool {
        matches(high: address.high, low: address.low)
    }

    @usableFromInline
    func matches(high: UInt64, low: UInt64) -> Bool {
        high & highMask == self.high && low & lowMask == self.low
    }
}
