import ClickModel

/// A moment as its 27 characters.
///
/// Moments of one second share all but the last seven, so these are rendered from the one before.
struct TimestampText {
    private(set) var characters = InlineArray<27, UInt8>(repeating: 0x30)
    private var second = Int64.min

    /// Turns to another moment.
    mutating func set(_ time: Timestamp, with writer: ByteWriter) {
        // Wrapping: a time at the ends of its range is far from any second, not a trap.
        let fraction = time.microseconds &- second &* 1_000_000
        guard second != .min, 0..<1_000_000 ~= fraction else { return render(time, with: writer) }
        var rest = UInt32(truncatingIfNeeded: fraction)
        for place in 0..<6 {
            characters[25 - place] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
    }

    private mutating func render(_ time: Timestamp, with writer: ByteWriter) {
        writer.removeAll()
        time.write(to: writer)
        for (index, byte) in writer.bytes.prefix(27).enumerated() { characters[index] = byte }
        // Beyond the years that can be written the text is another moment's: nothing follows from it.
        let isWritable = -62_167_219_200_000_000..<253_402_300_800_000_000 ~= time.microseconds
        second = isWritable ? time.microseconds.floored(to: 1_000_000) : .min
    }
}

extension Int64 {
    fileprivate func floored(to divisor: Int64) -> Int64 {
        self >= 0 ? self / divisor : (self + 1) / divisor - 1
    }
}
