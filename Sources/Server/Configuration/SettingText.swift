import ClickModel

/// Reads the texts of settings.
package enum SettingText {
    private static let timeUnits: [(String, Int64)] = [
        ("ms", 1000), ("s", 1_000_000), ("m", 60_000_000), ("h", 3_600_000_000),
        ("d", 86_400_000_000),
    ]
    private static let sizeUnits: [(String, Int64)] = [
        ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40), ("kB", 1000),
        ("KB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000), ("B", 1),
    ]

    /// `90s`, `1.5h`, `7d`, `500ms`; nil for anything else, for less than nothing, and beyond a century.
    package static func duration(_ text: String) -> Duration? {
        guard let amount = amount(text, timeUnits), amount <= 36_525 * 86_400_000_000 else {
            return nil
        }
        return .microseconds(Int64(amount))
    }

    /// `512MiB`, `10GB`, `4096`; nil for anything else.
    static func size(_ text: String) -> Int64? {
        if let bytes = Int64(text), bytes >= 0 { return bytes }
        guard let amount = amount(text, sizeUnits), amount < 1e18 else { return nil }
        return Int64(amount)
    }

    /// An IP address, or a name of letters, digits, dots and hyphens.
    static func isHost(_ text: String) -> Bool {
        guard IPAddress(text) == nil else { return true }
        return (1...253).contains(text.utf8.count) && text.first != "-" && text.first != "."
            && text.utf8.allSatisfy {
                0x61...0x7A ~= $0 || 0x41...0x5A ~= $0 || 0x30...0x39 ~= $0 || $0 == 0x2D
                    || $0 == 0x2E
            }
    }

    /// Visible ASCII that fits into a header.
    static func isToken(_ text: String) -> Bool {
        (1...512).contains(text.utf8.count) && text.utf8.allSatisfy { 0x21...0x7E ~= $0 }
    }

    private static func amount(_ text: String, _ units: [(String, Int64)]) -> Double? {
        for (unit, factor) in units.sorted(by: { $0.0.count > $1.0.count })
        where text.hasSuffix(unit) {
            let number = text.dropLast(unit.count)
            guard let value = Double(number), value.isFinite, value >= 0,
                number.allSatisfy({ $0.isNumber || $0 == "." })
            else { return nil }
            return value * Double(factor)
        }
        return nil
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
