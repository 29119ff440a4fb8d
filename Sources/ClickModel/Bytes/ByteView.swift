/// Bytes that someone else owns, valid only during the call that hands them over.
@usableFromInline package typealias ByteView = UnsafeBufferPointer<UInt8>

extension UnsafeBufferPointer<UInt8> {
    /// No bytes: how an absent header reads.
    package static var none: ByteView { ByteView(start: nil, count: 0) }

    /// The bytes from `start` (inclusive) to `end` (exclusive), cut to what there is.
    @inlinable
    package func view(_ start: Int, _ end: Int) -> ByteView {
        let low = Swift.max(0, Swift.min(start, count))
        let high = Swift.max(low, Swift.min(end, count))
        guard let baseAddress else { return self }
        return ByteView(start: baseAddress + low, count: high - low)
    }

    /// The bytes as text; malformed UTF-8 becomes U+FFFD.
    package var text: String { String(decoding: self, as: UTF8.self) }

    /// Whether these are exactly the bytes of an ASCII literal.
    @inlinable
    package func equals(_ literal: StaticString) -> Bool {
        guard count == literal.utf8CodeUnitCount else { return false }
        for index in 0..<count where self[index] != literal.utf8Start[index] { return false }
        return true
    }

    /// Whether these are the bytes of an ASCII literal given in lower case, in any case.
    @inlinable
    package func equalsIgnoringCase(_ literal: StaticString) -> Bool {
        guard count == literal.utf8CodeUnitCount else { return false }
        guard count >= 8 else {
            for index in 0..<count where self[index].asciiLowercased != literal.utf8Start[index] {
                return false
            }
            return true
        }
        let (bytes, wanted) = (
            UnsafeRawBufferPointer(self), UnsafeRawPointer(literal.utf8Start)
        )
        // Eight at a time, and the last eight wherever they begin.
        var index = 0
        while true {
            let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self).asciiLowercased
            guard word == wanted.loadUnaligned(fromByteOffset: index, as: UInt64.self) else {
                return false
            }
            guard index < count - 8 else { return true }
            index = Swift.min(index + 8, count - 8)
        }
    }

    /// Without the spaces and tabs at both ends.
    @inlinable
    package var trimmed: ByteView {
        var low = 0
        var high = count
        while low < high, self[low] == 0x20 || self[low] == 0x09 { low += 1 }
        while high > low, self[high - 1] == 0x20 || self[high - 1] == 0x09 { high -= 1 }
        return view(low, high)
    }
}

extension UInt64 {
    /// Eight bytes with A-Z turned to a-z; every other byte as it is.
    @inlinable
    package var asciiLowercased: UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        // No sum passes its byte: seven bits each, and less than 0x80 added.
        let low = self & (ones &* 0x7F)
        let fromA = low &+ ones &* (0x80 - 0x41)
        let pastZ = low &+ ones &* (0x7F - 0x5A)
        let isUpper = fromA & ~pastZ & ~self & (ones &* 0x80)
        return self | isUpper >> 2
    }
}

extension UInt8 {
    /// This byte with A-Z turned to a-z; every other byte as it is.
    @inlinable
    package var asciiLowercased: UInt8 { self &- 0x41 < 26 ? self | 0x20 : self }

    /// The value of a hexadecimal digit, or nil.
    @inlinable
    package var hexValue: UInt8? {
        switch self {
        case 0x30...0x39: self &- 0x30
        case 0x41...0x46: self &- 0x37
        case 0x61...0x66: self &- 0x57
        default: nil
        }
    }
}
