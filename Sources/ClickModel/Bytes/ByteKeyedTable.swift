#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A hash table keyed by bytes, which can be bounded: for one thread at a time.
///
/// Open addressing with linear probing. Keys are hashed by the standard library's seeded hash, which
/// visitors can't aim at. A bounded table finds its victims by second chance (CLOCK); an entry counts as
/// used only once it was found, so a scan of keys that come once displaces only itself.
package struct ByteKeyedTable<Value> {
    @usableFromInline
    final class Entry {
        @usableFromInline let key: [UInt8]
        @usableFromInline let value: Value

        @usableFromInline
        init(key: [UInt8], value: Value) { (self.key, self.value) = (key, value) }
    }

    @usableFromInline
    struct Slot {
        @usableFromInline var hash: UInt64 = 0
        @usableFromInline var entry: Entry?
        /// Whether it was found since the hand last passed.
        @usableFromInline var isUsed = false

        @usableFromInline
        init(hash: UInt64 = 0, entry: Entry? = nil) { (self.hash, self.entry) = (hash, entry) }
    }

    @usableFromInline var slots: [Slot] = []
    /// How many entries there are.
    package private(set) var count = 0
    private var hand = 0
    private let limit: Int

    /// Makes an empty table of at most `limit` entries.
    package init(limit: Int = .max) { self.limit = max(1, limit) }

    /// The hash of a key, for the verbs below.
    @inlinable
    package static func hash(_ key: ByteView) -> UInt64 {
        var hasher = Hasher()
        hasher.combine(bytes: UnsafeRawBufferPointer(key))
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }

    /// The value of a key.
    // Other modules call the generic form: without this, the edge's look-ups would not be specialised.
    @specialized(where Value == Route)
    package mutating func find(_ key: ByteView, _ hash: UInt64) -> Value? {
        guard let index = index(of: key, hash) else { return nil }
        if !slots[index].isUsed { slots[index].isUsed = true }
        return slots[index].entry?.value
    }

    /// Adds or replaces a value.
    ///
    /// - Returns: Whether another entry had to go.
    @discardableResult
    package mutating func insert(_ value: Value, key: [UInt8], _ hash: UInt64) -> Bool {
        let entry = Entry(key: key, value: value)
        if let index = key.withUnsafeBufferPointer({ index(of: $0, hash) }) {
            slots[index].entry = entry
            return false
        }
        let isFull = count >= limit
        if isFull { evict() }
        if (count + 1) * 4 > slots.count * 3 { grow() }
        place(Slot(hash: hash, entry: entry))
        count += 1
        return isFull
    }

    package mutating func remove(_ key: ByteView, _ hash: UInt64) {
        if let index = index(of: key, hash) { remove(at: index) }
    }

    /// Removes what `matches` says of the keys; looks at the whole table.
    package mutating func removeAll(where matches: ([UInt8]) -> Bool) {
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

    @specialized(where Value == Route)
    private func index(of key: ByteView, _ hash: UInt64) -> Int? {
        let mask = slots.count - 1
        guard mask >= 0 else { return nil }
        var index = Int(truncatingIfNeeded: hash) & mask
        while let entry = slots[index].entry {
            if slots[index].hash == hash, isSame(entry.key, key) { return index }
            index = (index + 1) & mask
        }
        return nil
    }

    private func isSame(_ stored: [UInt8], _ key: ByteView) -> Bool {
        stored.withUnsafeBufferPointer { stored in
            guard stored.count == key.count else { return false }
            guard let left = stored.baseAddress, let right = key.baseAddress else { return true }
            return memcmp(left, right, key.count) == 0
        }
    }

    private mutating func place(_ slot: Slot) {
        let mask = slots.count - 1
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
        let mask = slots.count - 1
        var hole = index
        var next = (hole + 1) & mask
        while slots[next].entry != nil {
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
        let mask = slots.count - 1
        guard count > 0 else { return }
        while true {
            hand = (hand + 1) & mask
            guard slots[hand].entry != nil else { continue }
            guard slots[hand].isUsed else {
                remove(at: hand)
                return
            }
            slots[hand].isUsed = false
        }
    }
}
