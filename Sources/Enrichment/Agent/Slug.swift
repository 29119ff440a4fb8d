import ClickModel
import Foundation

/// Names in the form that events carry: lower case ASCII, dashes for everything else.
enum Slug {
    /// The slug of a text, or nil when nothing of it is left.
    ///
    /// NFKD, accents dropped, lower case; runs outside `[a-z0-9.]` are one dash, dots stay between letters or
    /// digits only, and nothing hangs over at the ends.
    static func of(_ text: some StringProtocol) -> String? {
        let plain: [UInt8]
        if text.utf8.allSatisfy({ $0 < 0x80 }) {
            plain = text.utf8.map(\.asciiLowercased)
        } else {
            let apart = String(text).decomposedStringWithCompatibilityMapping.lowercased()
            plain = apart.unicodeScalars.compactMap { scalar in
                // Accents are scalars of their own here, and no separators.
                if scalar.properties.generalCategory == .nonspacingMark { return nil }
                return scalar.isASCII ? UInt8(truncatingIfNeeded: scalar.value) : 0x20
            }
        }
        var slug: [UInt8] = []
        slug.reserveCapacity(plain.count)
        for (index, byte) in plain.enumerated() {
            if isLetterOrDigit(byte) {
                slug.append(byte)
            } else if byte == 0x2E, let last = slug.last, isLetterOrDigit(last),
                index + 1 < plain.count,
                isLetterOrDigit(plain[index + 1])
            {
                slug.append(byte)
            } else if let last = slug.last, last != 0x2D {
                slug.append(0x2D)
            }
        }
        while slug.last == 0x2D { slug.removeLast() }
        return slug.isEmpty ? nil : String(decoding: slug, as: UTF8.self)
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        0x30...0x39 ~= byte || 0x61...0x7A ~= byte
    }
}
