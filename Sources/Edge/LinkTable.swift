import ClickModel

/// Links by their lookup keys, for one event loop alone: no locks, no atomics.
///
/// Open addressing with linear probing in 64 shards, so that no insertion moves more than a
/// sixty-fourth of the table. Keys are hashed by the standard library's seeded hash, which visitors
/// can't aim at. When more links exist than the table may hold it is a cache, whose victims are found
/// by second chance (CLOCK).
struct LinkTable {
    private static let shardBits = 6

    private var shards: [Shard]
    private let limitPerShard: Int
    /// Whether every link that exists is in the table: then what it lacks doesn't exist.
    private(set) var isComplete = true

    /// Makes an empty table that holds `limit` links at most, or a little more.
    init(limit: Int) {
        shards = Array(repeating: Shard(), count: 1 << Self.shardBits)
        limitPerShard = max(16, (limit >> Self.shardBits) + 1)
    }

    var count: Int { shards.reduce(0) { $0 + $1.count } }

    static func hash(_ key: ByteView) -> UInt64 {
        var hasher = Hasher()
        hasher.combine(bytes: UnsafeRawBufferPointer(key))
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }

    /// The link with this key, if the table holds it.
    mutating func find(_ key: ByteView) -> Route? {
        let hash = Self.hash(key)
        return shards[Self.shard(of: hash)].find(key, hash)
    }

    /// Adds or replaces a link.
    mutating func insert(_ route: Route, key: [UInt8]) {
        let hash = key.withUnsafeBufferPointer(Self.hash)
        let didEvict = shards[Self.shard(of: hash)].insert(route, key, hash, limit: limitPerShard)
        if didEvict { isComplete = false }
    }

    /// Replaces a link if it is here: all that a cache needs to be told of a change.
    mutating func replace(_ route: Route, key: [UInt8]) {
        let isHere = key.withUnsafeBufferPointer { find($0) != nil }
        if isHere { insert(route, key: key) }
    }

    mutating func remove(_ key: [UInt8]) {
        key.withUnsafeBufferPointer { view in
            let hash = Self.hash(view)
            shards[Self.shard(of: hash)].remove(view, hash)
        }
    }

    /// Removes every link of a host; looks at the whole table.
    mutating func removeAll(ofHost host: String) {
        let prefix = Array("\(host)/".utf8)
        for index in shards.indices { shards[index].removeAll { $0.starts(with: prefix) } }
    }

    private static func shard(of hash: UInt64) -> Int { Int(hash >> (64 - UInt64(shardBits))) }
}

/// A part of the table.
private struct Shard {
    private final class Entry {
        let key: [UInt8]
        let route: Route

        init(key: [UInt8], route: Route) { (self.key, self.route) = (key, route) }
    }

    private struct Slot {
        var hash: UInt64 = 0
        var entry: Entry?
        /// Whether it was found since the hand last passed.
        var isUsed = false
    }

    private var slots: [Slot] = []
    private(set) var count = 0
    private var hand = 0

    private var mask: Int { slots.count - 1 }

    mutating func find(_ key: ByteView, _ hash: UInt64) -> Route? {
        guard let index = index(of: key, hash) else { return nil }
        slots[index].isUsed = true
        return slots[index].entry?.route
    }

    /// Returns whether another link had to go.
    mutating func insert(_ route: Route, _ key: [UInt8], _ hash: UInt64, limit: Int) -> Bool {
        let entry = Entry(key: key, route: route)
        if let index = key.withUnsafeBufferPointer({ index(of: $0, hash) }) {
            slots[index].entry = entry
            return false
        }
        var didEvict = false
        if count >= limit {
            evict()
            didEvict = true
        }
        if (count + 1) * 4 > slots.count * 3 { grow() }
        place(Slot(hash: hash, entry: entry))
        count += 1
        return didEvict
    }

    mutating func remove(_ key: ByteView, _ hash: UInt64) {
        if let index = index(of: key, hash) { remove(at: index) }
    }

    mutating func removeAll(where matches: ([UInt8]) -> Bool) {
        var index = 0
        while index < slots.count {
            if let entry = slots[index].entry, matches(entry.key) {
                // Another entry may move into the hole: look at it again.
                remove(at: index)
            } else {
                index += 1
            }
        }
    }

    private func index(of key: ByteView, _ hash: UInt64) -> Int? {
        guard !slots.isEmpty else { return nil }
        var index = Int(truncatingIfNeeded: hash) & mask
        while let entry = slots[index].entry {
            if slots[index].hash == hash, entry.key.elementsEqual(key) { return index }
            index = (index + 1) & mask
        }
        return nil
    }

    private mutating func place(_ slot: Slot) {
        var index = Int(truncatingIfNeeded: slot.hash) & mask
        while slots[index].entry != nil { index = (index + 1) & mask }
        slots[index] = slot
    }

    private mutating func grow() {
        let old = slots
        slots = Array(repeating: Slot(), count: max(16, old.count * 2))
        for slot in old where slot.entry != nil { place(slot) }
        hand = 0
    }

    /// Empties a slot and closes the hole: entries behind it that probed over it move up.
    private mutating func remove(at index: Int) {
        var hole = index
        var next = (hole + 1) & mask
        while let entry = slots[next].entry {
            _ = entry
            let home = Int(truncatingIfNeeded: slots[next].hash) & mask
            // Whether the entry's home lies cyclically outside of (hole, next].
            if ((next - home) & mask) >= ((next - hole) & mask) {
                slots[hole] = slots[next]
                hole = next
            }
            next = (next + 1) & mask
        }
        slots[hole] = Slot()
        count -= 1
    }

    /// Second chance: the first entry that was not found since the hand last passed goes.
    private mutating func evict() {
        guard count > 0 else { return }
        while true {
            hand = (hand + 1) & mask
            guard slots[hand].entry != nil else { continue }
            if slots[hand].isUsed {
                slots[hand].isUsed = false
            } else {
                remove(at: hand)
                return
            }
        }
    }
}
