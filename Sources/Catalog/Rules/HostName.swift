import ClickModel

/// The rules that a domain's name must obey.
enum HostName {
    private static let longestName = 253
    private static let longestLabel = 63

    /// The host in lower case ASCII without a trailing dot.
    ///
    /// - Throws: `invalid` for the property `fullName`. Addresses are refused too: the edge answers
    ///   for itself there.
    static func read(_ text: String) throws(CatalogError) -> String {
        guard text.utf8.count <= 4 * longestName, text.unicodeScalars.allSatisfy(isPossible),
            let ascii = WebHost.ascii(text)
        else {
            throw .invalid("fullName", "a domain is a host name, without scheme, port and path")
        }
        let host = ascii.hasSuffix(".") ? String(ascii.dropLast()) : ascii
        let labels = host.utf8.split(separator: 0x2E, omittingEmptySubsequences: false)
        guard (1...longestName).contains(host.utf8.count), labels.allSatisfy(isLabel) else {
            throw .invalid(
                "fullName",
                "a domain is made of labels of 1 to 63 letters, digits and hyphens"
            )
        }
        // URL parsers take a name whose last label is a number for an IPv4 address.
        guard let last = labels.last, !last.allSatisfy({ 0x30...0x39 ~= $0 }),
            !(last.starts(with: Array("0x".utf8))
                && last.dropFirst(2).allSatisfy { $0.hexValue != nil })
        else { throw .invalid("fullName", "an address can't be a domain") }
        return host
    }

    /// Keeps everything away from the parser that would end a host in a URL.
    private static func isPossible(_ scalar: Unicode.Scalar) -> Bool {
        guard scalar.isASCII else { return !scalar.properties.isWhitespace }
        return scalar == "-" || scalar == "." || scalar.properties.isAlphabetic
            || "0"..."9" ~= scalar
    }

    private static func isLabel(_ label: Substring.UTF8View.SubSequence) -> Bool {
        (1...longestLabel).contains(label.count) && label.first != 0x2D && label.last != 0x2D
            && label.allSatisfy { 0x61...0x7A ~= $0 || 0x30...0x39 ~= $0 || $0 == 0x2D }
    }
}
