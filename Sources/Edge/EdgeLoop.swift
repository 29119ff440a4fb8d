import ClickModel
import NIOCore
import NIOPosix

/// What one event loop owns: its memory of links, the clicks of the pass under way, its connections.
///
/// Only code on the event loop touches it; that, and not a lock, is what makes it safe to name in closures
/// of other threads (`@unchecked Sendable`).
final class EdgeLoop: @unchecked Sendable {
    /// Clicks that a group takes before it leaves early.
    private static let clicksPerGroup = 512
    private static let textPerGroup = 1 << 20
    private static let sweepInterval = TimeAmount.seconds(1)

    let eventLoop: any EventLoop
    let settings: EdgeSettings
    let metrics: ServiceMetrics
    let memory: LinkMemory
    let readiness: @Sendable () -> [String]
    let visitorAddress: VisitorAddress
    let chooser: RouteChooser
    private let intake: any ClickIntake

    // The pass under way.
    private var group = ClickGroup(capacity: 64)
    /// How many of its clicks nobody was redirected for: orphans and previews.
    private var notRedirected = 0
    private var holding: [Connection] = []
    private var isSubmitScheduled = false
    /// Connections whose answers wait for their group, by the group's number.
    private var waiting: [Int: [Connection]] = [:]
    private var lastGroup = 0

    // Reused from request to request.
    var key = LookupKey()
    let out = ByteWriter(capacity: 16 << 10)
    let location = ByteWriter(capacity: 4 << 10)
    var answers = Answers()

    private var connections: [ObjectIdentifier: Connection] = [:]
    private(set) var isStopping = false
    private var onDrained: EventLoopPromise<Void>?
    private var sweeper: RepeatedTask?

    init(
        eventLoop: any EventLoop,
        settings: EdgeSettings,
        intake: any ClickIntake,
        source: (any LinkSource)?,
        visitors: (any VisitorFacts)?,
        metrics: ServiceMetrics,
        readiness: @escaping @Sendable () -> [String]
    ) {
        self.eventLoop = eventLoop
        self.settings = settings
        self.intake = intake
        self.metrics = metrics
        self.readiness = readiness
        visitorAddress = VisitorAddress(trusted: settings.trustedProxies)
        chooser = RouteChooser(visitors)
        memory = LinkMemory(eventLoop: eventLoop, source: source, limit: settings.linkMemory)
        memory.onIdle = { [weak self] in self?.noteDrained() }
    }

    // MARK: - Clicks

    /// Adds a click to the pass's group.
    func record(
        _ head: borrowing RequestHead,
        route: Route,
        at now: Timestamp,
        from peer: IPAddress?,
        location: ByteView?,
        rule: ByteView? = nil,
        isRedirect: Bool = true
    ) {
        let address = visitorAddress.of(head, peer: peer)
        let query = head.query
        if route.isOrphan || !isRedirect { notRedirected += 1 }
        head.headers.span.withUnsafeBufferPointer { headers in
            group.append(
                receivedAt: now,
                route: route,
                address: address,
                query: query,
                location: location,
                rule: rule,
                headers: headers
            )
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
    ///
    /// Called after the connection's last click of the pass, so that all of them are in one group.
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
        // About what the last one needed: two allocations a group, none a click.
        group = ClickGroup(capacity: min(full.count + 8, Self.clicksPerGroup))
        metrics.redirects.add(full.count - notRedirected)
        notRedirected = 0
        guard settings.waitsForDisk else { return intake.submit(full) { _ in } }
        lastGroup += 1
        waiting[lastGroup] = holding
        holding.removeAll(keepingCapacity: true)
        intake.submit(full) { [self, number = lastGroup] _ in
            // Shed or stored: the visitor is redirected either way.
            eventLoop.execute { self.release(number) }
        }
    }

    /// Lets the answers of a group go.
    ///
    /// By number, not by age: a group that is shed at once overtakes those still on their way to disk.
    private func release(_ number: Int) {
        guard let due = waiting.removeValue(forKey: number) else { return }
        for connection in due { connection.release() }
        noteDrained()
    }

    // MARK: - Connections

    func opened(_ connection: Connection) {
        connections[ObjectIdentifier(connection)] = connection
        if sweeper == nil {
            sweeper = eventLoop.scheduleRepeatedTask(
                initialDelay: Self.sweepInterval,
                delay: Self.sweepInterval
            ) { [weak self] _ in
                self?.sweep()
            }
        }
    }

    func closed(_ connection: Connection) {
        connections[ObjectIdentifier(connection)] = nil
        noteDrained()
    }

    /// Closes connections whose head is late, or that were idle or took to close for too long.
    private func sweep() {
        let now = NIODeadline.now()
        for connection in connections.values { connection.closeIfOverdue(now) }
    }

    // MARK: - Stopping

    /// Whether nothing is left that could still want this loop.
    var isDrained: Bool { connections.isEmpty && waiting.isEmpty && group.isEmpty && memory.isIdle }

    /// Lets answers under way leave, closes everything else; succeeds when nothing is left.
    func stop() -> EventLoopFuture<Void> {
        isStopping = true
        let promise = eventLoop.makePromise(of: Void.self)
        onDrained = promise
        for connection in connections.values { connection.closeWhenAnswered() }
        noteDrained()
        return promise.futureResult
    }

    /// Closes what is still open; returns whether the loop may end.
    func closeAll() -> Bool {
        sweeper?.cancel()
        memory.applyAll()
        for connection in connections.values { connection.closeNow() }
        onDrained?.succeed()
        onDrained = nil
        return isDrained
    }

    private func noteDrained() {
        guard isStopping, isDrained else { return }
        onDrained?.succeed()
        onDrained = nil
    }
}
