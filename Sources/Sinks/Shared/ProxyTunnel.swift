import ClickModel
import Foundation
import NIOCore

/// A stream's http proxy: `http://[user:password@]host[:port]`.
struct ProxyAddress: Hashable, Sendable {
    /// Host and port.
    let endpoint: Endpoint
    /// The value of `Proxy-Authorization`.
    let authorization: String?

    /// Reads a proxy's URL.
    ///
    /// - Throws: `Endpoint.Problem`, in words that don't repeat the URL.
    init(_ url: String) throws(Endpoint.Problem) {
        guard url.lowercased().hasPrefix("http://") else {
            throw .format("a proxy is written http://[user:password@]host:port")
        }
        var rest = url.dropFirst("http://".count)
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        var authorization: String?
        if let at = rest.lastIndex(of: "@") {
            let user = PercentEncoding.decode(Array(rest[..<at].utf8))
            guard user.contains(0x3A), user.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
                throw .format("a proxy's credentials are written user:password")
            }
            authorization = "Basic \(Data(user).base64EncodedString())"
            rest = rest[rest.index(after: at)...]
        }
        guard !rest.contains("/"), !rest.contains("?") else {
            throw .format("a proxy has no path")
        }
        endpoint = try Endpoint("http://\(rest)")
        self.authorization = authorization
    }
}

/// Asks a proxy for a tunnel, and lets everything through once there is one.
///
/// The tunnel leads to the checked address, not to the name: what the proxy thinks the name's address
/// is was checked by nobody.
final class ProxyTunnel: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let longestHead = 16 << 10

    private let request: String
    private let opened: EventLoopPromise<Void>
    private var head: [UInt8] = []
    private var isOpen = false

    /// - Parameters:
    ///   - address: Where the tunnel leads.
    ///   - port: The port there.
    ///   - proxy: Whom to ask.
    ///   - opened: Kept when the tunnel is there; fails with why it isn't.
    init(
        to address: IPAddress,
        port: Int,
        through proxy: ProxyAddress,
        opened: EventLoopPromise<Void>
    ) {
        let target = address.isV4 ? "\(address):\(port)" : "[\(address)]:\(port)"
        let credentials = proxy.authorization.map { "Proxy-Authorization: \($0)\r\n" } ?? ""
        request = "CONNECT \(target) HTTP/1.1\r\nHost: \(target)\r\n\(credentials)\r\n"
        self.opened = opened
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: request)), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOpen else {
            context.fireChannelRead(data)
            return
        }
        head += unwrapInboundIn(data).readableBytesView
        let end: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A]
        guard head.count <= Self.longestHead else { return fail(.proxyUnreadable, context) }
        guard let range = head.firstRange(of: end) else { return }
        guard let status = Self.status(in: head) else { return fail(.proxyUnreadable, context) }
        guard 200..<300 ~= status else { return fail(.proxyAnswered(status), context) }
        // Nobody speaks in a tunnel before we do.
        guard range.upperBound == head.endIndex else { return fail(.proxyUnreadable, context) }
        (isOpen, head) = (true, [])
        opened.succeed()
    }

    func channelInactive(context: ChannelHandlerContext) {
        if !isOpen { opened.fail(AttemptProblem.connectionEnded) }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard !isOpen else {
            context.fireErrorCaught(error)
            return
        }
        opened.fail(error)
        context.close(promise: nil)
    }

    private func fail(_ problem: AttemptProblem, _ context: ChannelHandlerContext) {
        opened.fail(problem)
        context.close(promise: nil)
    }

    /// The status of `HTTP/1.1 200 Connection established`.
    private static func status(in head: [UInt8]) -> Int? {
        let line = String(decoding: head.prefix { $0 != 0x0D }, as: UTF8.self)
        let words = line.split(separator: " ", maxSplits: 2)
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), words[1].utf8.count == 3 else {
            return nil
        }
        return Int(words[1])
    }
}
