import ClickModel
import TestKit
import Testing

struct ByteKeyedTableTests {
    /// The table as tests use it: keys are words.
    private struct Words {
        var table: ByteKeyedTable<Int>
        /// Keeps few bits of the hash, so that keys collide.
        let mask: UInt64

        init(limit: Int = .max, mask: UInt64 = .max) {
            table = ByteKeyedTable(limit: limit)
            self.mask = mask
        }

        mutating func find(_ key: [UInt8]) -> Int? {
            key.withUnsafeBufferPointer { table.find($0, ByteKeyedTable<Int>.hash($0) & mask) }
        }

        @discardableResult
        mutating func insert(_ value: Int, _ key: [UInt8]) -> Bool {
            let hash = key.withUnsafeBufferPointer { ByteKeyedTable<Int>.hash($0) } & mask
            return table.insert(value, key: key, hash)
        }

        mutating func remove(_ key: [UInt8]) {
            key.withUnsafeBufferPointer { table.remove($0, ByteKeyedTable<Int>.hash($0) & mask) }
        }
    }

    @Test(arguments: [.max, 15, 0] as [UInt64])
    func `it holds what a dictionary holds`(hashMask: UInt64) {
        var random = SeededRandom(for: "byte-keyed table, hashes cut by \(hashMask)")
        var words = Words(mask: hashMask)
        var model: [[UInt8]: Int] = [:]
        for step in 0..<20_000 {
            let number = Int.random(in: 0..<300, using: &random)
            let key = Array(String(number).utf8)
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<45:
                words.insert(step, key)
                model[key] = step
            case 45..<75:
                words.remove(key)
                model[key] = nil
            case 99 where step % 10 == 0:
                words.table.removeAll { $0.last == 0x37 }
                model = model.filter { $0.key.last != 0x37 }
            default:
                let found = words.find(key)
                #expect(found == model[key])
            }
            #expect(words.table.count == model.count)
        }
        for number in 0..<300 {
            let key = Array(String(number).utf8)
            let found = words.find(key)
            #expect(found == model[key])
        }
    }

    @Test func `a bounded table never holds more than it may`() {
        var random = SeededRandom(for: "bounded byte-keyed table")
        var words = Words(limit: 50)
        var newest: [[UInt8]: Int] = [:]
        for step in 0..<10_000 {
            let key = random.bytes(upTo: 2)
            if Bool.random(using: &random) {
                words.insert(step, key)
                newest[key] = step
                let found = words.find(key)
                #expect(found == step)
            } else if let found = words.find(key) {
                #expect(found == newest[key])
            }
            #expect(words.table.count <= 50)
        }
    }

    @Test func `what is in use outlives a scan of keys that come once`() {
        var words = Words(limit: 100)
        let used = (0..<40).map { Array("used \($0)".utf8) }
        for key in used { words.insert(1, key) }
        for number in 0..<5000 {
            words.insert(0, Array("once \(number)".utf8))
            for key in used {
                let found = words.find(key)
                #expect(found == 1)
            }
        }
    }

    @Test func `inserting says when another entry had to go`() {
        var words = Words(limit: 1)
        let gone = [words.insert(1, [1]), words.insert(2, [1]), words.insert(3, [2])]
        #expect(gone == [false, false, true])
        let found = [words.find([1]), words.find([2])]
        #expect(found == [nil, 3])
    }

    @Test func `an empty key is a key, and an empty table has none`() {
        var words = Words()
        let before = words.find([])
        words.remove([])
        words.insert(1, [])
        let after = words.find([])
        #expect(before == nil)
        #expect(after == 1)
    }
}
