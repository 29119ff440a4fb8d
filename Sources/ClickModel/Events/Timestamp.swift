#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A moment: microseconds since 1970-01-01T00:00:00Z, leap seconds left out.
package struct Timestamp: Hashable, Comparable, Sendable, Codable {
    package let microseconds: Int64

    package init(microseconds: Int64) { self.microseconds = microseconds }

    /// The system clock now.
    package static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }

    package var milliseconds: Int64 { microseconds / 1000 }
    package var seconds: Int64 { microseconds / 1_000_000 }

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.microseconds < right.microseconds
    }

    /// This moment moved by `duration`; stays at the ends of what can be written down.
    package func advanced(by duration: Duration) -> Timestamp {
        let (sum, overflow) = microseconds.addingReportingOverflow(duration.wholeMicroseconds)
        return Timestamp(microseconds: overflow ? (duration < .zero ? .min : .max) : sum)
    }
}

extension Duration {
    /// Microseconds, rounded down; the ends of `Int64` where it doesn't fit.
    package var wholeMicroseconds: Int64 {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        let (sum, tooFar) = scaled.addingReportingOverflow(
            attoseconds.floorDivided(by: 1_000_000_000_000)
        )
        return tooFar ? (seconds < 0 ? .min : .max) : sum
    }

    /// Seconds as a fraction, for people and for JSON.
    package var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
}

// MARK: - Text: 2019-07-02T14:07:06.981094Z

extension Timestamp: CustomStringConvertible {
    package var description: String {
        let writer = ByteWriter(capacity: 32)
        write(to: writer)
        return writer.bytes.text
    }

    /// Writes the 27 characters of RFC 3339 in UTC with six fractional digits.
    ///
    /// Years outside 0...9999 are written as the nearest of the two.
    package func write(to writer: ByteWriter) {
        let lowest: Int64 = -62_167_219_200_000_000
        let highest: Int64 = 253_402_300_799_999_999
        let clamped = min(max(microseconds, lowest), highest)
        let second = clamped.floorDivided(by: 1_000_000)
        let fraction = clamped - second * 1_000_000
        let day = second.floorDivided(by: 86_400)
        let ofDay = second - day * 86_400
        let date = CivilDate(daysSinceEpoch: day)
        writer.append(digits: date.year, width: 4)
        writer.append(0x2D)
        writer.append(digits: date.month, width: 2)
        writer.append(0x2D)
        writer.append(digits: date.day, width: 2)
        writer.append(0x54)
        writer.append(digits: ofDay / 3600, width: 2)
        writer.append(0x3A)
        writer.append(digits: ofDay / 60 % 60, width: 2)
        writer.append(0x3A)
        writer.append(digits: ofDay % 60, width: 2)
        writer.append(0x2E)
        writer.append(digits: fraction, width: 6)
        writer.append(0x5A)
    }

    /// Reads an RFC 3339 date and time, or gives nil.
    ///
    /// Any offset, any number of fractional digits; those after the sixth are dropped.
    package init?(_ text: String) {
        var reader = DigitReader(bytes: Array(text.utf8))
        guard let year = reader.digits(4), reader.take(0x2D), let month = reader.digits(2),
            reader.take(0x2D), let day = reader.digits(2), reader.takeAny([0x54, 0x74, 0x20]),
            let hour = reader.digits(2), reader.take(0x3A), let minute = reader.digits(2),
            reader.take(0x3A), let second = reader.digits(2)
        else { return nil }
        guard 1...12 ~= month, 1...31 ~= day, hour < 24, minute < 60, second <= 60 else {
            return nil
        }
        let date = CivilDate(year: year, month: month, day: day)
        guard CivilDate(daysSinceEpoch: date.daysSinceEpoch) == date else { return nil }
        var fraction: Int64 = 0
        if reader.take(0x2E) {
            guard let digits = reader.fraction() else { return nil }
            fraction = digits
        }
        guard let offset = reader.offset(), reader.isAtEnd else { return nil }
        let seconds = date.daysSinceEpoch * 86_400 + hour * 3600 + minute * 60 + second - offset
        self.init(microseconds: seconds * 1_000_000 + fraction)
    }
}

/// A day of the proleptic Gregorian calendar.
///
/// The conversions count days in 400-year eras that start on 1 March, as Howard Hinnant's
/// "chrono-Compatible Low-Level Date Algorithms" explains.
private struct CivilDate: Equatable {
    var year: Int64
    var month: Int64
    var day: Int64

    init(year: Int64, month: Int64, day: Int64) {
        (self.year, self.month, self.day) = (year, month, day)
    }

    init(daysSinceEpoch: Int64) {
        let shifted = daysSinceEpoch + 719_468
        let era = shifted.floorDivided(by: 146_097)
        let ofEra = shifted - era * 146_097
        let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * ofYear + 2) / 153
        day = ofYear - (153 * marchMonth + 2) / 5 + 1
        month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    var daysSinceEpoch: Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted.floorDivided(by: 400)
        let yearOfEra = shifted - era * 400
        let ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let ofEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + ofYear
        return era * 146_097 + ofEra - 719_468
    }
}

private struct DigitReader {
    let bytes: [UInt8]
    var position = 0

    var isAtEnd: Bool { position == bytes.count }

    mutating func take(_ byte: UInt8) -> Bool { takeAny([byte]) }

    mutating func takeAny(_ wanted: [UInt8]) -> Bool {
        guard position < bytes.count, wanted.contains(bytes[position]) else { return false }
        position += 1
        return true
    }

    mutating func digits(_ count: Int) -> Int64? {
        guard position + count <= bytes.count else { return nil }
        var value: Int64 = 0
        for byte in bytes[position..<position + count] {
            guard 0x30...0x39 ~= byte else { return nil }
            value = value * 10 + Int64(byte - 0x30)
        }
        position += count
        return value
    }

    /// Microseconds of the digits that follow.
    mutating func fraction() -> Int64? {
        var value: Int64 = 0
        var count = 0
        while let digit = digits(1) {
            if count < 6 { value = value * 10 + digit }
            count += 1
        }
        guard count > 0 else { return nil }
        for _ in 0..<max(0, 6 - count) { value *= 10 }
        return value
    }

    /// Seconds east of UTC.
    mutating func offset() -> Int64? {
        if takeAny([0x5A, 0x7A]) { return 0 }
        let sign: Int64
        if take(0x2B) { sign = 1 } else if take(0x2D) { sign = -1 } else { return nil }
        guard let hours = digits(2), hours < 24, take(0x3A), let minutes = digits(2), minutes < 60
        else { return nil }
        return sign * (hours * 3600 + minutes * 60)
    }
}

extension Int64 {
    fileprivate func floorDivided(by divisor: Int64) -> Int64 {
        self >= 0 ? self / divisor : (self + 1) / divisor - 1
    }
}

extension ByteWriter {
    /// A number with leading zeros, `width` digits wide.
    fileprivate func append(digits value: Int64, width: Int) {
        reserve(width)
        var rest = value
        var position = count + width
        for _ in 0..<width {
            position -= 1
            base[position] = 0x30 &+ UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        count += width
    }
}
