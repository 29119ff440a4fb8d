import Testing

@testable import Sinks

@Suite struct GzipTests {
    @Test(arguments: [0, 1, 1000, 65_535, 65_536, 300_000])
    func `what was compressed comes back, and is the same each time`(_ count: Int) throws {
        var seed: UInt32 = 7
        let bytes = (0..<count).map { _ -> UInt8 in
            seed = seed &* 1_664_525 &+ 1_013_904_223
            return UInt8(truncatingIfNeeded: seed >> 27)
        }
        let compressed = try Gzip.compressed(bytes)
        #expect(Gunzip.bytes(compressed) == bytes)
        #expect(try Gzip.compressed(bytes) == compressed)
    }

    @Test func `pieces make one whole`() throws {
        let gzip = try Gzip()
        var result: [UInt8] = []
        for piece in ["one", "", String(repeating: "two", count: 100_000)] {
            try gzip.add(Array(piece.utf8), isLast: false) { result += $0 }
        }
        try gzip.add([], isLast: true) { result += $0 }
        let whole = "one" + String(repeating: "two", count: 100_000)
        #expect(Gunzip.bytes(result) == Array(whole.utf8))
    }
}
