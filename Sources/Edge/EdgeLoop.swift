import CLinux
import ClickModel
import Glibc
import NIOCore

/// One thread of the edge: its sockets, its memory of links, the clicks of the pass under way.
///
/// A pass takes every socket to which something happened in its turn, hands over the clicks that were gathered,
/// and does what other threads gave it to do. Only code on the loop touches it; that, and not a lock, is what
/// makes it safe to name in closures of other threads (`@unchecked Sendable`).
final class EdgeLoop: @unchecked Sendable {
    /// Clicks that a group takes before it leaves early.
    private static let clicksPerGroup = 512
    private static let textPerGroup = 1 << 20
    /// Bytes of held answers with which a group leaves early.
    private static let answersPerGroup = 1 << 20
    private static let sweepInterval = TimeAmount.seconds(1)
    /// Requests that are stamped by one look at the clock; they take less than a millisecond.
    private static let requestsPerLook = 64
    /// How far stamps may be ahead of the clock.
    private static let mostAhead = Duration.milliseconds(1)
    /// Connections that are taken before those there are have their turn.
    private static let arrivalsPerPass = 256
    /// Room for what one read brings.
    private static let bytesPerRead = 16 << 10
    /// Groups' memory of answers that is kept for the next ones.
    private static let spareAnswers = 4

    // The tokens of the two descriptors that are no connections.
    private static let bell: UInt = 1
    private static let door: UInt = 2

    let tasks = LoopTasks()
    let settings: EdgeSettings
    let metrics: ServiceMetrics
    let memory: LinkMemory
    let readiness: @Sendable () -> [String]
    let visitorAddress: VisitorAddress
    let chooser: RouteChooser
    private let intake: any ClickIntake
    private let poller = Poller()

    /// How one connection's turn goes.
    struct Pass {
        /// Where its answers begin in `out`.
        let start: Int
        var answered = 0
        var recorded = false
        /// Whether the next request has not all come, or waits for the catalog.
        var hasEnded = false
    }

    /// Answers that wait for a group, in its memory of answers.
    private struct Held {
        let connection: Connection.Slot
        let start: Int
        let end: Int
    }

    /// A group that is on its way to disk.
    private struct UnderWay {
        let held: [Held]
        let answers: ByteWriter
    }

    // The pass under way.
    private var group = ClickGroup(capacity: 64)
    /// How many of its clicks nobody was redirected for: orphans and previews.
    private var notRedirected = 0
    private var holding: [Held] = []
    /// Groups whose answers wait, by number: behind a slow disk they can be many.
    private var waiting: [Int: UnderWay] = [:]
    private var lastGroup = 0
    private var spare: [ByteWriter] = []
    var pass = Pass(start: 0)
    /// When the pass began.
    private(set) var now = NIODeadline.now()
    private var stamp = Timestamp(microseconds: 0)
    /// Requests that may still be stamped by it.
    private var stampsLeft = 0

    // Reused from request to request.
    var key = LookupKey()
    /// Answers being written, after those that are held for the group that gathers.
    private(set) var out = ByteWriter(capacity: 64 << 10)
    let forwarded = ByteWriter(capacity: 4 << 10)
    var answers = Answers()
    let readRoom = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytesPerRead)

    private var connections: [Connection.Slot] = []
    /// Connections that go on in the next pass.
    var queued: [Connection.Slot] = []
    /// Connections that were closed in this pass.
    private var gone: [Connection.Slot] = []
    private var sweepAt = NIODeadline.distantFuture
    private(set) var isStopping = false
    private var stopBy = NIODeadline.distantFuture
    private var onDrained: (@Sendable () -> Void)?
    private var mayEnd = false

    private var listener: Listener?
    /// Whose connections these shall be; set with the listener.
    private var onArrival: ((CInt, IPAddress?) -> Void)?
    /// Whether the listener has connections that can't be taken for now.
    private var isExhausted = false

    init(
        settings: EdgeSettings,
        intake: any ClickIntake,
        source: (any LinkSource)?,
        visitors: (any VisitorFacts)?,
        metrics: ServiceMetrics,
        readiness: @escaping @Sendable () -> [String]
    ) {
        self.settings = settings
        self.intake = intake
        self.metrics = metrics
        self.readiness = readiness
        visitorAddress = VisitorAddress(trusted: settings.trustedProxies)
        chooser = RouteChooser(visitors)
        memory = LinkMemory(tasks: tasks, source: source, limit: settings.linkMemory)
        memory.onIdle = { [weak self] in self?.noteDrained() }
    }

    deinit {
        for connection in connections { free(connection) }
        readRoom.deallocate()
    }

    // MARK: - Passes

    /// Runs until `end`; the thread's whole work.
    func run() {
        precondition(poller.add(tasks.bell, Self.bell), "no epoll for the bell: \(errno)")
        var due: [@Sendable () -> Void] = []
        while !mayEnd {
            // While a group is on its way to disk the log's thread goes first: on a shared core each socket
            // would interrupt it otherwise, and what comes now can't be answered before it has ended.
            if !waiting.isEmpty { sched_yield() }
            let isIdle = queued.isEmpty && tasks.maySleep()
            let count = poller.wait(milliseconds: isIdle ? millisecondsToSleep() : 0)
            now = .now()
            stampsLeft = 0
            for index in 0..<count {
                let happening = poller.happening(index)
                if happening.token == Self.bell {
                    tasks.silenceBell()
                } else if happening.token == Self.door {
                    takeArrivals()
                } else if let slot = Connection.Slot(bitPattern: happening.token) {
                    note(happening, on: slot)
                }
            }
            goOnWithQueued()
            // The group is a whole pass: tasks come after it.
            handOver()
            tasks.take(&due)
            // Sending a group's answers takes longer than a stamp may be old.
            stampsLeft = 0
            for task in due { task() }
            due.removeAll(keepingCapacity: true)
            // What visitors had sent while they waited.
            handOver()
            if now >= sweepAt { sweep() }
            if now >= stopBy { _ = closeAll() }
            freeGone()
        }
        tasks.end()
    }

    /// Gives away what the pass has gathered: clicks to the log, links that it lacks to the catalog.
    private func handOver() {
        submit()
        memory.askCatalog()
    }

    private func millisecondsToSleep() -> CInt {
        let next = min(sweepAt, stopBy)
        guard next < .distantFuture else { return -1 }
        let nanoseconds = (next - NIODeadline.now()).nanoseconds
        return CInt(clamping: max(0, (nanoseconds + 999_999) / 1_000_000))
    }

    private func goOnWithQueued() {
        guard !queued.isEmpty else { return }
        let due = queued
        queued.removeAll(keepingCapacity: true)
        for connection in due {
            connection.pointee.isQueued = false
            guard !connection.pointee.isGone else { continue }
            serve(connection)
        }
    }

    /// The time that requests are stamped with: of two requests the later one's is later, so that the first click of a visit is
    /// the only one of its moment.
    func time() -> Timestamp {
        let next = stamp.advanced(by: .microseconds(1))
        if stampsLeft == 0 {
            let now = settings.now()
            // A clock that is set back is followed.
            stamp = now..<now.advanced(by: Self.mostAhead) ~= next ? next : now
            stampsLeft = Self.requestsPerLook
        } else {
            stamp = next
        }
        stampsLeft -= 1
        return stamp
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
    }

    /// Keeps a connection's answers, from `start` in `out`, until the pass's group is on disk.
    ///
    /// Called after the connection's last click of the pass, so that all of them are in one group.
    func hold(_ connection: Connection.Slot, from start: Int) {
        holding.append(Held(connection: connection, start: start, end: out.count))
        submitIfLarge()
    }

    private func submitIfLarge() {
        if group.count >= Self.clicksPerGroup || group.textBytes >= Self.textPerGroup
            || out.count >= Self.answersPerGroup
        {
            submit()
        }
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
        waiting[lastGroup] = UnderWay(held: holding, answers: out)
        let needed = holding.count + 8
        holding = []
        holding.reserveCapacity(needed)
        // About what this one needed.
        out = spare.popLast() ?? ByteWriter(capacity: out.count)
        intake.submit(full) { [self, number = lastGroup] _ in
            // Shed or stored: the visitor is redirected either way.
            tasks.execute { self.release(number) }
        }
    }

    /// Lets the answers of a group go.
    ///
    /// By number, not by age: a group that is shed at once overtakes those still on their way to disk.
    private func release(_ number: Int) {
        guard let due = waiting.removeValue(forKey: number) else { return }
        let bytes = due.answers.bytes
        for held in due.held { release(held.connection, bytes.view(held.start, held.end)) }
        if spare.count < Self.spareAnswers, due.answers.capacity <= Self.answersPerGroup {
            due.answers.removeAll()
            spare.append(due.answers)
        }
        noteDrained()
    }

    // MARK: - Connections

    /// Has the loop take connections; `arrived` is called on it with each.
    func listen(_ listener: Listener, arrived: @escaping (CInt, IPAddress?) -> Void) {
        self.listener = listener
        onArrival = arrived
        if !poller.add(listener.descriptor, Self.door) { isExhausted = true }
        planSweep()
    }

    /// Takes no more connections.
    func stopListening() {
        guard let listener else { return }
        poller.remove(listener.descriptor)
        listener.close()
        (self.listener, onArrival) = (nil, nil)
    }

    private func takeArrivals() {
        for _ in 0..<Self.arrivalsPerPass {
            guard let listener, let onArrival else { return }
            switch listener.accept() {
            case .connection(let descriptor, let peer): onArrival(descriptor, peer)
            case .none: return isExhausted = false
            // Looked at again by the sweeper.
            case .exhausted:
                isExhausted = true
                return planSweep()
            }
        }
        // Who is connected already has its turn first.
        tasks.execute { [self] in takeArrivals() }
    }

    /// Makes a connection of a socket.
    func open(_ descriptor: CInt, peer: IPAddress?) {
        let connection = Connection.Slot.allocate(capacity: 1)
        connection.initialize(to: Connection(descriptor: descriptor, peer: peer, now: now))
        connection.pointee.place = connections.count
        connections.append(connection)
        planSweep()
        if isStopping || !poller.add(descriptor, UInt(bitPattern: connection)) {
            closeNow(connection)
        }
    }

    /// Closes a connection's socket, and has its slot freed when nothing names it.
    func forget(_ connection: Connection.Slot) {
        let descriptor = connection.pointee.descriptor
        poller.remove(descriptor)
        close(descriptor)
        let place = connection.pointee.place
        if let last = connections.popLast(), last != connection {
            connections[place] = last
            last.pointee.place = place
        }
        connection.pointee.isLeaving = true
        gone.append(connection)
        metrics.openConnections.add(-1)
    }

    private func freeGone() {
        guard !gone.isEmpty else { return }
        let due = gone
        gone.removeAll()
        for connection in due {
            // It is named by the next pass: once more.
            if connection.pointee.isQueued {
                gone.append(connection)
            } else {
                connection.pointee.isLeaving = false
                freeIfUnnamed(connection)
            }
        }
        noteDrained()
    }

    /// Frees a closed connection's slot, unless its group, the catalog or the pass's end still comes back to it.
    func freeIfUnnamed(_ connection: Connection.Slot) {
        guard !connection.pointee.isHeld, !connection.pointee.asksCatalog,
            !connection.pointee.isLeaving
        else { return }
        free(connection)
    }

    private func free(_ connection: Connection.Slot) {
        connection.deinitialize(count: 1)
        connection.deallocate()
    }

    private func planSweep() {
        if sweepAt == .distantFuture { sweepAt = .now() + Self.sweepInterval }
    }

    /// Closes connections whose head is late, or that were idle or took to close for too long.
    private func sweep() {
        let isNeeded = !connections.isEmpty || isExhausted
        sweepAt = isNeeded ? now + Self.sweepInterval : .distantFuture
        if isExhausted { takeArrivals() }
        // From the end: one that is closed leaves its place to the last.
        for index in connections.indices.reversed() where index < connections.count {
            closeIfOverdue(connections[index])
        }
    }

    // MARK: - Stopping

    /// Whether nothing is left that could still want this loop.
    private var isDrained: Bool {
        connections.isEmpty && waiting.isEmpty && group.isEmpty && memory.isIdle
    }

    /// Lets answers under way leave, closes everything else at once, and what is left after `grace`.
    ///
    /// `then` is called when nothing is left.
    func stop(grace: Duration, then: @escaping @Sendable () -> Void) {
        isStopping = true
        stopBy = .now() + TimeAmount(grace)
        onDrained = then
        for connection in connections.reversed() { closeWhenAnswered(connection) }
        noteDrained()
    }

    /// Closes what is still open; returns whether the loop may end.
    func closeAll() -> Bool {
        stopBy = .distantFuture
        memory.applyAll()
        for connection in connections.reversed() { closeNow(connection) }
        onDrained?()
        onDrained = nil
        return isDrained
    }

    /// Ends the thread after this pass.
    func end() { mayEnd = true }

    private func noteDrained() {
        guard isStopping, isDrained else { return }
        onDrained?()
        onDrained = nil
    }
}
