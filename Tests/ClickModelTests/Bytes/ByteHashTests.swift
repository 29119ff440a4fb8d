import Testing

@testable import ClickModel

@Suite struct ByteHashTests {
    private func hash(_ hash: ByteHash, _ bytes: [UInt8]) -> UInt64 {
        bytes.withUnsafeBufferPointer { hash.hash($0) }
    }

    @Test func `nobody who doesn't know the secret can make keys that share a hash`() {
        // A factor of zero, were it not for the secret: all that came before would be forgotten.
        let words: [UInt64] = [0xA076_1D64_78BD_642F, 0xE703_7ED1_A0B4_28DB]
        let hasher = ByteHash()
        for word in words {
            let end = (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
            let hashes = (0..<1000).map { number -> UInt64 in
                let start = (0..<16).map { UInt8(truncatingIfNeeded: number >> (4 * $0)) }
                return hash(hasher, start + end + Array("12345678".utf8))
            }
            #expect(Set(hashes).count == 1000)
            let short = (0..<1000).map { number -> UInt64 in
                let start = (0..<16).map { UInt8(truncatingIfNeeded: number >> (4 * $0)) }
                return hash(hasher, start + end)
            }
            #expect(Set(short).count == 1000)
        }
    }

    @Test func `a hash of a known seed is the same for ever`() {
        #expect(
            hash(ByteHash(seed: 1), Array("what the log's checksums are made of".utf8))
                == 15_334_889_931_296_583_287
        )
    }
}
