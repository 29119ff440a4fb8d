import ClickModel

/// Visits: clicks of one visitor to one workspace, with less than the window between two.
///
/// A visitor is a keyed hash and nothing else. The key changes every 24 hours; the one before is tried
/// too, until its last session is over. Two generations of the table make forgetting free: when the younger one is as
/// old as the window, or full, it becomes the older one, and the older one is dropped as a whole.
struct SessionTable {
    struct Session: Equatable {
        var started: Int64
        var last: Int64
    }

    /// What a visitor is told apart by.
    struct Visitor {
        let address: IPAddress
        let workspace: WorkspaceNumber
        let isBot: Bool
        let userAgent: ByteView
        let language: ByteView
        let domain: String
    }

    private struct Key {
        let key: SessionKey
        let halves: (UInt64, UInt64)
        /// When a session of this key was last touched.
        var lastUsed: Int64

        init(_ key: SessionKey) {
            self.key = key
            let bytes = key.bytes + Array(repeating: 0, count: max(0, 16 - key.bytes.count))
            halves = (
                bytes[0..<8].reduce(0) { $0 << 8 | UInt64($1) },
                bytes[8..<16].reduce(0) { $0 << 8 | UInt64($1) }
            )
            lastUsed = key.createdAt.microseconds
        }
    }

    private static let keyLifetime: Int64 = 24 * 3600 * 1_000_000

    private let window: Int64
    /// Sessions in the younger generation before it is put aside early.
    private let limit: Int
    private var keys: [Key]
    private var young: [UInt64: Session] = [:]
    private var old: [UInt64: Session] = [:]
    private var youngSince: Int64 = .min

    /// Makes a table of what a restart left.
    ///
    /// - Parameters:
    ///   - window: The gap that ends a visit.
    ///   - limit: How many sessions are kept, about; of more, the oldest are forgotten.
    ///   - keys: The keys in use, oldest first.
    ///   - journal: What earlier groups wrote, oldest first.
    init(window: Duration, limit: Int, keys: [SessionKey] = [], journal: [[UInt8]] = []) {
        self.window = max(1, window.wholeMicroseconds)
        self.limit = max(16, limit / 2)
        self.keys = keys.suffix(2).map(Key.init)
        for entry in journal {
            SessionJournal.read(entry) { hash, session in
                turn(at: session.last)
                young[hash] = session
            }
        }
        // Which key a restored session was made with is no longer known: both are tried for a window.
        let latest = young.values.lazy.map(\.last).max() ?? old.values.lazy.map(\.last).max()
        if let latest {
            for index in self.keys.indices { self.keys[index].lastUsed = max(latest, self.keys[index].lastUsed) }
        }
    }

    /// How many sessions are held.
    var count: Int { young.count + old.count }

    /// Takes a click's part in a visit.
    ///
    /// - Returns: When the visit began.
    mutating func touch(_ visitor: Visitor, at time: Timestamp, into group: EventGroup) -> Timestamp {
        let now = time.microseconds
        turn(at: now)
        renewKey(at: time, into: group)
        var hash: UInt64 = 0
        // The newest key first: nearly every live session is its.
        for index in keys.indices.reversed() {
            let candidate = Self.hash(visitor, keys[index].halves)
            if index == keys.count - 1 { hash = candidate }
            guard let session = find(candidate), isLive(session, at: now) else { continue }
            keys[index].lastUsed = max(keys[index].lastUsed, now)
            if now < session.last {
                // From the past (a backfill): the visit stays as it is.
                return Timestamp(microseconds: min(session.started, now))
            }
            let touched = Session(started: session.started, last: now)
            young[candidate] = touched
            SessionJournal.write(candidate, touched, to: group.sessions)
            return Timestamp(microseconds: session.started)
        }
        let session = Session(started: now, last: now)
        young[hash] = session
        SessionJournal.write(hash, session, to: group.sessions)
        return time
    }

    private func find(_ hash: UInt64) -> Session? { young[hash] ?? old[hash] }

    private func isLive(_ session: Session, at now: Int64) -> Bool {
        let (gap, overflow) = now.subtractingReportingOverflow(session.last)
        guard !overflow else { return false }
        return gap >= 0 ? gap < window : session.started - now < window
    }

    /// Puts the younger generation aside when it is as old as the window, or full.
    private mutating func turn(at now: Int64) {
        if youngSince == .min { youngSince = now }
        let (age, overflow) = now.subtractingReportingOverflow(youngSince)
        guard overflow || age >= window || young.count >= limit else { return }
        old = young
        young = [:]
        young.reserveCapacity(min(old.count, limit))
        youngSince = now
    }

    private mutating func renewKey(at time: Timestamp, into group: EventGroup) {
        let now = time.microseconds
        if keys.count > 1, now - keys[0].lastUsed > window { keys.removeFirst() }
        if let newest = keys.last, now - newest.key.createdAt.microseconds < Self.keyLifetime { return }
        var random = SystemRandomNumberGenerator()
        let bytes = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        let key = SessionKey(createdAt: time, bytes: bytes)
        group.newSessionKeys.append(key)
        keys = keys.suffix(1) + [Key(key)]
    }

    private static func hash(_ visitor: Visitor, _ key: (UInt64, UInt64)) -> UInt64 {
        var hash = SipHash(key: key)
        hash.add(visitor.address.high)
        hash.add(visitor.address.low)
        hash.add(UInt64(bitPattern: visitor.workspace))
        hash.add(visitor.isBot ? 1 : 0 as UInt8)
        // Lengths keep neighbouring texts apart.
        hash.add(UInt64(visitor.userAgent.count))
        hash.add(visitor.userAgent)
        hash.add(UInt64(visitor.language.count))
        hash.add(visitor.language)
        hash.add(visitor.domain.utf8)
        return hash.finish()
    }
}

/// The stored form of what a group taught the table: 24 bytes a touch, hash, start and last click,
/// little-endian.
enum SessionJournal {
    private static let entryBytes = 24

    static func write(_ hash: UInt64, _ session: SessionTable.Session, to writer: ByteWriter) {
        writer.append(littleEndian: hash)
        writer.append(littleEndian: session.started)
        writer.append(littleEndian: session.last)
    }

    static func read(_ bytes: [UInt8], _ body: (UInt64, SessionTable.Session) -> Void) {
        bytes.withUnsafeBytes { raw in
            for start in stride(from: 0, through: raw.count - entryBytes, by: entryBytes) {
                let number = { (offset: Int) in
                    UInt64(
                        littleEndian: raw.loadUnaligned(
                            fromByteOffset: start + offset, as: UInt64.self))
                }
                body(
                    number(0),
                    SessionTable.Session(
                        started: Int64(bitPattern: number(8)), last: Int64(bitPattern: number(16))))
            }
        }
    }
}
