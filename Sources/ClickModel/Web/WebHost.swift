import Foundation

/// Hosts by the URL Standard's host parser (section 3.5).
///
/// Names that are too long for the domain name system are none, which the standard leaves open.
package enum WebHost {
    /// RFC 1035, section 2.3.4, as text: 253 bytes in all, and 63 a label.
    static let longestName = 253
    static let longestLabel = 63
    /// As the same name in any script, escapes undone: four bytes for each of its letters.
    private static let longestText = 4 * longestName

    /// The host in ASCII; nil when it is none.
    static func parse(_ bytes: ArraySlice<UInt8>) -> String? {
        if bytes.first == 0x5B {
            let inside = String(decoding: bytes.dropFirst().dropLast(), as: UTF8.self)
            guard inside.contains(":"), let address = IPAddress(inside) else { return nil }
            return "[\(IPv6Text.of(address))]"
        }
        // An escape takes three bytes.
        guard bytes.count <= 3 * longestText else { return nil }
        let decoded = PercentEncoding.decode(bytes)
        guard let text = String(validating: decoded, as: UTF8.self), let ascii = ascii(text),
            !ascii.isEmpty, !ascii.utf8.contains(where: isForbidden)
        else { return nil }
        guard endsInNumber(ascii) else { return ascii }
        return ipv4(ascii)
    }

    /// A domain name in ASCII: lower case, other scripts in Punycode; nil when it can't be.
    ///
    /// As UTS 46 maps names, as near as NFKC and lower case come: enough for names as people write them.
    package static func ascii(_ name: String) -> String? {
        if name.utf8.allSatisfy({ $0 < 0x80 }) {
            let lowered = name.lowercased()
            let labels = lowered.split(separator: ".")
            guard isShort(lowered), labels.allSatisfy(isPlainOrPunycode) else { return nil }
            return lowered
        }
        guard name.utf8.count <= longestText else { return nil }
        var mapped = String.UnicodeScalarView()
        for scalar in name.unicodeScalars where !isIgnored(scalar) {
            mapped.append(scalar == "\u{3002}" || scalar == "\u{FF61}" ? "." : scalar)
        }
        let folded = String(mapped).precomposedStringWithCompatibilityMapping.lowercased()
            .precomposedStringWithCompatibilityMapping
        var labels: [String] = []
        for label in folded.split(separator: ".", omittingEmptySubsequences: false) {
            if label.utf8.allSatisfy({ $0 < 0x80 }) {
                guard isPlainOrPunycode(label) else { return nil }
                labels.append(String(label))
                continue
            }
            guard label.unicodeScalars.count <= longestLabel, isValid(label),
                let encoded = Punycode.encode(label)
            else { return nil }
            labels.append("xn--\(encoded)")
        }
        let ascii = labels.joined(separator: ".")
        return isShort(ascii) ? ascii : nil
    }

    /// Whether a name in ASCII fits into the domain name system; a dot may end it.
    private static func isShort(_ name: String) -> Bool {
        name.utf8.count <= longestName + (name.hasSuffix(".") ? 1 : 0)
            && name.utf8.split(separator: 0x2E).allSatisfy { $0.count <= longestLabel }
    }

    /// Whether a label of another script may be one: no mark in front, and nothing that is no character.
    private static func isValid(_ label: Substring) -> Bool {
        guard let first = label.unicodeScalars.first else { return false }
        return !first.properties.generalCategory.isMark
            && !label.unicodeScalars.contains(where: isDisallowed)
    }

    /// Whether an ASCII label that claims to be Punycode is that of a name that needs it.
    private static func isPlainOrPunycode(_ label: Substring) -> Bool {
        guard label.hasPrefix("xn--") else { return true }
        let encoded = label.dropFirst(4)
        guard let decoded = Punycode.decode(encoded), decoded.utf8.contains(where: { $0 >= 0x80 }),
            isValid(decoded[...])
        else { return false }
        return Punycode.encode(decoded[...]) == String(encoded)
    }

    private static func isIgnored(_ scalar: Unicode.Scalar) -> Bool {
        // Joiners stay: UTS 46 lets them, where scripts need them.
        scalar.properties.isDefaultIgnorableCodePoint && scalar != "\u{200C}"
            && scalar != "\u{200D}"
    }

    private static func isDisallowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .unassigned, .privateUse, .surrogate, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            true
        default: scalar == "\u{FFFD}" || scalar.properties.isNoncharacterCodePoint
        }
    }

    /// Section 3.2: forbidden domain code points.
    private static func isForbidden(_ byte: UInt8) -> Bool {
        byte <= 0x20 || byte >= 0x7F || "#/:<>?@[\\]^|%".utf8.contains(byte)
    }

    // MARK: - IPv4 (section 3.5, "ends in a number checker" and "IPv4 parser")

    private static func endsInNumber(_ host: String) -> Bool {
        var parts = host.split(separator: ".", omittingEmptySubsequences: false)
        if parts.last?.isEmpty ?? false, parts.count > 1 { parts.removeLast() }
        guard let last = parts.last, !last.isEmpty else { return false }
        return last.utf8.allSatisfy { 0x30...0x39 ~= $0 } || number(last) != nil
    }

    private static func ipv4(_ host: String) -> String? {
        var parts = host.split(separator: ".", omittingEmptySubsequences: false)
        if parts.last?.isEmpty ?? false, parts.count > 1 { parts.removeLast() }
        guard parts.count <= 4 else { return nil }
        let numbers = parts.compactMap(number)
        guard numbers.count == parts.count, let last = numbers.last,
            numbers.dropLast().allSatisfy({ $0 <= 255 })
        else { return nil }
        let room = UInt64(1) << (8 * UInt64(5 - numbers.count))
        guard last < room else { return nil }
        var address = last
        for (index, part) in numbers.dropLast().enumerated() {
            address += part << (8 * UInt64(3 - index))
        }
        return IPAddress(v4: UInt32(truncatingIfNeeded: address)).description
    }

    /// Decimal, `0` octal or `0x` hexadecimal; nil when it is none or doesn't fit into 32 bits by far.
    private static func number(_ text: Substring) -> UInt64? {
        guard !text.isEmpty else { return nil }
        let (digits, radix): (Substring, Int) =
            text.lowercased().hasPrefix("0x")
            ? (text.dropFirst(2), 16)
            : text.count > 1 && text.hasPrefix("0") ? (text.dropFirst(), 8) : (text, 10)
        guard !digits.isEmpty else { return 0 }
        guard digits.utf8.allSatisfy({ $0 != 0x2B && $0 != 0x2D }) else { return nil }
        let significant = digits.drop { $0 == "0" }
        guard !significant.isEmpty else { return 0 }
        guard significant.allSatisfy({ $0.hexDigitValue.map { $0 < radix } ?? false }) else {
            return nil
        }
        return significant.utf8.count > 12 ? UInt64(1) << 40 : UInt64(significant, radix: radix)
    }
}

extension Unicode.GeneralCategory {
    fileprivate var isMark: Bool {
        self == .nonspacingMark || self == .spacingMark || self == .enclosingMark
    }
}

/// IPv6 addresses as the URL Standard writes them (section 3.6): the first longest run of zeros shortened.
enum IPv6Text {
    static func of(_ address: IPAddress) -> String {
        let pieces = (0..<8).map { index in
            UInt16(
                truncatingIfNeeded: (index < 4 ? address.high : address.low)
                    >> (48 - 16 * UInt64(index % 4))
            )
        }
        var longest = 0..<0
        var index = 0
        while index < 8 {
            var end = index
            while end < 8, pieces[end] == 0 { end += 1 }
            if end - index > max(1, longest.count) { longest = index..<end }
            index = max(end, index + 1)
        }
        let text = { (range: Range<Int>) in
            pieces[range].map { String($0, radix: 16) }.joined(separator: ":")
        }
        guard !longest.isEmpty else { return text(0..<8) }
        return "\(text(0..<longest.lowerBound))::\(text(longest.upperBound..<8))"
    }
}
