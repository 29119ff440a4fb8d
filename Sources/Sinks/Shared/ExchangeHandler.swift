import NIOCore
import NIOHTTP1
import NIOTLS

/// The end of a connection's pipeline: one exchange at a time.
///
/// An `Exchange` is written to the channel. The write ends when the answer's end has come, and fails
/// when the connection does, or when the answer is more than anybody should send.
final class ExchangeHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = Exchange
    typealias OutboundOut = HTTPClientRequestPart

    /// Ends the exchange and the connection at once, as an outbound event.
    struct Abandon: Sendable {}

    /// What an answer may have beside its body, in bytes, before nobody listens any longer: interim
    /// answers without end, a chunk's extensions, trailers.
    private static let longestAnswer = 256 << 10
    /// How long a connection waits for the next request, in seconds.
    private static let longestIdle: Int64 = 60

    private struct Current {
        let exchange: Exchange
        let promise: EventLoopPromise<Void>?
        var isSent = false
        var isAnswered = false
        var isKeptAlive = false
        var idleSeconds = ExchangeHandler.longestIdle
    }

    private let meter: AnswerMeter
    private let ready: EventLoopPromise<Void>
    private var current: Current?
    private var idle: Scheduled<Void>?
    private var isAbandoned = false

    /// - Parameters:
    ///   - meter: Counts what comes in.
    ///   - ready: Kept when the handshake is done; fails with why it failed.
    init(meter: AnswerMeter, ready: EventLoopPromise<Void>) {
        (self.meter, self.ready) = (meter, ready)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted? = event as? TLSUserEvent { ready.succeed() }
        context.fireUserInboundEventTriggered(event)
    }

    func write(
        context: ChannelHandlerContext,
        data: NIOAny,
        promise: EventLoopPromise<Void>?
    ) {
        guard current == nil, !isAbandoned else {
            promise?.fail(AttemptProblem.connectionEnded)
            return
        }
        idle?.cancel()
        meter.count = 0
        let exchange = unwrapOutboundIn(data)
        current = Current(exchange: exchange, promise: promise)
        context.write(wrapOutboundOut(.head(exchange.head)), promise: nil)
        if exchange.body.readableBytes > 0 {
            context.write(wrapOutboundOut(.body(.byteBuffer(exchange.body))), promise: nil)
        }
        let sent = context.eventLoop.makePromise(of: Void.self)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        sent.futureResult.whenComplete { result in
            let (handler, context) = bound.value
            switch result {
            case .success: handler.current?.isSent = true
            case .failure(let error): handler.endSoon(context, error)
            }
        }
        context.write(wrapOutboundOut(.end(nil)), promise: sent)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let exchange = current?.exchange else {
            context.close(promise: nil)
            return
        }
        switch unwrapInboundIn(data) {
        case .head(let head):
            exchange.note(head)
            current?.isKeptAlive = head.isKeepAlive && head.status.code >= 200
            current?.idleSeconds = Self.idleSeconds(head.headers)
        case .body(let part):
            if !exchange.add(part) { end(context, .success(())) }
        case .end:
            // Not ended before all that came with it was parsed: what follows an answer unasked makes
            // the connection useless.
            exchange.noteEnd()
            current?.isAnswered = true
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if let current, current.isAnswered {
            end(context, .success(()))
        } else if current != nil, meter.count > Self.longestAnswer {
            end(context, .failure(AttemptProblem.answerTooLong))
        }
        context.fireChannelReadComplete()
    }

    func channelInactive(context: ChannelHandlerContext) {
        idle?.cancel()
        endSoon(context, AttemptProblem.connectionEnded)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        ready.fail(error)
        end(context, .failure(error))
        context.close(promise: nil)
    }

    func triggerUserOutboundEvent(
        context: ChannelHandlerContext,
        event: Any,
        promise: EventLoopPromise<Void>?
    ) {
        guard event is Abandon else {
            context.triggerUserOutboundEvent(event, promise: promise)
            return
        }
        // The one who waits may have been cancelled before the exchange came here.
        isAbandoned = true
        if current == nil { context.close(promise: nil) }
        end(context, .failure(CancellationError()))
        promise?.succeed()
    }

    /// Ends the exchange after what is being told now: the reason why a write failed, or a connection
    /// ended, can come right behind that.
    private func endSoon(_ context: ChannelHandlerContext, _ error: any Error) {
        let exchange = current?.exchange
        let ready = ready
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.execute {
            ready.fail(error)
            let (handler, context) = bound.value
            guard handler.current?.exchange === exchange else { return }
            handler.end(context, .failure(error))
        }
    }

    /// Ends the exchange; the connection stays open for the next one only if this one left nothing
    /// behind on it.
    private func end(_ context: ChannelHandlerContext, _ result: Result<Void, any Error>) {
        guard let ended = current else { return }
        current = nil
        let isWhole = ended.exchange.answer?.isWhole ?? false
        if isWhole, ended.isKeptAlive, ended.isSent, ended.idleSeconds > 0 {
            ended.exchange.leaveConnection(for: .seconds(ended.idleSeconds))
            // A little after the client has stopped to use it.
            let limit = TimeAmount.seconds(ended.idleSeconds) + .milliseconds(500)
            idle = context.eventLoop.assumeIsolated().scheduleTask(in: limit) {
                context.close(promise: nil)
            }
        } else {
            context.close(promise: nil)
        }
        ended.promise?.completeWith(result)
    }

    /// A second or two less than the server says it keeps a connection (`Keep-Alive: timeout=5`): a
    /// request on one that is just being closed would fail.
    private static func idleSeconds(_ headers: HTTPHeaders) -> Int64 {
        for part in headers[canonicalForm: "keep-alive"] {
            guard part.lowercased().hasPrefix("timeout="), let seconds = Int64(part.dropFirst(8))
            else { continue }
            return max(0, min(longestIdle, max(0, seconds) - (seconds > 3 ? 2 : 1)))
        }
        return longestIdle
    }
}

/// Counts what comes in on a connection, below the parser.
final class AnswerMeter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// Bytes since the exchange began.
    var count = 0

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        count += unwrapInboundIn(data).readableBytes
        context.fireChannelRead(data)
    }
}
