import ClickModel
import Testing

@testable import Enrichment

struct SipHashTests {
    @Test func `the authors' test vectors come out`() {
        // Key 00 01 ... 0f, input 00 01 ... of the given length (appendix A of the paper, and its code).
        let key: (UInt64, UInt64) = (0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908)
        let expected: [(Int, UInt64)] = [
            (0, 0x726f_db47_dd0e_0e31), (1, 0x74f8_39c5_93dc_67fd), (8, 0x93f5_f579_9a93_2462),
            (15, 0xa129_ca61_49be_45e5),
        ]
        for (length, hash) in expected {
            let input = (0..<length).map { UInt8($0) }
            #expect(input.withUnsafeBufferPointer { SipHash.hash($0, key: key) } == hash)
        }
    }
}
