import ClickModel
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

    @Test(.enabled(if: TestTables.areThere, "needs .data/tables: run scripts/setup"))
    func `what renders to many times its length is not kept`() throws {
        let source = FragmentSource(tables: try TestTables.load(), settings: EncoderSettings())
        let fetch = { (referrer: [UInt8], agent: [UInt8]) in
            var click = TestClick()
            click.headers = [.referer: referrer, .userAgent: agent]
            click.group().forEach { _ = source.fragments(of: $0, $1) }
        }
        let junk = [UInt8](repeating: 0x80, count: 1000)
        for number in 0..<100 {
            let text = Array("http://a/\(number)".utf8)
            fetch(text + junk, Array("A/\(number) Build/".utf8) + junk)
        }
        #expect(source.referrals.count == 0)
        let kept = source.agents.count
        fetch(Array("http://a/?q=".utf8) + [UInt8](repeating: 0x61, count: 1000), [0x61])
        #expect(source.referrals.count == 1)
        #expect(source.agents.count == kept + 1)
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
