import ClickModel
import NIOCore

/// One visitor's connection: reads heads, answers them in order.
///
/// The requests that one read brings are answered together. When a click is among them, all their answers
/// wait until its group is on disk, and nothing more is parsed of the bytes that came until then: so
/// answers keep their order, and a connection has at most one group under way.
final class Connection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Requests that one pass answers at most; a pipeline of more goes on in the next.
    private static let requestsPerPass = 64
    /// A pass ends when so much is to be sent: pages may be large.
    private static let bytesPerPass = 64 << 10
    /// Unread bytes beyond which the socket is no longer read.
    private static let maximumUnread = 64 << 10
    /// Memory that a connection keeps for its answers, in bytes.
    private static let keptAnswers = 4 << 10
    /// How long the last answer may take to leave.
    private static let flushTime = TimeAmount.seconds(10)
    /// How long the other side has to close after it.
    private static let lingerTime = TimeAmount.seconds(1)

    let loop: EdgeLoop
    private(set) var peer: IPAddress?
    /// What the catalog said of the head that is next.
    var lookedUp: LookedUp?
    /// Whether the answer that was written last ends the connection.
    var closesAfterAnswer = false

    private var context: ChannelHandlerContext?
    private var socket: DirectSocket?
    /// Answers that the channel has yet to write; while there are any, all go through it.
    private var queuedAnswers = 0
    private var unread: ByteBuffer?
    /// How far the unread bytes were searched for the end of a head.
    private var scanned = 0
    /// The answers that are being written or held; its memory is used again once they have left.
    private var answers = ByteBuffer()
    /// Whether the answers wait for their group.
    private var isHeld = false
    private var asksCatalog = false
    private var isClosing = false
    /// Whether the last answer of a closing connection has left.
    private var hasFlushed = false
    /// Whether the visitor sends nothing more.
    private var isInputClosed = false
    private var isReadPaused = false
    /// When the sweeper last found that something had been read.
    private var lastActive = NIODeadline.now()
    /// Whether something was read since the sweeper last looked: cheaper than a look at the clock each time.
    private var wasActive = true
    private var headSince: NIODeadline?
    /// When a closing connection is cut off.
    private var closeBy = NIODeadline.distantFuture

    init(loop: EdgeLoop) { self.loop = loop }

    private var isWaiting: Bool { isHeld || asksCatalog }

    // MARK: - Channel events

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func channelActive(context: ChannelHandlerContext) {
        socket = DirectSocket(of: context)
        peer = context.channel.remoteAddress?.ipAddress.flatMap { IPAddress($0) }
        loop.metrics.openConnections.add(1)
        loop.opened(self)
        if loop.isStopping { closeNow() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        isClosing = true
        self.context = nil
        socket = nil
        unread = nil
        loop.metrics.openConnections.add(-1)
        loop.closed(self)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosing else { return }
        var bytes = unwrapInboundIn(data)
        if unread?.readableBytes ?? 0 == 0 {
            unread = bytes
        } else {
            unread?.writeBuffer(&bytes)
        }
        answerPass()
        steerReading()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent {
            // What was asked is still answered.
            isInputClosed = true
            if isClosing, hasFlushed { closeNow() } else { answerPass() }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        answerPass()
        steerReading()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { closeNow() }

    // MARK: - Answering

    /// How the answer to one request came out.
    enum Step {
        case answered
        /// A click was recorded: its answer must wait.
        case recorded
        case needsMore
        case asksCatalog
    }

    /// Answers the requests that are there, as far as nothing is waited for.
    private func answerPass() {
        guard let context, !isClosing, !isWaiting, context.channel.isWritable else { return }
        let out = loop.out
        out.removeAll()
        var answered = 0
        var recorded = false
        pass: while answered < Self.requestsPerPass, out.count < Self.bytesPerPass,
            !closesAfterAnswer
        {
            switch answerNext() {
            case .answered: answered += 1
            case .recorded:
                answered += 1
                recorded = true
            case .asksCatalog: break pass
            case .needsMore:
                if isInputClosed { closesAfterAnswer = true }
                break pass
            }
        }
        noteProgress(answered)
        if out.count > 0 {
            finishPass(out.bytes, recorded: recorded, context)
        } else if closesAfterAnswer {
            answers.clear()
            send(context)
        }
        // A pipeline longer than a pass goes on after the other connections had their turn.
        if answered == Self.requestsPerPass || out.count >= Self.bytesPerPass, !isWaiting,
            !isClosing
        {
            loop.eventLoop.assumeIsolated().execute { [self] in goOn() }
        }
    }

    private func noteProgress(_ answered: Int) {
        if let buffer = unread {
            if buffer.readableBytes == 0 {
                unread = nil
            } else if buffer.readerIndex > Self.maximumUnread {
                unread?.discardReadBytes()
            }
        }
        wasActive = true
        if unread == nil {
            headSince = nil
        } else if headSince == nil || answered > 0 {
            headSince = .now()
        }
    }

    private func finishPass(_ bytes: ByteView, recorded: Bool, _ context: ChannelHandlerContext) {
        answers.clear(minimumCapacity: bytes.count)
        answers.writeBytes(UnsafeRawBufferPointer(bytes))
        guard recorded, loop.settings.waitsForDisk else { return send(context) }
        isHeld = true
        loop.hold(self)
    }

    /// The group of the held answers is settled.
    func release() {
        guard let context, isHeld else { return }
        isHeld = false
        guard !isClosing else { return }
        // A head that was cut short by the wait gets its time anew.
        if headSince != nil { headSince = .now() }
        send(context)
        goOn()
    }

    /// Takes up what came while something was waited for.
    private func goOn() {
        if unread != nil || isInputClosed { answerPass() }
        steerReading()
    }

    /// Stops reading a socket that brings more than is answered, and starts again.
    private func steerReading() {
        guard let context, !isClosing else { return }
        let isTooMuch = unread?.readableBytes ?? 0 > Self.maximumUnread
        guard isTooMuch != isReadPaused else { return }
        isReadPaused = isTooMuch
        _ = context.channel.setOption(.autoRead, value: !isTooMuch)
    }

    /// Asks the catalog for the link of the head that is next, which is read again after that.
    ///
    /// - Returns: False when too many ask already.
    func askCatalog() -> Bool {
        asksCatalog = loop.memory.lookUp(loop.key) { [self] answer in
            lookedUp = answer
            asksCatalog = false
            goOn()
        }
        return asksCatalog
    }

    // MARK: - The next head

    /// Answers the next request into the loop's buffer.
    private func answerNext() -> Step {
        guard let buffer = unread, buffer.readableBytes > 0 else { return .needsMore }
        var consumed = 0
        let step = buffer.withUnsafeReadableBytes { raw -> Step in
            let bytes = ByteView(
                start: raw.baseAddress?.assumingMemoryBound(to: UInt8.self),
                count: raw.count
            )
            // RFC 9112, section 2.2: an empty line before the request line is passed over.
            let blank = bytes.view(0, 2).equals("\r\n") ? 2 : 0
            if bytes.count == 1, bytes[0] == 0x0D { return .needsMore }
            let rest = bytes.view(blank, bytes.count)
            switch RequestParser.extent(of: rest, scanned: &scanned) {
            case .incomplete:
                guard rest.count > loop.settings.maximumHeadBytes else { return .needsMore }
                return refuse(.headTooLarge)
            case .malformed: return refuse(.badRequest)
            case .complete(let length):
                guard length <= loop.settings.maximumHeadBytes else { return refuse(.headTooLarge) }
                consumed = blank + length
                return answer(rest.view(0, length))
            }
        }
        switch step {
        case .answered, .recorded:
            unread?.moveReaderIndex(forwardBy: consumed)
            scanned = 0
        case .asksCatalog:
            scanned = 0
        case .needsMore:
            break
        }
        return step
    }

    // MARK: - Closing

    /// Sends what is in `answers`.
    private func send(_ context: ChannelHandlerContext) {
        defer { if answers.capacity > Self.keptAnswers { answers = ByteBuffer() } }
        guard closesAfterAnswer || (loop.isStopping && !asksCatalog) else {
            if queuedAnswers > 0 || !sendDirectly() { queue(context) }
            return
        }
        isClosing = true
        unread = nil
        closeBy = .now() + Self.flushTime
        context.writeAndFlush(wrapOutboundOut(answers)).assumeIsolated().whenComplete { [self] _ in
            linger()
        }
    }

    /// Hands the answers to the socket; false when some of them are left for the channel.
    private func sendDirectly() -> Bool {
        switch socket?.send(&answers) {
        case .sent: return true
        case .hasRest, nil: return false
        case .failed:
            closeNow()
            return true
        }
    }

    /// Lets the channel write the answers when the socket takes more.
    private func queue(_ context: ChannelHandlerContext) {
        queuedAnswers += 1
        context.writeAndFlush(wrapOutboundOut(answers)).assumeIsolated().whenComplete { [self] _ in
            queuedAnswers -= 1
        }
    }

    /// Ends the sending half; the other side closes when it has read the answer.
    ///
    /// Closing both at once could cost it the answer's last bytes while more of its own are on the way. A
    /// side that doesn't close is cut off by the sweeper.
    private func linger() {
        guard let context else { return }
        hasFlushed = true
        guard !isInputClosed else { return closeNow() }
        closeBy = .now() + Self.lingerTime
        if isReadPaused { _ = context.channel.setOption(.autoRead, value: true) }
        context.close(mode: .output, promise: nil)
    }

    /// Closes when the head is late, the connection idle, or its end overdue.
    func closeIfOverdue(_ now: NIODeadline) {
        if wasActive { (wasActive, lastActive) = (false, now) }
        guard let context, !isWaiting else { return }
        guard !isClosing else {
            if now >= closeBy { closeNow() }
            return
        }
        if let headSince, context.channel.isWritable,
            now - headSince > TimeAmount(loop.settings.headTimeout)
        {
            loop.out.removeAll()
            _ = refuse(.timeout)
            finishPass(loop.out.bytes, recorded: false, context)
        } else if now - lastActive > TimeAmount(loop.settings.idleTimeout) {
            closeNow()
        }
    }

    /// Closes at once when nothing is being answered, else after the answer.
    func closeWhenAnswered() {
        guard let context, !isClosing else { return }
        guard !isWaiting else { return closesAfterAnswer = !asksCatalog }
        if context.channel.isWritable {
            closeNow()
        } else {
            answers.clear()
            send(context)
        }
    }

    func closeNow() {
        isClosing = true
        context?.close(promise: nil)
    }
}
