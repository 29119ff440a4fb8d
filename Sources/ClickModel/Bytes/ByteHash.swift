/// A fast hash of bytes: for caches, seeded at random, and to tell whole records from torn ones, with a seed that is known.
///
/// Sixteen bytes at a time, each pair multiplied to 128 bits and folded. Who knows the seed, and the secret, can make bytes
/// that share a hash: caches compare their keys, and are bounded. Not for secrets: `SipHash` is.
package struct ByteHash {
    private let seed: UInt64
    /// What makes a factor zero, and so forgets all that came before, must not be known to who chooses the bytes.
    private let secret: UInt64

    /// Makes a hash of a seed and a secret that nobody else knows.
    package init() {
        var random = SystemRandomNumberGenerator()
        (seed, secret) = (random.next(), random.next())
    }

    /// Makes the hash of a seed: the same for everyone, and for ever.
    package init(seed: UInt64) { (self.seed, secret) = (seed, 0) }

    package func hash(_ bytes: ByteView) -> UInt64 {
        var state = seed ^ UInt64(truncatingIfNeeded: bytes.count)
        let raw = UnsafeRawBufferPointer(bytes)
        var index = 0
        while raw.count - index >= 16 {
            let low = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            let high = raw.loadUnaligned(fromByteOffset: index + 8, as: UInt64.self)
            state = Self.fold(low ^ secret ^ 0xA076_1D64_78BD_642F, high ^ state)
            index += 16
        }
        var tail: (UInt64, UInt64) = (0, 0)
        if raw.count - index >= 8 {
            tail.0 = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            index += 8
        }
        while index < raw.count {
            tail.1 = tail.1 << 8 | UInt64(raw[index])
            index += 1
        }
        state = Self.fold(tail.0 ^ secret ^ 0xE703_7ED1_A0B4_28DB, tail.1 ^ state)
        return Self.fold(state ^ 0x8EBC_6AF0_9C88_C6E3, seed | 1)
    }

    package func hash(_ number: UInt64) -> UInt64 {
        Self.fold(number ^ secret ^ 0xA076_1D64_78BD_642F, seed | 1)
    }

    private static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let (high, low) = left.multipliedFullWidth(by: right)
        return high ^ low
    }
}
