import ClickModel
import NIOPosix

/// What the catalog said of a link that the memory lacks.
enum LookedUp {
    case route(Route)
    case none
    /// The catalog could not be read.
    case failed
}

/// The catalog as one event loop knows it: domains, links, and look-ups of links that it lacks.
///
/// Changes are applied a slice at a time, so that a long list or the removal of a large domain never keeps
/// visitors waiting for long. Only code on the event loop touches it, which is what makes it safe to name
/// in closures of other threads (`@unchecked Sendable`).
final class LinkMemory: @unchecked Sendable {
    /// Look-ups in the catalog that may be under way; beyond, visitors are told to come again.
    private static let maximumLookups = 1024
    /// What one slice may do: changes, or as many 64ths of table slots looked at.
    private static let sliceBudget = 256

    enum Found {
        /// A link that leads everybody to one place, which stays there until the memory is changed.
        case plain(Unmanaged<Route>, location: ByteView)
        case route(Route)
        case none
        /// The table is a cache that lacks it; the catalog must be asked.
        case unknown
    }

    private struct Work {
        let changes: [DirectoryChange]
        let done: @Sendable () -> Void
        var next = 0
        /// How many shards were searched for the links of a removed domain.
        var shard = 0
    }

    private struct Lookup {
        let name: LinkName
        var waiters: [(LookedUp) -> Void]
        /// Whether a change came after the catalog was asked: its answer may be old.
        var isStale = false
    }

    private let tasks: LoopTasks
    private let source: (any LinkSource)?
    private var table: LinkTable
    private var domains: [String: DomainEntry] = [:]
    private var work: [Work] = []
    private var lookups: [[UInt8]: Lookup] = [:]
    /// Look-ups of the pass under way: the catalog is asked for all of them at once.
    private var asked: [[UInt8]] = []
    /// How many changes were applied.
    private(set) var changeCount = 0
    /// Called when the last look-up has ended.
    var onIdle: () -> Void = {}

    /// Makes an empty memory; without a `source` it holds every link, whatever `limit` says.
    init(tasks: LoopTasks, source: (any LinkSource)?, limit: Int) {
        self.tasks = tasks
        self.source = source
        table = LinkTable(limit: source == nil ? .max : limit)
    }

    var isIdle: Bool { lookups.isEmpty }

    func find(_ key: borrowing LookupKey) -> Found {
        if let (route, location) = key.withBytes({ table.find($0) }) {
            if let location { return .plain(route, location: location) }
            return .route(route.takeUnretainedValue())
        }
        // Only a domain of ours is worth the catalog's time.
        return table.isComplete || domains[key.host] == nil ? .none : .unknown
    }

    func domain(_ host: String) -> DomainEntry? { domains[host] }

    // MARK: - Changes

    /// Applies changes in order; `done` is called when visitors are answered by them.
    func apply(_ changes: [DirectoryChange], done: @escaping @Sendable () -> Void) {
        work.append(Work(changes: changes, done: done))
        if work.count == 1 { applySlice() }
    }

    /// Applies what is left at once: the loop is about to end.
    func applyAll() {
        while let first = work.first { applySome(of: first, budget: .max) }
    }

    private func applySlice() {
        guard let first = work.first else { return }
        applySome(of: first, budget: Self.sliceBudget)
        if !work.isEmpty { tasks.execute { self.applySlice() } }
    }

    private func applySome(of first: Work, budget: Int) {
        var current = first
        var budget = budget
        while budget > 0, current.next < current.changes.count {
            budget -= apply(current.changes[current.next], &current)
        }
        guard current.next == current.changes.count else { return work[0] = current }
        work.removeFirst()
        current.done()
    }

    /// Applies one change, or a part of it; returns what it cost.
    private func apply(_ change: DirectoryChange, _ current: inout Work) -> Int {
        changeCount += 1
        switch change {
        case .domain(let entry): domains[entry.host] = entry
        case .domainRemoved(let host):
            if current.shard == 0 {
                domains[host] = nil
                let stale = lookups.filter { $0.value.name.host == host }
                for key in stale.keys { lookups[key]?.isStale = true }
            }
            let cost = table.removeAll(ofHost: host, shard: current.shard)
            current.shard += 1
            guard current.shard == LinkTable.shardCount else { return cost }
            current.shard = 0
            current.next += 1
            return cost
        case .link(let host, let key, let route):
            let bytes = Self.tableKey(host, key)
            lookups[bytes]?.isStale = true
            // A cache takes in what visitors ask for, not what is written.
            if table.isComplete {
                table.insert(route, key: bytes)
            } else {
                table.replace(route, key: bytes)
            }
        case .linksLeftOut:
            // Without a catalog to ask there is nothing beyond what is told.
            if source != nil { table.markIncomplete() }
        case .linkRemoved(let host, let key):
            let bytes = Self.tableKey(host, key)
            lookups[bytes]?.isStale = true
            table.remove(bytes)
        }
        current.next += 1
        return 1
    }

    private static func tableKey(_ host: String, _ key: SlashtagKey) -> [UInt8] {
        var bytes = Array(host.utf8)
        bytes.append(0x2F)
        return bytes + key.bytes
    }

    // MARK: - Look-ups

    /// Asks the catalog for a link, off the loop; `then` is called on it.
    ///
    /// Visitors who ask for the same link share one look-up.
    ///
    /// - Returns: False when too many look-ups are under way.
    func lookUp(_ key: borrowing LookupKey, then: @escaping (LookedUp) -> Void) -> Bool {
        let host = key.host
        let slashtag = SlashtagKey(folded: Array(key.slashtag))
        let bytes = Self.tableKey(host, slashtag)
        if lookups[bytes] != nil {
            lookups[bytes]?.waiters.append(then)
            return true
        }
        guard source != nil, lookups.count < Self.maximumLookups else { return false }
        lookups[bytes] = Lookup(name: LinkName(host: host, key: slashtag), waiters: [then])
        asked.append(bytes)
        return true
    }

    /// Asks for all links of the pass under way at once, on another thread.
    func askCatalog() {
        guard !asked.isEmpty, let source else { return }
        let keys = asked
        asked.removeAll(keepingCapacity: true)
        let names = keys.compactMap { lookups[$0]?.name }
        NIOThreadPool.singleton.submit { [self, tasks] state in
            let routes = state == .active ? try? source.routes(names) : nil
            tasks.execute { self.note(routes, of: keys) }
        }
    }

    /// The catalog has answered; nil when it couldn't.
    private func note(_ routes: [Route?]?, of keys: [[UInt8]]) {
        if let routes, routes.count == keys.count {
            for (bytes, route) in zip(keys, routes) {
                settle(bytes, route.map { LookedUp.route($0) } ?? LookedUp.none)
            }
        } else {
            for bytes in keys { settle(bytes, .failed) }
        }
        if lookups.isEmpty { onIdle() }
    }

    private func settle(_ bytes: [UInt8], _ found: LookedUp) {
        guard let lookup = lookups[bytes] else { return }
        if lookup.isStale {
            lookups[bytes]?.isStale = false
            return asked.append(bytes)
        }
        lookups[bytes] = nil
        if case .route(let route) = found { table.insert(route, key: bytes) }
        for waiter in lookup.waiters { waiter(found) }
    }
}
