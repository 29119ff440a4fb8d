import ClickModel
import Foundation

/// Reads the texts of settings.
enum SettingText {
    /// An IP address, or a name of letters, digits, dots and hyphens.
    static func isHost(_ text: String) -> Bool {
        guard IPAddress(text) == nil else { return true }
        return (1...253).contains(text.utf8.count) && text.first != "-" && text.first != "."
            && text.utf8.allSatisfy {
                0x61...0x7A ~= $0 || 0x41...0x5A ~= $0 || 0x30...0x39 ~= $0 || $0 == 0x2D
                    || $0 == 0x2E
            }
    }

    /// An http or https URL.
    static func isURL(_ text: String) -> Bool { WebURL(text) != nil }

    /// An origin as browsers name it in `Origin` (RFC 6454): no path, no slash at the end.
    static func isOrigin(_ text: String) -> Bool {
        guard WebURL(text) != nil, text == text.lowercased() else { return false }
        return !text.dropFirst("https://".count).contains { "/?#@".contains($0) }
    }

    /// A signing secret of Standard Webhooks.
    static func isSigningSecret(_ text: String) -> Bool {
        guard text.hasPrefix("whsec_") else { return false }
        let bytes = Data(base64Encoded: String(text.dropFirst("whsec_".count)))
        return bytes.map { (24...64).contains($0.count) } ?? false
    }

    /// Visible ASCII that fits into a header.
    static func isToken(_ text: String) -> Bool {
        (1...512).contains(text.utf8.count) && text.utf8.allSatisfy { 0x21...0x7E ~= $0 }
    }

    /// Addresses and ranges; the first text that is none as the failure.
    static func ranges(_ text: String) -> Result<[AddressRange], NotARange> {
        var ranges: [AddressRange] = []
        for part in text.split(separator: ",") {
            let entry = String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
            guard !entry.isEmpty else { continue }
            guard let range = AddressRange(entry) else { return .failure(NotARange(text: entry)) }
            ranges.append(range)
        }
        return .success(ranges)
    }

    struct NotARange: Error {
        let text: String
    }
}
