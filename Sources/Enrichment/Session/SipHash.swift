import ClickModel

/// SipHash-2-4 (Aumasson and Bernstein, "SipHash: a fast short-input PRF"): a keyed hash of 64 bits.
///
/// Fed with whole words; bytes at the end are for the last one.
struct SipHash {
    private var v0: UInt64
    private var v1: UInt64
    private var v2: UInt64
    private var v3: UInt64
    private var byteCount: UInt64 = 0

    /// Starts with a key of two halves, each in little-endian order.
    init(key: (UInt64, UInt64)) {
        v0 = key.0 ^ 0x736f_6d65_7073_6575
        v1 = key.1 ^ 0x646f_7261_6e64_6f6d
        v2 = key.0 ^ 0x6c79_6765_6e65_7261
        v3 = key.1 ^ 0x7465_6462_7974_6573
    }

    /// The hash of bytes.
    static func hash(_ bytes: ByteView, key: (UInt64, UInt64)) -> UInt64 {
        var hash = SipHash(key: key)
        let raw = UnsafeRawBufferPointer(bytes)
        var index = 0
        while raw.count - index >= 8 {
            hash.add(
                UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            )
            index += 8
        }
        var tail: UInt64 = 0
        for place in 0..<(raw.count - index) {
            tail |= UInt64(raw[index + place]) << (8 * UInt64(place))
        }
        return hash.finish(tail, of: raw.count - index)
    }

    /// Eight more bytes.
    mutating func add(_ word: UInt64) {
        compress(word)
        byteCount &+= 8
    }

    /// Ends with up to seven more bytes, which lie in `tail`, the first one lowest.
    mutating func finish(_ tail: UInt64 = 0, of tailCount: Int = 0) -> UInt64 {
        compress(tail | (byteCount &+ UInt64(tailCount)) << 56)
        v2 ^= 0xFF
        for _ in 0..<4 { round() }
        return v0 ^ v1 ^ v2 ^ v3
    }

    private mutating func compress(_ word: UInt64) {
        v3 ^= word
        round()
        round()
        v0 ^= word
    }

    @inline(__always)
    private mutating func round() {
        v0 &+= v1
        v1 = rotate(v1, 13) ^ v0
        v0 = rotate(v0, 32)
        v2 &+= v3
        v3 = rotate(v3, 16) ^ v2
        v0 &+= v3
        v3 = rotate(v3, 21) ^ v0
        v2 &+= v1
        v1 = rotate(v1, 17) ^ v2
        v2 = rotate(v2, 32)
    }

    @inline(__always)
    private func rotate(_ value: UInt64, _ bits: UInt64) -> UInt64 {
        value << bits | value >> (64 - bits)
    }
}
