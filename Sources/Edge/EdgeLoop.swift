import ClickModel
import NIOCore
import NIOPosix

/// What one event loop owns: its link table, the clicks of the pass under way, its connections.
///
/// Only code on the event loop touches it; that, and not a lock, is what makes it safe to name from other
/// threads' closures (`@unchecked Sendable`).
final class EdgeLoop: @unchecked Sendable {
    /// Clicks that a group takes before it leaves early.
    private static let clicksPerGroup = 512
    private static let textPerGroup = 1 << 20
    /// Look-ups in the catalog that may be under way; more are answered with 503.
    private static let maximumLookups = 1024
    private static let sweepInterval = TimeAmount.seconds(1)

    let eventLoop: any EventLoop
    let settings: EdgeSettings
    let metrics: ServiceMetrics
    let visitorAddress: VisitorAddress
    let readiness: @Sendable () -> [String]
    private let intake: any ClickIntake
    private let source: (any LinkSource)?

    // The catalog, as this loop knows it.
    private var table: LinkTable
    private var domains: [String: DomainEntry] = [:]
    /// Counts changes, so that a look-up that was overtaken by one isn't remembered.
    private var changes = 0
    private var lookups = 0

    // The pass under way.
    private var group = ClickGroup(capacity: 64)
    private var holding: [Connection] = []
    private var isSubmitScheduled = false
    /// Connections whose answers wait for their group, a list per group, oldest first.
    private var waiting: [[Connection]] = []
    private var waitingHead = 0

    // Reused from request to request.
    var key = LookupKey()
    let out = ByteWriter(capacity: 16 << 10)
    let location = ByteWriter(capacity: 4 << 10)
    var answers = Answers()

    private var connections: [ObjectIdentifier: Connection] = [:]
    private(set) var isStopping = false
    private var onLastClosed: EventLoopPromise<Void>?
    private var sweeper: RepeatedTask?

    init(
        eventLoop: any EventLoop,
        settings: EdgeSettings,
        intake: any ClickIntake,
        source: (any LinkSource)?,
        metrics: ServiceMetrics,
        readiness: @escaping @Sendable () -> [String]
    ) {
        self.eventLoop = eventLoop
        self.settings = settings
        self.intake = intake
        self.source = source
        self.metrics = metrics
        self.readiness = readiness
        visitorAddress = VisitorAddress(trusted: settings.trustedProxies)
        table = LinkTable(limit: settings.linkMemory)
    }

    // MARK: - The catalog

    func apply(_ list: [DirectoryChange]) {
        changes += 1
        for change in list {
            switch change {
            case .domain(let entry): domains[entry.host] = entry
            case .domainRemoved(let host):
                domains[host] = nil
                table.removeAll(ofHost: host)
            case .link(let host, let key, let route):
                let bytes = Self.tableKey(host, key)
                // A cache takes in what visitors ask for, not what is written.
                if table.isComplete {
                    table.insert(route, key: bytes)
                } else {
                    table.replace(route, key: bytes)
                }
            case .linkRemoved(let host, let key): table.remove(Self.tableKey(host, key))
            }
        }
    }

    private static func tableKey(_ host: String, _ key: SlashtagKey) -> [UInt8] {
        var bytes = Array(host.utf8)
        bytes.append(0x2F)
        return bytes + key.bytes
    }

    enum Found {
        case route(Route)
        case none
        /// The table is a cache that lacks it; the catalog must be asked.
        case unknown
    }

    /// Looks the current key up.
    func find() -> Found {
        if let route = key.withBytes({ table.find($0) }) { return .route(route) }
        return table.isComplete || source == nil ? .none : .unknown
    }

    func domain() -> DomainEntry? { domains[key.host] }

    /// Asks the catalog for the current key, off the loop; `then` is called on it.
    ///
    /// - Returns: False when too many look-ups are under way.
    func lookUp(_ then: @escaping (Route?) -> Void) -> Bool {
        guard let source, lookups < Self.maximumLookups else { return false }
        let host = key.host
        let slashtag = SlashtagKey(folded: Array(key.slashtag))
        let tableKey = Self.tableKey(host, slashtag)
        let seen = changes
        lookups += 1
        let done = NIOLoopBound(then, eventLoop: eventLoop)
        let found = NIOThreadPool.singleton.runIfActive(eventLoop: eventLoop) {
            try source.route(host: host, key: slashtag)
        }
        found.whenComplete { [self] result in
            lookups -= 1
            let route = try? result.get()
            if let route, seen == changes { table.insert(route, key: tableKey) }
            done.value(route)
        }
        return true
    }

    // MARK: - Clicks

    /// Adds a click to the pass's group.
    func record(
        _ head: borrowing RequestHead,
        route: Route,
        at now: Timestamp,
        from peer: IPAddress?,
        location: ByteView?
    ) {
        let address = visitorAddress.of(head, peer: peer)
        let query = head.query
        head.headers.span.withUnsafeBufferPointer { headers in
            group.append(
                receivedAt: now, route: route, address: address, query: query, location: location,
                headers: headers)
        }
        if !settings.waitsForDisk { submitIfLarge() }
        guard !isSubmitScheduled else { return }
        isSubmitScheduled = true
        // Tasks run after the sockets that were ready have been read: the group is a whole pass.
        eventLoop.execute { [self] in
            isSubmitScheduled = false
            submit()
        }
    }

    /// Keeps a connection's answers until the pass's group is on disk.
    func hold(_ connection: Connection) {
        holding.append(connection)
        submitIfLarge()
    }

    private func submitIfLarge() {
        if group.count >= Self.clicksPerGroup || group.textBytes >= Self.textPerGroup { submit() }
    }

    private func submit() {
        guard !group.isEmpty else { return }
        let full = group
        group = ClickGroup(capacity: min(full.count + 8, Self.clicksPerGroup))
        waiting.append(holding)
        holding = []
        intake.submit(full) { [self] _ in
            // Shed or stored: the visitor is redirected either way.
            eventLoop.execute { self.releaseOldest() }
        }
    }

    /// Lets the answers of the oldest group go; groups settle in their order.
    private func releaseOldest() {
        guard waitingHead < waiting.count else { return }
        let due = waiting[waitingHead]
        waiting[waitingHead] = []
        waitingHead += 1
        if waitingHead == waiting.count {
            waiting.removeAll(keepingCapacity: true)
            waitingHead = 0
        } else if waitingHead > 1024 {
            waiting.removeFirst(waitingHead)
            waitingHead = 0
        }
        for connection in due { connection.release() }
    }

    // MARK: - Connections

    func opened(_ connection: Connection) {
        connections[ObjectIdentifier(connection)] = connection
        if sweeper == nil {
            sweeper = eventLoop.scheduleRepeatedTask(
                initialDelay: Self.sweepInterval, delay: Self.sweepInterval
            ) { [weak self] _ in
                self?.sweep()
            }
        }
    }

    func closed(_ connection: Connection) {
        connections[ObjectIdentifier(connection)] = nil
        if isStopping, connections.isEmpty { onLastClosed?.succeed() }
    }

    /// Closes connections whose head is late or that were idle too long.
    private func sweep() {
        let now = NIODeadline.now()
        for connection in Array(connections.values) { connection.closeIfOverdue(now) }
    }

    /// Lets answers under way leave, closes everything else; succeeds when all are closed.
    func stop() -> EventLoopFuture<Void> {
        isStopping = true
        let promise = eventLoop.makePromise(of: Void.self)
        onLastClosed = promise
        for connection in Array(connections.values) { connection.closeWhenAnswered() }
        if connections.isEmpty { promise.succeed() }
        return promise.futureResult
    }

    /// Closes what is still open.
    func closeAll() {
        sweeper?.cancel()
        for connection in Array(connections.values) { connection.closeNow() }
    }
}
