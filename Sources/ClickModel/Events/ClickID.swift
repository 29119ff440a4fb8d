/// What names a click for ever: a UUID version 7, so ids sort by time.
///
/// Receivers drop duplicates by it.
package struct ClickID: Hashable, Sendable {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) { (self.high, self.low) = (high, low) }

    /// An id for a click at `time`: 48 bits of milliseconds and 74 random ones (RFC 9562, section 5.7).
    package init(at time: Timestamp, using random: inout some RandomNumberGenerator) {
        let milliseconds = UInt64(clamping: time.milliseconds) & 0xFFFF_FFFF_FFFF
        high = milliseconds << 16 | 0x7000 | random.next() & 0x0FFF
        low = 0x8000_0000_0000_0000 | random.next() >> 2
    }

    /// Writes the 36 characters of the usual form, in lower case.
    package func write(to writer: ByteWriter) {
        for index in 0..<32 {
            if index == 8 || index == 12 || index == 16 || index == 20 { writer.append(0x2D) }
            let half = index < 16 ? high : low
            let digit = UInt8(truncatingIfNeeded: half >> (60 - 4 * UInt64(index % 16))) & 15
            writer.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
        }
    }
}

extension ClickID: CustomStringConvertible {
    package var description: String {
        let writer = ByteWriter(capacity: 36)
        write(to: writer)
        return writer.bytes.text
    }
}
