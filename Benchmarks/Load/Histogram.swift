/// Counts of times in nanoseconds, each kept to within 1/64 of itself.
struct Histogram {
    private static let precision = 6

    private(set) var count = 0
    private(set) var most: UInt64 = 0
    private var counts = [UInt32](repeating: 0, count: (64 - precision + 1) << precision)

    mutating func record(_ nanoseconds: UInt64) {
        count += 1
        most = max(most, nanoseconds)
        counts[Self.bucket(of: nanoseconds)] += 1
    }

    /// The time that so much of a share stayed within, in milliseconds; 0 when nothing was recorded.
    func milliseconds(at share: Double) -> Double {
        guard count > 0 else { return 0 }
        var left = Int((Double(count) * share).rounded(.up))
        for (bucket, found) in counts.enumerated() where found > 0 {
            left -= Int(found)
            if left <= 0 { return Double(min(Self.upperBound(of: bucket), most)) / 1e6 }
        }
        return Double(most) / 1e6
    }

    /// The members that a report has of it, each name with this prefix.
    func members(_ prefix: String = "") -> [(String, Double)] {
        [
            ("\(prefix)p50_ms", milliseconds(at: 0.5)), ("\(prefix)p99_ms", milliseconds(at: 0.99)),
            ("\(prefix)p999_ms", milliseconds(at: 0.999)), ("\(prefix)max_ms", Double(most) / 1e6),
        ]
    }

    private static func bucket(of value: UInt64) -> Int {
        guard value >= 1 << precision else { return Int(value) }
        let shift = 63 - value.leadingZeroBitCount - precision
        return (shift + 1) << precision | Int(value >> UInt64(shift)) & (1 << precision - 1)
    }

    private static func upperBound(of bucket: Int) -> UInt64 {
        guard bucket >= 1 << precision else { return UInt64(bucket) }
        let shift = UInt64(bucket >> precision - 1)
        return (UInt64(bucket & (1 << precision - 1) | 1 << precision) + 1) << shift - 1
    }
}
