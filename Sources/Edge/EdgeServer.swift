package import ClickModel
import Glibc
import NIOCore
import Synchronization

/// The public HTTP server: redirects short links and notes their clicks.
///
/// HTTP/1.1 straight on sockets: each loop reads heads from the bytes as they come (docs/decisions/0013).
package final class EdgeServer: Sendable {
    /// Why the edge can't listen.
    package struct BindError: Error, CustomStringConvertible {
        package let description: String
    }

    private let settings: EdgeSettings
    private let metrics: ServiceMetrics
    private let loops: [EdgeLoop]
    /// Which loop is next to be given a connection.
    private let turn = Atomic<UInt>(0)
    private let listening = Mutex<Int?>(nil)
    /// Whether the loops may be given work; held while work is given, so that none comes too late.
    private let isOpen = Mutex(true)
    private let isStopping = Mutex(false)

    /// Makes a server that doesn't listen yet.
    ///
    /// - Parameters:
    ///   - settings: How it listens and what it allows.
    ///   - intake: Takes the clicks.
    ///   - links: The catalog, for links that the memory doesn't hold.
    ///   - visitors: What links with extras decide by; nil where nobody knows anything of visitors.
    ///   - metrics: Where it counts.
    ///   - readiness: What keeps the service from being ready, a sentence each.
    package init(
        _ settings: EdgeSettings,
        intake: any ClickIntake,
        links: (any LinkSource)?,
        visitors: (any VisitorFacts)? = nil,
        metrics: ServiceMetrics,
        readiness: @escaping @Sendable () -> [String]
    ) {
        self.settings = settings
        self.metrics = metrics
        let threads = settings.threads > 0 ? settings.threads : System.coreCount
        loops = (0..<threads).map { _ in
            EdgeLoop(
                settings: settings,
                intake: intake,
                source: links,
                visitors: visitors,
                metrics: metrics,
                readiness: readiness
            )
        }
        for (number, loop) in loops.enumerated() {
            OwnThread.start("edge-\(number)", .short) { loop.run() }
        }
    }

    /// The port that is listened on; 0 before `start`.
    package var port: Int { listening.withLock { $0 ?? 0 } }

    /// Listens, and returns when connections are accepted.
    ///
    /// - Throws: `BindError` when the address is taken or isn't this machine's.
    package func start() async throws {
        let listener: Listener
        do {
            listener = try bind()
        } catch {
            throw BindError(
                description: "can't listen on \(settings.host) port \(settings.port): "
                    + "\(error.words) (edge.host, edge.port)"
            )
        }
        listening.withLock { $0 = listener.port }
        await onLoop(loops[0]) { [self] loop in
            loop.listen(listener) { [self] in share($0, peer: $1) }
        }
    }

    private func bind() throws(Listener.Failure) -> Listener {
        do {
            return try Listener(host: settings.host, port: settings.port)
        } catch .system(EAFNOSUPPORT) where settings.host == "::" {
            // A machine without IPv6.
            return try Listener(host: "0.0.0.0", port: settings.port)
        }
    }

    /// Gives a connection to one of the loops, in turn; called on the one that listens.
    private func share(_ descriptor: CInt, peer: IPAddress?) {
        guard metrics.openConnections.value < settings.maximumConnections else {
            metrics.refusedConnections.add()
            close(descriptor)
            return
        }
        metrics.openConnections.add(1)
        let number = turn.wrappingAdd(1, ordering: .relaxed).oldValue
        let loop = loops[Int(number % UInt(loops.count))]
        if loop === loops[0] { return loop.open(descriptor, peer: peer) }
        guard !loop.tasks.execute({ loop.open(descriptor, peer: peer) }) else { return }
        // The loop has ended.
        metrics.openConnections.add(-1)
        close(descriptor)
    }

    /// Runs something on a loop, and returns when it was done or the loop has ended.
    private func onLoop(
        _ loop: EdgeLoop,
        _ body: @escaping @Sendable (EdgeLoop) -> Void
    ) async {
        await withCheckedContinuation { continuation in
            let isTaken = loop.tasks.execute {
                body(loop)
                continuation.resume()
            }
            if !isTaken { continuation.resume() }
        }
    }

    /// Stops accepting, lets answers under way leave, and closes what is left after `grace`.
    ///
    /// A loop that something still wants after that (a group of clicks that the intake hasn't settled) is
    /// left to the end of the process. A second call does nothing.
    package func stop(grace: Duration) async {
        let isFirst = isStopping.withLock { isStopping in
            defer { isStopping = true }
            return !isStopping
        }
        guard isFirst else { return }
        await onLoop(loops[0]) { $0.stopListening() }
        await withTaskGroup { group in
            for loop in loops { group.addTask { await Self.drain(loop, grace: grace) } }
        }
        isOpen.withLock { $0 = false }
        for loop in loops {
            await onLoop(loop) { loop in
                // Closing takes effect within the call: what is left then isn't a connection.
                if loop.closeAll() { loop.end() }
            }
        }
    }

    private static func drain(_ loop: EdgeLoop, grace: Duration) async {
        await withCheckedContinuation { continuation in
            let isTaken = loop.tasks.execute {
                loop.stop(grace: grace) { continuation.resume() }
            }
            if !isTaken { continuation.resume() }
        }
    }
}

extension EdgeServer: LinkDirectory {
    package func apply(_ changes: [DirectoryChange]) async {
        await withCheckedContinuation { continuation in
            let left = Countdown(loops.count) { continuation.resume() }
            // All loops at once, and those of two callers in the same order on each.
            isOpen.withLock { isOpen in
                for loop in loops {
                    // A loop that is gone answers nobody any more.
                    let isTaken =
                        isOpen
                        && loop.tasks.execute {
                            loop.memory.apply(changes) { left.countDown() }
                        }
                    if !isTaken { left.countDown() }
                }
            }
        }
    }

    /// Applies a long run of changes, as at the start, in batches.
    package func load(_ changes: some Sequence<DirectoryChange>) async {
        var batch: [DirectoryChange] = []
        for change in changes {
            batch.append(change)
            guard batch.count == 4096 else { continue }
            await apply(batch)
            batch.removeAll(keepingCapacity: true)
        }
        await apply(batch)
    }
}

/// Calls something once so many others have been done.
private final class Countdown: Sendable {
    private let left: Atomic<Int>
    private let then: @Sendable () -> Void

    init(_ count: Int, then: @escaping @Sendable () -> Void) {
        left = Atomic(count)
        self.then = then
    }

    func countDown() {
        if left.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == 0 { then() }
    }
}
