/// A bounded hash table of rendered fragments, which know their own keys.
///
/// Open addressing with linear probing. When it is full, the first fragment goes that was not found since the
/// hand last passed (second chance): what comes only once displaces only its like, so a scan leaves the
/// fragments in use alone.
struct FragmentCache<Fragment: AnyObject> {
    private struct Slot {
        var hash: UInt64 = 0
        var fragment: Fragment?
        /// Whether it was found since the hand last passed.
        var isUsed = false
    }

    private var slots: [Slot]
    private let limit: Int
    private var hand = 0
    private(set) var count = 0

    /// Makes a cache of at most `limit` fragments.
    init(limit: Int) {
        self.limit = min(max(1, limit), 1 << 24)
        slots = Array(repeating: Slot(), count: 64)
    }

    private var mask: Int { slots.count - 1 }

    /// The fragment of a hash that `matches` says is the one.
    mutating func find(_ hash: UInt64, _ matches: (Fragment) -> Bool) -> Fragment? {
        var index = Int(truncatingIfNeeded: hash) & mask
        while let fragment = slots[index].fragment {
            if slots[index].hash == hash, matches(fragment) {
                if !slots[index].isUsed { slots[index].isUsed = true }
                return fragment
            }
            index = (index + 1) & mask
        }
        return nil
    }

    /// Adds a fragment that `find` did not find.
    mutating func insert(_ fragment: Fragment, _ hash: UInt64) {
        if count >= limit { evict() }
        if (count + 1) * 4 > slots.count * 3 { grow() }
        place(Slot(hash: hash, fragment: fragment))
        count += 1
    }

    private mutating func place(_ slot: Slot) {
        var index = Int(truncatingIfNeeded: slot.hash) & mask
        while slots[index].fragment != nil { index = (index + 1) & mask }
        slots[index] = slot
    }

    private mutating func grow() {
        let old = slots
        slots = Array(repeating: Slot(), count: old.count * 2)
        for slot in old where slot.fragment != nil { place(slot) }
        hand = 0
    }

    private mutating func evict() {
        while count > 0 {
            hand = (hand + 1) & mask
            guard slots[hand].fragment != nil else { continue }
            guard slots[hand].isUsed else {
                return remove(at: hand)
            }
            slots[hand].isUsed = false
        }
    }

    /// Empties a slot and closes the hole: fragments behind it that probed over it move up.
    private mutating func remove(at index: Int) {
        var hole = index
        var next = (hole + 1) & mask
        while slots[next].fragment != nil {
            let home = Int(truncatingIfNeeded: slots[next].hash) & mask
            // Whether the home lies cyclically outside of (hole, next].
            if ((next - home) & mask) >= ((next - hole) & mask) {
                slots[hole] = slots[next]
                hole = next
            }
            next = (next + 1) & mask
        }
        slots[hole] = Slot()
        count -= 1
    }
}
