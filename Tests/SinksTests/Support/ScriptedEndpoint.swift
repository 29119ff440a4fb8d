import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization
import TestKit

/// An HTTP server on this machine that does what it is told and keeps what it gets.
final class ScriptedEndpoint: TestDestination {
    struct Request: Sendable {
        let head: HTTPRequestHead
        let body: [UInt8]
    }

    fileprivate struct State {
        var script: [DestinationConduct] = []
        var answers: [(HTTPResponseStatus, HTTPHeaders, String)] = []
        var requests: [Request] = []
        var accepted: [[UInt8]] = []
        var connections = 0
    }

    fileprivate let state = Mutex(State())
    private let listener: any Channel

    private init(_ listener: any Channel, _ holder: Holder) {
        self.listener = listener
        holder.endpoint.withLock { $0 = self }
    }

    /// Connections are accepted before the endpoint knows its port.
    fileprivate final class Holder: Sendable {
        let endpoint = Mutex<ScriptedEndpoint?>(nil)
    }

    /// Starts to listen.
    ///
    /// - Parameter tls: How it is encrypted; nil for plain HTTP.
    /// - Returns: The endpoint, on a free port.
    /// - Throws: Why there is none.
    static func start(_ tls: NIOSSLContext? = nil) async throws -> ScriptedEndpoint {
        let holder = Holder()
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    holder.endpoint.withLock { $0 }?.state.withLock { $0.connections += 1 }
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLServerHandler(context: tls)
                        )
                    }
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(RequestHandler(holder))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return ScriptedEndpoint(listener, holder)
    }

    func stop() async throws { try await listener.close() }

    var port: Int { listener.localAddress?.port ?? 0 }

    var settings: [String: String] {
        [
            "endpoint": "http://127.0.0.1:\(port)/hook?of=test", "method": "POST",
            "header": "X-Key", "value": "a-secret-value", "timeout": "5",
        ]
    }

    var accepted: [[UInt8]] { state.withLock { $0.accepted } }

    /// How many connections there were.
    var connections: Int { state.withLock { $0.connections } }

    /// Every request, accepted or not.
    var requests: [Request] { state.withLock { $0.requests } }

    func prepare(_ conduct: [DestinationConduct]) { state.withLock { $0.script = conduct } }

    /// Answers the next request so.
    func answer(_ status: HTTPResponseStatus, _ headers: HTTPHeaders = [:], _ body: String = "") {
        state.withLock { $0.answers.append((status, headers, body)) }
    }
}

private final class RequestHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let holder: ScriptedEndpoint.Holder
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []

    init(_ holder: ScriptedEndpoint.Holder) { self.holder = holder }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): (self.head, body) = (head, [])
        case .body(let part): body += Array(part.readableBytesView)
        case .end: answer(context)
        }
    }

    /// A handshake that failed, or a peer that went away.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func answer(_ context: ChannelHandlerContext) {
        guard let endpoint = holder.endpoint.withLock({ $0 }), let head else { return }
        let (conduct, answer) = endpoint.state.withLock { state in
            state.requests.append(ScriptedEndpoint.Request(head: head, body: body))
            let conduct = state.script.isEmpty ? .accept : state.script.removeFirst()
            let answer = state.answers.isEmpty ? nil : state.answers.removeFirst()
            if case .accept = conduct, answer == nil { state.accepted.append(body) }
            return (conduct, answer)
        }
        if let (status, headers, text) = answer { return reply(status, headers, text, context) }
        switch conduct {
        case .accept: reply(.ok, [:], "", context)
        case .refuse:
            // Endpoints that echo what they refuse are common.
            let echo = "\(head.headers) \(String(decoding: body, as: UTF8.self))"
            reply(.serviceUnavailable, [:], echo, context)
        case .breakOff: context.close(promise: nil)
        case .hang: break
        }
    }

    private func reply(
        _ status: HTTPResponseStatus,
        _ headers: HTTPHeaders,
        _ text: String,
        _ context: ChannelHandlerContext
    ) {
        var headers = headers
        headers.replaceOrAdd(name: "content-length", value: "\(text.utf8.count)")
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
}
