import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// A server that speaks bytes: once it has been sent something, it does what a test wants.
final class RawServer: Sendable {
    /// What is done on a connection when its first bytes have come, on its event loop.
    typealias Conduct = @Sendable (Peer) -> Void

    /// The other side of a connection.
    struct Peer: Sendable {
        let channel: any Channel
        fileprivate let server: RawServer.Counts

        /// Sends text, and counts its bytes once they are on their way.
        @discardableResult
        func send(_ text: String) -> EventLoopFuture<Void> {
            let count = text.utf8.count
            let sent = channel.writeAndFlush(ByteBuffer(string: text))
            sent.whenSuccess { server.sent.withLock { $0 += count } }
            return sent
        }

        /// Sends the same over and over for as long as the connection takes it.
        func sendForever(_ text: String) { send(text).whenSuccess { sendForever(text) } }

        /// Sends a byte each so often.
        func drip(_ text: String, each pause: TimeAmount) {
            let bytes = text.map(String.init)
            let place = Mutex(0)
            channel.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: pause) { task in
                let index = place.withLock { place in
                    defer { place += 1 }
                    return place
                }
                guard index < bytes.count, channel.isActive else { return task.cancel() }
                send(bytes[index])
            }
        }

        func close() { channel.close(promise: nil) }

        /// Ends the connection with a reset.
        func reset() {
            let now = linger(l_onoff: 1, l_linger: 0)
            (channel as? any SocketOptionProvider)?.setSoLinger(now)
                .whenComplete { _ in channel.close(promise: nil) }
        }
    }

    fileprivate final class Counts: Sendable {
        let sent = Mutex(0)
    }

    private let listener: any Channel
    private let counts: Counts

    private init(_ listener: any Channel, _ counts: Counts) {
        (self.listener, self.counts) = (listener, counts)
    }

    /// Starts to listen.
    ///
    /// - Parameters:
    ///   - reads: Whether it reads at all; without, the conduct begins with the connection.
    ///   - conduct: What it does.
    /// - Returns: The server, on a free port.
    /// - Throws: Why there is none.
    static func start(
        reads: Bool = true,
        _ conduct: @escaping Conduct
    ) async throws -> RawServer {
        let counts = Counts()
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.autoRead, value: reads)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let peer = Peer(channel: channel, server: counts)
                    try channel.pipeline.syncOperations.addHandler(
                        ConductHandler(peer, conduct, beginsWithBytes: reads)
                    )
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return RawServer(listener, counts)
    }

    var port: Int { listener.localAddress?.port ?? 0 }

    /// Bytes that went out, on all connections.
    var sent: Int { counts.sent.withLock { $0 } }

    func stop() async throws { try await listener.close() }
}

private final class ConductHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let peer: RawServer.Peer
    private var conduct: RawServer.Conduct?

    private let beginsWithBytes: Bool

    init(_ peer: RawServer.Peer, _ conduct: @escaping RawServer.Conduct, beginsWithBytes: Bool) {
        (self.peer, self.conduct, self.beginsWithBytes) = (peer, conduct, beginsWithBytes)
    }

    func channelActive(context: ChannelHandlerContext) {
        if !beginsWithBytes { begin() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { begin() }

    private func begin() {
        guard let conduct else { return }
        self.conduct = nil
        conduct(peer)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
