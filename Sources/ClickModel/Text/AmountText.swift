/// Amounts as people write them.
package enum AmountText {
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

    /// A duration in the largest unit that leaves no fraction: `72h`.
    package static func text(of duration: Duration) -> String {
        let amount = duration.wholeMicroseconds
        // Days are for people to write; hours are what the contract shows.
        let unit = timeUnits.dropLast().last { amount % $0.1 == 0 && amount != 0 }
        guard let unit else { return amount == 0 ? "0s" : "\(duration.inSeconds)s" }
        return "\(amount / unit.1)\(unit.0)"
    }

    /// `512MiB`, `10GB`, `4096`; nil for anything else.
    package static func size(_ text: String) -> Int64? {
        if let bytes = Int64(text), bytes >= 0 { return bytes }
        guard let amount = amount(text, sizeUnits), amount < 1e18 else { return nil }
        return Int64(amount)
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
}
