import Foundation

/// A slashtag in the form that comparisons are made in: percent-decoded, NFC, case folded UTF-8.
package struct SlashtagKey: Hashable, Sendable {
    /// The bytes of the folded form.
    package let bytes: [UInt8]

    /// Longest slashtag, in bytes, before folding.
    package static let maximumLength = 250

    /// The key of a slashtag that is already percent-decoded; nil when it isn't one: empty, too long,
    /// malformed UTF-8, or with `/`, `?`, `#`, white space or control characters in it.
    package init?(decoded: ByteView) {
        guard (1...Self.maximumLength).contains(decoded.count) else { return nil }
        var folded: [UInt8] = []
        folded.reserveCapacity(decoded.count)
        var isASCII = true
        for byte in decoded {
            guard byte > 0x20, byte != 0x7F, byte != 0x2F, byte != 0x3F, byte != 0x23 else {
                return nil
            }
            if byte >= 0x80 { isASCII = false }
            folded.append(byte.asciiLowercased)
        }
        if !isASCII {
            guard let text = String(validating: decoded, as: UTF8.self),
                !text.unicodeScalars.contains(where: Self.isForbidden)
            else { return nil }
            folded = Self.fold(text)
        }
        bytes = folded
    }

    /// The key of a slashtag as its owner wrote it (no percent-decoding).
    package init?(_ slashtag: String) {
        var slashtag = slashtag
        let key = slashtag.withUTF8 { SlashtagKey(decoded: $0) }
        guard let key else { return nil }
        self = key
    }

    /// A key of bytes that are a folded slashtag already.
    package init(folded bytes: [UInt8]) { self.bytes = bytes }

    private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isWhitespace || scalar.properties.generalCategory == .control
    }

    /// NFC of the folded text.
    ///
    /// Lower case of upper case comes as near to Unicode's full case folding
    /// as the standard library goes; it makes `ß` and `SS`, and final and medial sigma, equal.
    private static func fold(_ text: String) -> [UInt8] {
        var folded = foldOnce(text)
        // Some scalars change again: folding goes on until it changes nothing, so a key is its own key.
        for _ in 0..<maximumFolds {
            let again = foldOnce(folded)
            guard !again.utf8.elementsEqual(folded.utf8) else { break }
            folded = again
        }
        return Array(folded.utf8)
    }

    private static let maximumFolds = 8

    private static func foldOnce(_ text: String) -> String {
        // The dotless i has the upper case of another letter, which folding leaves it apart from.
        let dotless: Unicode.Scalar = "ı"
        return text.precomposedStringWithCanonicalMapping.unicodeScalars
            .split(separator: dotless, omittingEmptySubsequences: false)
            .map { String($0).uppercased().lowercased() }.joined(separator: String(dotless))
            .precomposedStringWithCanonicalMapping.replacing("ς", with: "σ")
    }
}
