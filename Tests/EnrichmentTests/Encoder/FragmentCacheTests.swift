import Testing

@testable import Enrichment

struct FragmentCacheTests {
    private final class Number {
        let value: Int
        init(_ value: Int) { self.value = value }
    }

    private func find(_ value: Int, in cache: inout FragmentCache<Number>, hash: UInt64) -> Bool {
        cache.find(hash) { $0.value == value } != nil
    }

    @Test func `what was inserted is found, even among equal hashes`() {
        var cache = FragmentCache<Number>(limit: 1000)
        for value in 0..<1000 { cache.insert(Number(value), UInt64(value % 13)) }
        for value in 0..<1000 { #expect(find(value, in: &cache, hash: UInt64(value % 13))) }
        #expect(cache.count == 1000)
    }

    @Test func `a scan leaves the fragments in use alone`() {
        var cache = FragmentCache<Number>(limit: 100)
        let hash = { (value: Int) in UInt64(value) &* 0x9E37_79B9_7F4A_7C15 }
        for value in 0..<50 { cache.insert(Number(value), hash(value)) }
        for value in 1000..<9000 {
            cache.insert(Number(value), hash(value))
            if value % 10 == 0 {
                for hot in 0..<50 { #expect(find(hot, in: &cache, hash: hash(hot))) }
            }
            #expect(cache.count <= 100)
        }
    }
}
