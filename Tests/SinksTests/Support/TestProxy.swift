import NIOCore
import NIOPosix
import Synchronization

/// An http proxy that makes tunnels, or says no.
final class TestProxy: Sendable {
    private let listener: any Channel
    private let heads: Heads

    private init(_ listener: any Channel, _ heads: Heads) {
        (self.listener, self.heads) = (listener, heads)
    }

    /// Starts to listen.
    ///
    /// - Parameter refusal: What it answers instead of making tunnels.
    /// - Returns: The proxy, on a free port.
    /// - Throws: Why there is none.
    static func start(refusing refusal: String? = nil) async throws -> TestProxy {
        let heads = Heads()
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(TunnelMaker(heads, refusal))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return TestProxy(listener, heads)
    }

    var port: Int { listener.localAddress?.port ?? 0 }

    /// What it was asked.
    var requests: [String] { heads.value.withLock { $0 } }

    func stop() async throws { try await listener.close() }
}

private final class Heads: Sendable {
    let value = Mutex<[String]>([])
}

/// Reads a CONNECT, connects, and then passes everything on.
private final class TunnelMaker: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let heads: Heads
    private let refusal: String?
    private var head = ""
    private var far: (any Channel)?

    init(_ heads: Heads, _ refusal: String?) {
        (self.heads, self.refusal) = (heads, refusal)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        if let far {
            far.writeAndFlush(bytes, promise: nil)
            return
        }
        head += String(buffer: bytes)
        guard head.hasSuffix("\r\n\r\n") else { return }
        heads.value.withLock { $0.append(head) }
        if let refusal {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: refusal)), promise: nil)
            return
        }
        connect(context)
    }

    func channelInactive(context: ChannelHandlerContext) { far?.close(promise: nil) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func connect(_ context: ChannelHandlerContext) {
        let target = head.split(separator: " ").dropFirst().first?.split(separator: ":") ?? []
        guard target.count == 2, let port = Int(target[1]) else {
            context.close(promise: nil)
            return
        }
        let near = context.channel
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        ClientBootstrap(group: context.eventLoop)
            .channelInitializer { $0.pipeline.addHandler(PassOn(to: near)) }
            .connect(host: String(target[0]), port: port)
            .whenComplete { result in
                guard case .success(let far) = result else {
                    near.close(promise: nil)
                    return
                }
                bound.value.far = far
                let answer = "HTTP/1.1 200 Connection established\r\nvia: test\r\n\r\n"
                near.writeAndFlush(ByteBuffer(string: answer), promise: nil)
            }
    }
}

private final class PassOn: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private let near: any Channel

    init(to near: any Channel) { self.near = near }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        near.writeAndFlush(unwrapInboundIn(data), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { near.close(promise: nil) }
}
