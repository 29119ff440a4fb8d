/// Percent-encoding by the URL Standard's sets (section 1.3).
package enum PercentEncoding {
    /// For each byte, whether a set encodes it.
    typealias Set = [Bool]

    /// Whether a path's byte is encoded; as fast as it gets.
    static func isEncodedInPath(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x00...0x20, 0x22, 0x23, 0x3C, 0x3E, 0x3F, 0x5E, 0x60, 0x7B, 0x7D, 0x7F...0xFF: true
        default: false
        }
    }

    /// Whether a byte of an http URL's query is encoded.
    static func isEncodedInQuery(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x00...0x20, 0x22, 0x23, 0x27, 0x3C, 0x3E, 0x7F...0xFF: true
        default: false
        }
    }

    static let fragment = set(" \"<>`")
    static let specialQuery = (UInt8.min...UInt8.max).map(isEncodedInQuery)
    static let path = (UInt8.min...UInt8.max).map(isEncodedInPath)
    static let userinfo = set(" \"#<>?^`{}/:;=@[\\]|")

    private static let digits = Array("0123456789ABCDEF".utf8)

    /// Control characters, what lies beyond ASCII, and these.
    private static func set(_ characters: String) -> Set {
        let bytes = Swift.Set(characters.utf8)
        return (0..<256).map { $0 < 0x20 || $0 > 0x7E || bytes.contains(UInt8($0)) }
    }

    static func encode(_ bytes: some Collection<UInt8>, _ set: Set) -> String {
        guard bytes.contains(where: { set[Int($0)] }) else {
            return String(decoding: bytes, as: UTF8.self)
        }
        var encoded: [UInt8] = []
        encoded.reserveCapacity(bytes.count * 3)
        append(bytes, set, to: &encoded)
        return String(decoding: encoded, as: UTF8.self)
    }

    static func append(_ bytes: some Collection<UInt8>, _ set: Set, to encoded: inout [UInt8]) {
        for byte in bytes {
            if set[Int(byte)] {
                encoded.append(0x25)
                encoded.append(digits[Int(byte >> 4)])
                encoded.append(digits[Int(byte & 15)])
            } else {
                encoded.append(byte)
            }
        }
    }

    /// Percent-decoding: an escape that isn't one stays as it is.
    package static func decode(_ bytes: some RandomAccessCollection<UInt8>) -> [UInt8] {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var rest = bytes[...]
        while let byte = rest.popFirst() {
            if byte == 0x25, let high = rest.first?.hexValue,
                let low = rest.dropFirst().first?.hexValue
            {
                decoded.append(high << 4 | low)
                rest = rest.dropFirst(2)
            } else {
                decoded.append(byte)
            }
        }
        return decoded
    }
}
