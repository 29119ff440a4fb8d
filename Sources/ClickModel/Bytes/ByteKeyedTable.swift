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
///
/// A class with memory of its own, rather than arrays of objects: a look-up touches the table, a slot and an
/// entry, each at most once, and counts no references but the value's. Nearly all of its time is waiting
/// for memory.
package final class ByteKeyedTable<Value> {
    /// A value and what it is found by; the key's bytes follow in memory, then the note's.
    private struct Header {
        let value: Value
        let keyCount: UInt32
        let noteCount: UInt32
        /// Whether it was found since the hand last passed.
        var isUsed = false
    }

    private struct Entry {
        let header: UnsafeMutablePointer<Header>

        init(_ value: Value, key: [UInt8], note: ByteView) {
            let raw = UnsafeMutableRawPointer.allocate(
                byteCount: MemoryLayout<Header>.stride + key.count + note.count,
                alignment: MemoryLayout<Header>.alignment
            )
            header = raw.initializeMemory(
                as: Header.self,
                to: Header(
                    value: value,
                    keyCount: UInt32(key.count),
                    noteCount: UInt32(note.count)
                )
            )
            let bytes = raw + MemoryLayout<Header>.stride
            bytes.copyMemory(from: key, byteCount: key.count)
            guard let start = note.baseAddress else { return }
            (bytes + key.count).copyMemory(from: start, byteCount: note.count)
        }

        func free() {
            header.deinitialize(count: 1)
            UnsafeMutableRawPointer(header).deallocate()
        }

        var key: ByteView { bytes(from: 0, Int(header.pointee.keyCount)) }

        var note: ByteView {
            bytes(from: Int(header.pointee.keyCount), Int(header.pointee.noteCount))
        }

        private func bytes(from place: Int, _ count: Int) -> ByteView {
            let start = UnsafeRawPointer(header) + MemoryLayout<Header>.stride + place
            return ByteView(start: start.assumingMemoryBound(to: UInt8.self), count: count)
        }

        @inline(__always)
        func hasKey(_ key: ByteView) -> Bool {
            guard Int(header.pointee.keyCount) == key.count else { return false }
            guard let other = key.baseAddress else { return true }
            return memcmp(UnsafeRawPointer(header) + MemoryLayout<Header>.stride, other, key.count)
                == 0
        }
    }

    private struct Slot {
        var hash: UInt64 = 0
        var entry: Entry?
    }

    private var slots: UnsafeMutableBufferPointer<Slot>
    /// How many entries there are.
    package private(set) var count = 0
    private var hand = 0
    private let limit: Int

    /// Makes an empty table of at most `limit` entries.
    package init(limit: Int = .max) {
        self.limit = max(1, limit)
        slots = Self.makeSlots(0)
    }

    deinit {
        for slot in slots { slot.entry?.free() }
        slots.deallocate()
    }

    private static func makeSlots(_ count: Int) -> UnsafeMutableBufferPointer<Slot> {
        let slots = UnsafeMutableBufferPointer<Slot>.allocate(capacity: count)
        slots.initialize(repeating: Slot())
        return slots
    }

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
    package func find(_ key: ByteView, _ hash: UInt64) -> Value? {
        guard let index = index(of: key, hash), let entry = slots[index].entry else { return nil }
        if !entry.header.pointee.isUsed { entry.header.pointee.isUsed = true }
        return entry.header.pointee.value
    }

    /// Where the value of a key is, and its note: nothing of the value itself is touched.
    ///
    /// Both stay where they are until the table is changed.
    @specialized(where Value == Route)
    package func look(
        for key: ByteView,
        _ hash: UInt64
    ) -> (value: UnsafeRawPointer, note: ByteView)? {
        guard let index = index(of: key, hash), let entry = slots[index].entry else { return nil }
        if !entry.header.pointee.isUsed { entry.header.pointee.isUsed = true }
        // The header's first member.
        return (UnsafeRawPointer(entry.header), entry.note)
    }

    /// Adds or replaces a value; its note are a few bytes that are kept beside its key.
    ///
    /// - Returns: Whether another entry had to go.
    @discardableResult
    package func insert(
        _ value: Value,
        key: [UInt8],
        note: ByteView = .none,
        _ hash: UInt64
    ) -> Bool {
        let entry = Entry(value, key: key, note: note)
        if let index = key.withUnsafeBufferPointer({ index(of: $0, hash) }) {
            slots[index].entry?.free()
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

    package func remove(_ key: ByteView, _ hash: UInt64) {
        if let index = index(of: key, hash) { remove(at: index) }
    }

    /// Removes what `matches` says of the keys; looks at the whole table.
    package func removeAll(where matches: (ByteView) -> Bool) {
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
            if slots[index].hash == hash, entry.hasKey(key) { return index }
            index = (index + 1) & mask
        }
        return nil
    }

    private func place(_ slot: Slot) {
        let mask = slots.count - 1
        var index = Int(truncatingIfNeeded: slot.hash) & mask
        while slots[index].entry != nil { index = (index + 1) & mask }
        slots[index] = slot
    }

    private func grow() {
        let old = slots
        slots = Self.makeSlots(max(16, old.count * 2))
        for slot in old where slot.entry != nil { place(slot) }
        old.deallocate()
        hand = 0
    }

    /// Empties a slot and closes the hole: entries behind it that probed over it move up.
    private func remove(at index: Int) {
        let mask = slots.count - 1
        slots[index].entry?.free()
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
    private func evict() {
        let mask = slots.count - 1
        guard count > 0 else { return }
        while true {
            hand = (hand + 1) & mask
            guard let entry = slots[hand].entry else { continue }
            guard entry.header.pointee.isUsed else {
                remove(at: hand)
                return
            }
            entry.header.pointee.isUsed = false
        }
    }
}
