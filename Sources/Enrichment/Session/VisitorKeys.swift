import ClickModel

/// What a visitor is told apart by.
///
/// Texts come as digests that need no secret: the key is added when they are hashed together.
struct Visitor {
    let address: IPAddress
    let workspace: WorkspaceNumber
    let isBot: Bool
    let userAgent: UInt64
    let language: UInt64
    let domain: UInt64

    /// The keyed hash; never 0.
    func hash(_ key: (UInt64, UInt64)) -> UInt64 {
        var hash = SipHash(key: key)
        hash.add(address.high)
        hash.add(address.low)
        hash.add(UInt64(bitPattern: workspace))
        hash.add(userAgent)
        hash.add(language)
        hash.add(domain)
        hash.add(isBot ? 1 : 0)
        return max(1, hash.finish())
    }

    /// The digest of a text; the same after every restart.
    static func digest(_ text: ByteView) -> UInt64 { SipHash.hash(text, key: (0, 0)) }
}

/// The secret keys that visitors are hashed with.
///
/// A new one every 24 hours by the clock on the wall; the one before is tried too, until the last session that
/// was found with it is over. Then nothing that is left can tell who a hash was.
struct VisitorKeys {
    private struct Key {
        let key: SessionKey
        let halves: (UInt64, UInt64)
        /// When a session was last found or begun with it, on the wall.
        var lastUsed: Int64

        init(_ key: SessionKey, lastUsed: Int64) {
            self.key = key
            self.lastUsed = lastUsed
            let half = { (range: Range<Int>) in
                key.bytes.dropFirst(range.lowerBound).prefix(8).reversed().reduce(UInt64(0)) {
                    $0 << 8 | UInt64($1)
                }
            }
            halves = (half(0..<8), half(8..<16))
        }
    }

    private static let lifetime: Int64 = 24 * 3600 * 1_000_000

    /// Oldest first; two at most.
    private var keys: [Key]

    /// Takes up stored keys, oldest first; each may have sessions that are not over.
    init(_ stored: [SessionKey], wall: Timestamp) {
        keys = stored.suffix(2).map { Key($0, lastUsed: wall.microseconds) }
    }

    /// How many there are to try.
    var count: Int { keys.count }

    /// The key that is `age` keys older than the newest.
    func key(age: Int) -> (UInt64, UInt64) { keys[keys.count - 1 - age].halves }

    /// Notes that a session was found or begun with a key.
    mutating func use(age: Int, wall: Timestamp) {
        let index = keys.count - 1 - age
        keys[index].lastUsed = max(keys[index].lastUsed, wall.microseconds)
    }

    /// Makes a new key when it is time, and drops the old one when it has served.
    mutating func renew(wall: Timestamp, window: Int64, into group: EventGroup) {
        let now = wall.microseconds
        if keys.count > 1, now &- keys[0].lastUsed > window {
            group.retiredSessionKeys.append(keys.removeFirst().key)
        }
        // A clock that was set back must not keep a key alive: distance counts, not direction.
        if let newest = keys.last,
            (now &- newest.key.createdAt.microseconds).magnitude < Self.lifetime
        {
            return
        }
        var random = SystemRandomNumberGenerator()
        let bytes = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        let key = SessionKey(createdAt: wall, bytes: bytes)
        group.unsavedSessionKeys.append(key)
        if keys.count > 1 { group.retiredSessionKeys.append(keys.removeFirst().key) }
        keys.append(Key(key, lastUsed: now))
    }
}
