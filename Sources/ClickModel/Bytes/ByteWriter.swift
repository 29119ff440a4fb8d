#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A reusable, growing run of bytes to write into.
///
/// The hot path writes events through one of these: an append is a bounds check and a copy, and
/// `removeAll` keeps the memory. Not for sharing between threads.
package final class ByteWriter {
    @usableFromInline var base: UnsafeMutablePointer<UInt8>
    package private(set) var capacity: Int
    /// How many bytes have been written.
    @usableFromInline package internal(set) var count = 0

    package init(capacity: Int = 4096) {
        self.capacity = max(64, capacity)
        base = .allocate(capacity: self.capacity)
    }

    deinit { base.deallocate() }

    /// What has been written so far; valid until the next write.
    package var bytes: ByteView { ByteView(start: base, count: count) }

    package func removeAll() { count = 0 }

    /// Forgets what was written after the first `count` bytes.
    package func truncate(to count: Int) { self.count = min(self.count, max(0, count)) }

    /// Makes room for `additional` more bytes.
    @inlinable
    package func reserve(_ additional: Int) {
        if count &+ additional > capacity { grow(toHold: count + additional) }
    }

    @inlinable
    package func append(_ byte: UInt8) {
        reserve(1)
        base[count] = byte
        count &+= 1
    }

    @inlinable
    package func append(_ bytes: ByteView) {
        guard let start = bytes.baseAddress, bytes.count > 0 else { return }
        reserve(bytes.count)
        memcpy(base + count, start, bytes.count)
        count &+= bytes.count
    }

    @inlinable
    package func append(_ literal: StaticString) {
        let length = literal.utf8CodeUnitCount
        reserve(length)
        memcpy(base + count, literal.utf8Start, length)
        count &+= length
    }

    package func append(_ bytes: [UInt8]) {
        bytes.withUnsafeBufferPointer { append($0) }
    }

    package func append(text: String) {
        var text = text
        text.withUTF8 { append($0) }
    }

    /// An integer in decimal digits.
    package func append(decimal value: Int64) {
        if value < 0 { append(0x2D) }
        var rest = value.magnitude
        reserve(20)
        var length = 1
        var probe = rest
        while probe >= 10 {
            probe /= 10
            length += 1
        }
        var position = count + length
        repeat {
            position -= 1
            base[position] = 0x30 &+ UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        count += length
    }

    /// The bytes of a fixed-width integer, least significant first.
    package func append<Value: FixedWidthInteger>(littleEndian value: Value) {
        withUnsafeBytes(of: value.littleEndian) { raw in
            append(
                ByteView(
                    start: raw.baseAddress?.assumingMemoryBound(to: UInt8.self),
                    count: raw.count
                )
            )
        }
    }

    private func grow(toHold needed: Int) {
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: max(needed, capacity * 2))
        memcpy(larger, base, count)
        base.deallocate()
        base = larger
        capacity = max(needed, capacity * 2)
    }
}

extension ByteWriter {
    /// Lets `body` write into `limit` bytes of room and say how many it wrote; nil takes none of it.
    package func appendRoom(
        _ limit: Int,
        _ body: (UnsafeMutableRawBufferPointer) -> Int?
    ) -> Int? {
        reserve(limit)
        guard let written = body(UnsafeMutableRawBufferPointer(start: base + count, count: limit)),
            (0...limit).contains(written)
        else { return nil }
        count += written
        return written
    }
}
