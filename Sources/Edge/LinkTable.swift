import ClickModel

/// Links by their lookup keys, for one event loop alone: no locks, no atomics.
///
/// In 64 shards, so that no insertion moves more than a sixty-fourth of the table. When more links exist
/// than the table may hold it is a cache, and what it lacks may exist all the same.
struct LinkTable {
    private static let shardBits = 6
    static let shardCount = 1 << shardBits

    private typealias Shard = ByteKeyedTable<Route>

    private let shards: [Shard]
    private let uncounted: [Unmanaged<Shard>]
    /// Whether every link that exists is in the table: then what it lacks doesn't exist.
    private(set) var isComplete = true

    /// Makes an empty table that holds `limit` links at most, or a little more.
    init(limit: Int) {
        let limitPerShard = max(16, (limit >> Self.shardBits) + 1)
        shards = (0..<Self.shardCount).map { _ in Shard(limit: limitPerShard) }
        uncounted = shards.map(Unmanaged.passUnretained)
    }

    var count: Int { shards.reduce(0) { $0 + $1.count } }

    /// The link with this key, if the table holds it, and where a plain one leads: see `plainLocation`.
    ///
    /// Both are good until the table is changed.
    func find(_ key: ByteView) -> (route: Unmanaged<Route>, plainLocation: ByteView?)? {
        let hash = Shard.hash(key)
        // Counting references to the shard would write to memory that is only read.
        let found = uncounted[Self.shard(of: hash)]._withUnsafeGuaranteedRef {
            $0.look(for: key, hash)
        }
        guard let (value, location) = found else { return nil }
        return (value.load(as: Unmanaged<Route>.self), location.count > 0 ? location : nil)
    }

    /// Where everybody is sent who asks for a link, whatever they ask it with; nil where that depends.
    ///
    /// It stands beside the key: of a million links a redirect then reads no more memory than finding one does.
    private static func plainLocation(of route: Route) -> String? {
        route.extras == nil && !route.forwardsParameters ? route.destination : nil
    }

    /// Notes that there are links that it wasn't told of.
    mutating func markIncomplete() { isComplete = false }

    /// Adds or replaces a link.
    mutating func insert(_ route: Route, key: [UInt8]) {
        let hash = key.withUnsafeBufferPointer(Shard.hash)
        var location = Self.plainLocation(of: route) ?? ""
        let didEvict = location.withUTF8 {
            shards[Self.shard(of: hash)].insert(route, key: key, note: $0, hash)
        }
        if didEvict { isComplete = false }
    }

    /// Replaces a link if it is here: all that a cache needs to be told of a change.
    mutating func replace(_ route: Route, key: [UInt8]) {
        let isHere = key.withUnsafeBufferPointer { find($0) != nil }
        if isHere { insert(route, key: key) }
    }

    func remove(_ key: [UInt8]) {
        key.withUnsafeBufferPointer { view in
            let hash = Shard.hash(view)
            shards[Self.shard(of: hash)].remove(view, hash)
        }
    }

    /// Removes the links of a host from one of the shards; those of a large table take a while.
    ///
    /// - Returns: What it cost: about a 64th of the links that were looked at.
    func removeAll(ofHost host: String, shard: Int) -> Int {
        guard shards.indices.contains(shard) else { return 1 }
        let cost = 1 + shards[shard].count / 64
        let prefix = Array("\(host)/".utf8)
        shards[shard].removeAll { $0.starts(with: prefix) }
        return cost
    }

    private static func shard(of hash: UInt64) -> Int { Int(hash >> (64 - UInt64(shardBits))) }
}
