import ClickModel

/// Visits: clicks of one visitor to one workspace, with less than the window between two.
///
/// Decides by the clicks' own times, so that backfill works, and forgets by the clock on the wall. A table
/// of bounded size: forgetting is spread over the clicks, a few slots each.
struct SessionTable {
    struct Session: Equatable {
        /// The visitor's keyed hash.
        var visitor: UInt64
        var started: Int64
        var last: Int64
    }

    private struct Slot {
        /// 0 where there is none.
        var visitor: UInt64 = 0
        var started: Int64 = 0
        var last: Int64 = 0
        /// When it was last touched, in seconds on the wall.
        var touched: UInt32 = 0
    }

    /// Slots that the hand looks at for each click.
    private static let slotsPerClick = 2

    private let window: Int64
    private let limit: Int
    private var keys: VisitorKeys
    private var slots: [Slot]
    private var hand = 0
    /// How many sessions are held.
    private(set) var count = 0

    /// Makes a table of what a restart left.
    ///
    /// - Parameters:
    ///   - window: The gap that ends a visit.
    ///   - limit: How many sessions are kept; when there are more, old ones are forgotten early.
    ///   - keys: The keys in use, oldest first.
    ///   - wall: The time now.
    init(
        window: Duration,
        limit: Int,
        keys: [SessionKey] = [],
        wall: Timestamp
    ) {
        self.window = max(1, window.wholeMicroseconds)
        self.limit = min(max(16, limit), 1 << 28)
        self.keys = VisitorKeys(keys, wall: wall)
        slots = Array(repeating: Slot(), count: 1024)
    }

    /// Takes in what an earlier group wrote; they come oldest first.
    mutating func recall(_ journal: ByteView, wall: Timestamp) {
        let touched = Self.seconds(wall)
        SessionJournal.read(journal) { session in
            guard session.visitor != 0 else { return }
            store(session, touched)
        }
    }

    /// The memory of the table.
    var heldBytes: Int { slots.capacity * MemoryLayout<Slot>.stride }

    private var mask: Int { slots.count - 1 }

    private static func seconds(_ wall: Timestamp) -> UInt32 { UInt32(clamping: wall.seconds) }

    /// Takes a click's part in a visit.
    ///
    /// - Returns: When the visit began.
    mutating func touch(
        _ visitor: Visitor,
        at time: Timestamp,
        wall: Timestamp,
        into group: EventGroup
    ) -> Timestamp {
        sweep(wall)
        keys.renew(wall: wall, window: window, into: group)
        let now = time.microseconds
        var newest: UInt64 = 0
        // The newest key first: nearly every live session is its.
        for age in 0..<keys.count {
            let hash = visitor.hash(keys.key(age: age))
            if age == 0 { newest = hash }
            guard let index = find(hash) else { continue }
            let (started, last) = (slots[index].started, slots[index].last)
            // A click from before the last one (a backfill): the visit stays as it is.
            if now < last { return Timestamp(microseconds: min(started, now)) }
            let (gap, overflow) = now.subtractingReportingOverflow(last)
            guard !overflow, gap < window else { continue }
            keys.use(age: age, wall: wall)
            slots[index].last = now
            slots[index].touched = Self.seconds(wall)
            let session = Session(visitor: hash, started: started, last: now)
            SessionJournal.write(session, to: group.sessions)
            return Timestamp(microseconds: started)
        }
        keys.use(age: 0, wall: wall)
        let session = Session(visitor: newest, started: now, last: now)
        store(session, Self.seconds(wall))
        SessionJournal.write(session, to: group.sessions)
        return time
    }

    // MARK: - The table

    private func find(_ visitor: UInt64) -> Int? {
        var index = Int(truncatingIfNeeded: visitor) & mask
        while slots[index].visitor != 0 {
            if slots[index].visitor == visitor { return index }
            index = (index + 1) & mask
        }
        return nil
    }

    private mutating func store(_ session: Session, _ touched: UInt32) {
        let slot = Slot(
            visitor: session.visitor,
            started: session.started,
            last: session.last,
            touched: touched
        )
        if let index = find(session.visitor) {
            slots[index] = slot
            return
        }
        if count >= limit { evict() }
        if (count + 1) * 4 > slots.count * 3 { grow() }
        place(slot)
        count += 1
    }

    private mutating func place(_ slot: Slot) {
        var index = Int(truncatingIfNeeded: slot.visitor) & mask
        while slots[index].visitor != 0 { index = (index + 1) & mask }
        slots[index] = slot
    }

    private mutating func grow() {
        let old = slots
        slots = Array(repeating: Slot(), count: old.count * 2)
        for slot in old where slot.visitor != 0 { place(slot) }
        hand = 0
    }

    /// Forgets what is over among the next few slots.
    private mutating func sweep(_ wall: Timestamp) {
        guard count > 0 else { return }
        let windowSeconds = window / 1_000_000 + 1
        let now = Int64(Self.seconds(wall))
        for _ in 0..<Self.slotsPerClick {
            hand = (hand + 1) & mask
            guard slots[hand].visitor != 0, now - Int64(slots[hand].touched) > windowSeconds else {
                continue
            }
            remove(at: hand)
            // Another session may have moved into the hole: it is next.
            hand = (hand - 1) & mask
        }
    }

    /// Forgets the oldest of the next sixteen sessions: near enough to the oldest of all.
    private mutating func evict() {
        var oldest: Int?
        var seen = 0
        while seen < 16, seen < count {
            hand = (hand + 1) & mask
            guard slots[hand].visitor != 0 else { continue }
            seen += 1
            if oldest.map({ slots[hand].touched < slots[$0].touched }) ?? true { oldest = hand }
        }
        if let oldest { remove(at: oldest) }
    }

    /// Empties a slot and closes the hole: sessions behind it that probed over it move up.
    private mutating func remove(at index: Int) {
        var hole = index
        var next = (hole + 1) & mask
        while slots[next].visitor != 0 {
            let home = Int(truncatingIfNeeded: slots[next].visitor) & mask
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
