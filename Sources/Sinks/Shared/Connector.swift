import ClickModel
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// Opens connections to an endpoint's checked address, through its proxy where it has one.
///
/// Nothing in here knows a resolver: the name goes into `Host`, SNI and the certificate's check only.
struct Connector: Sendable {
    /// Checked addresses.
    struct Addresses: Hashable, Sendable {
        let endpoint: IPAddress
        /// Nil without a proxy.
        let proxy: IPAddress?
    }

    private static let limit = TimeAmount.seconds(5)

    let endpoint: Endpoint
    let proxy: ProxyAddress?
    let tls: ClientTLS

    /// A connection that takes one `Exchange` at a time.
    ///
    /// - Throws: Why there is none; `CancellationError` at once when the task is cancelled.
    func open(to addresses: Addresses) async throws -> any Channel {
        let context = endpoint.isTLS ? try tls.context() : nil
        let port = proxy?.endpoint.port ?? endpoint.port
        let peer = addresses.proxy ?? addresses.endpoint
        let socket = try SocketAddress(ipAddress: "\(peer)", port: port)
        let opening = Opening()
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let tunnel = loop.makePromise(of: Void.self)
        let ready = loop.makePromise(of: Void.self)
        defer {
            // Those that nobody kept: a promise may not be forgotten.
            tunnel.fail(CancellationError())
            ready.fail(CancellationError())
        }
        return try await withTaskCancellationHandler {
            let channel = try await ClientBootstrap(group: loop)
                .connectTimeout(Self.limit)
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try opening.note(channel)
                        guard let handler = handler(addresses, tunnel) else {
                            return try addHandlers(to: channel, context, ready)
                        }
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                }
                .connect(to: socket).get()
            do {
                if proxy != nil {
                    try await tunnel.futureResult.get()
                    try await loop.submit { try addHandlers(to: channel, context, ready) }.get()
                }
                try await ready.futureResult.get()
                return channel
            } catch {
                channel.close(promise: nil)
                throw error
            }
        } onCancel: {
            opening.cancel()
            // A handler that came to a connection just closed would never tell.
            tunnel.fail(CancellationError())
            ready.fail(CancellationError())
        }
    }

    private func handler(
        _ addresses: Addresses,
        _ opened: EventLoopPromise<Void>
    ) -> ProxyTunnel? {
        proxy.map {
            ProxyTunnel(to: addresses.endpoint, port: endpoint.port, through: $0, opened: opened)
        }
    }

    private func addHandlers(
        to channel: any Channel,
        _ context: NIOSSLContext?,
        _ ready: EventLoopPromise<Void>
    ) throws {
        let pipeline = channel.pipeline.syncOperations
        if let context {
            try pipeline.addHandler(
                NIOSSLClientHandler(context: context, serverHostname: endpoint.serverName)
            )
        }
        let meter = AnswerMeter()
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = 16 << 10
        limits.maxHeaderListSize = 64 << 10
        try pipeline.addHandlers(
            meter,
            HTTPRequestEncoder(),
            ByteToMessageHandler(HTTPResponseDecoder(limitConfiguration: limits)),
            ExchangeHandler(meter: meter, ready: ready)
        )
        if context == nil { ready.succeed() }
    }
}

/// A connection on its way, which can be given up.
private final class Opening: Sendable {
    private struct State {
        var channel: (any Channel)?
        var isCancelled = false
    }

    private let state = Mutex(State())

    func note(_ channel: any Channel) throws {
        try state.withLock { state in
            guard !state.isCancelled else { throw CancellationError() }
            state.channel = channel
        }
    }

    func cancel() {
        let channel = state.withLock { state in
            state.isCancelled = true
            return state.channel
        }
        channel?.close(promise: nil)
    }
}
