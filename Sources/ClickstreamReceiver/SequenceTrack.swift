/// How far one lane's numbers came, and which of them are missing.
struct SequenceTrack: Sendable {
    private static let mostGaps = 256

    /// The highest number that came.
    private(set) var last: Int64
    /// Ranges below `last`, in order; when there are too many the oldest count as come.
    private var missing: [ClosedRange<Int64>] = []

    init(last: Int64) { self.last = last }

    /// Takes numbers in, and says what they are compared with those before.
    mutating func add(_ numbers: ClosedRange<Int64>) -> BatchLedger.Finding {
        guard numbers.lowerBound <= last else {
            let before = last
            last = numbers.upperBound
            // No overflow: both are below the batch's first number.
            guard before + 1 < numbers.lowerBound else { return .new }
            let gap = (before + 1)...(numbers.lowerBound - 1)
            missing.append(gap)
            if missing.count > Self.mostGaps { missing.removeFirst() }
            return .gap(gap)
        }
        let known = numbers.lowerBound...min(numbers.upperBound, last)
        let filled = missing.filter { $0.overlaps(known) }.map { $0.clamped(to: known) }
        let repeated = Self.parts(of: known, without: filled)
        missing = missing.flatMap { gap in
            gap.overlaps(known) ? Self.parts(of: gap, without: [gap.clamped(to: known)]) : [gap]
        }
        // One that was split is two.
        missing.removeFirst(max(0, missing.count - Self.mostGaps))
        last = max(last, numbers.upperBound)
        return repeated.isEmpty ? .late : .overlap(repeated)
    }

    /// What stays of a range without others, which lie within it in order.
    private static func parts(
        of range: ClosedRange<Int64>,
        without others: [ClosedRange<Int64>]
    ) -> [ClosedRange<Int64>] {
        var parts: [ClosedRange<Int64>] = []
        var start: Int64? = range.lowerBound
        for other in others {
            if let start, start < other.lowerBound { parts.append(start...(other.lowerBound - 1)) }
            // Behind the range's end nothing is left; there may be no greater number at all.
            start = other.upperBound < range.upperBound ? other.upperBound + 1 : nil
        }
        if let start { parts.append(start...range.upperBound) }
        return parts
    }
}
