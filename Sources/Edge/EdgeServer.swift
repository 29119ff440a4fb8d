package import ClickModel
import NIOCore
import NIOPosix
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The public HTTP server: redirects short links and notes their clicks.
///
/// HTTP/1.1 straight on channels: one handler per connection reads heads from the bytes as they come.
package final class EdgeServer: Sendable {
    /// Why the edge can't listen.
    package struct BindError: Error, CustomStringConvertible {
        package let description: String
    }

    private let settings: EdgeSettings
    private let metrics: ServiceMetrics
    private let group: MultiThreadedEventLoopGroup
    private let loops: [ObjectIdentifier: EdgeLoop]
    private let listeners = Mutex<[any Channel]>([])
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
        let group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        self.group = group
        var loops: [ObjectIdentifier: EdgeLoop] = [:]
        for eventLoop in group.makeIterator() {
            loops[ObjectIdentifier(eventLoop)] = EdgeLoop(
                eventLoop: eventLoop,
                settings: settings,
                intake: intake,
                source: links,
                visitors: visitors,
                metrics: metrics,
                readiness: readiness
            )
        }
        self.loops = loops
    }

    /// The port that is listened on; 0 before `start`.
    package var port: Int { listeners.withLock { $0.first?.localAddress?.port ?? 0 } }

    /// Listens, and returns when connections are accepted.
    ///
    /// - Throws: `BindError` when the address is taken or isn't this machine's.
    package func start() async throws {
        do {
            let listener = try await bind()
            listeners.withLock { $0.append(listener) }
        } catch let error as IOError {
            throw BindError(
                description: "can't listen on \(settings.host) port \(settings.port): "
                    + "\(SystemError.words(for: error.errnoCode)) (edge.host, edge.port)"
            )
        }
    }

    private func bind() async throws -> any Channel {
        do {
            return try await bootstrap().bind(host: settings.host, port: settings.port).get()
        } catch let error as IOError where settings.host == "::" && error.errnoCode == EAFNOSUPPORT
        {
            // A machine without IPv6.
            return try await bootstrap().bind(host: "0.0.0.0", port: settings.port).get()
        }
    }

    /// Room for what one read brings; a loop's connections use the same memory in turn.
    private static let bytesPerRead = 8192

    private func bootstrap() -> ServerBootstrap {
        let loops = loops
        let metrics = metrics
        let limit = settings.maximumConnections
        return ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelOption(.maxMessagesPerRead, value: 2)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(
                .recvAllocator,
                value: FixedSizeRecvByteBufferAllocator(capacity: Self.bytesPerRead)
            )
            .childChannelInitializer { channel in
                guard metrics.openConnections.value < limit else {
                    metrics.refusedConnections.add()
                    return channel.eventLoop.makeFailedFuture(ChannelError.inputClosed)
                }
                guard let loop = loops[ObjectIdentifier(channel.eventLoop)] else {
                    return channel.eventLoop.makeFailedFuture(
                        ChannelError.inappropriateOperationForState
                    )
                }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Connection(loop: loop))
                }
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
        let open = listeners.withLock { listeners in
            defer { listeners = [] }
            return listeners
        }
        for listener in open { try? await listener.close() }
        let drained = loops.values.map { loop in
            loop.eventLoop.flatSubmit { loop.stop() }
        }
        let deadline = group.any().scheduleTask(in: TimeAmount(grace)) { [loops] in
            for loop in loops.values { loop.eventLoop.execute { _ = loop.closeAll() } }
        }
        for future in drained { try? await future.get() }
        deadline.cancel()
        isOpen.withLock { $0 = false }
        var mayEnd = true
        for loop in loops.values {
            // Closing takes effect within the call: what is left then isn't a connection.
            let isDrained = try? await loop.eventLoop.submit { loop.closeAll() }.get()
            mayEnd = mayEnd && isDrained ?? false
        }
        if mayEnd { try? await group.shutdownGracefully() }
    }
}

extension EdgeServer: LinkDirectory {
    package func apply(_ changes: [DirectoryChange]) async {
        // All loops at once, and those of two callers in the same order on each.
        let applied = isOpen.withLock { isOpen in
            // A loop that is gone answers nobody any more.
            (isOpen ? Array(loops.values) : []).map { loop in
                loop.eventLoop.flatSubmit {
                    let done = loop.eventLoop.makePromise(of: Void.self)
                    loop.memory.apply(changes, done: done)
                    return done.futureResult
                }
            }
        }
        for future in applied { try? await future.get() }
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
