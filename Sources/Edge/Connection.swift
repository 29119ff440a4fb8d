import ClickModel
import NIOCore

/// One visitor's connection: reads heads, answers them in order.
///
/// The requests that one read brings are answered together. When a click is among them, all their answers wait
/// until its group is on disk, and nothing more is read from the bytes that came until then: so answers
/// keep their order, and a connection has at most one group under way.
final class Connection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Requests that one pass answers at most; a pipeline of more goes on in the next.
    private static let requestsPerPass = 64
    /// Unread bytes beyond which the socket is no longer read.
    private static let maximumUnread = 64 << 10

    private enum State {
        case reading
        /// Answers wait for their group or for the catalog.
        case waiting
        case closing
    }

    private let loop: EdgeLoop
    private var context: ChannelHandlerContext?
    private var state = State.reading
    private var unread: ByteBuffer?
    /// How far the unread bytes were searched for the end of a head.
    private var scanned = 0
    private var held: ByteBuffer?
    private var closesAfterAnswer = false
    private var peer: IPAddress?
    /// What the catalog said of the head that waits to be answered.
    private var lookedUp: Route??
    /// Whether, behind held answers, a request waits for the catalog.
    private var waitsForCatalogToo = false
    private var lastActive = NIODeadline.now()
    private var headSince: NIODeadline?
    private var isReadPaused = false

    init(loop: EdgeLoop) { self.loop = loop }

    // MARK: - Channel events

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func channelActive(context: ChannelHandlerContext) {
        peer = context.channel.remoteAddress?.ipAddress.flatMap { IPAddress($0) }
        loop.metrics.openConnections.add(1)
        loop.opened(self)
        if loop.isStopping { closeNow() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        state = .closing
        self.context = nil
        loop.metrics.openConnections.add(-1)
        loop.closed(self)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard state != .closing else { return }
        var bytes = unwrapInboundIn(data)
        if unread == nil || unread?.readableBytes == 0 {
            unread = bytes
        } else {
            unread?.writeBuffer(&bytes)
        }
        if state == .reading { answerPass() }
        if let unread, unread.readableBytes > Self.maximumUnread, !isReadPaused, state != .closing {
            isReadPaused = true
            _ = context.channel.setOption(.autoRead, value: false)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // The visitor sends nothing more; what it asked is still answered.
        if case ChannelEvent.inputClosed? = event as? ChannelEvent {
            if state == .waiting { closesAfterAnswer = true } else { closeNow() }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, state == .reading { answerPass() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { closeNow() }

    // MARK: - Answering

    private enum Step {
        case answered
        /// A click was recorded: its answer must wait.
        case recorded
        case needsMore
        case waitsForCatalog
        case last
    }

    /// Answers the requests that are there.
    private func answerPass() {
        guard let context, context.channel.isWritable else { return }
        let out = loop.out
        out.removeAll()
        var answered = 0
        var recorded = false
        var isOver = false
        while !isOver, answered < Self.requestsPerPass {
            switch answerNext() {
            case .answered: answered += 1
            case .recorded:
                answered += 1
                recorded = true
            case .needsMore: isOver = true
            case .waitsForCatalog:
                state = .waiting
                isOver = true
            case .last:
                closesAfterAnswer = true
                isOver = true
            }
            if closesAfterAnswer { isOver = true }
        }
        discardReadBytes()
        let now = NIODeadline.now()
        lastActive = now
        if unread == nil {
            headSince = nil
        } else if headSince == nil || answered > 0 {
            headSince = now
        }
        if out.count > 0 {
            finishPass(out.bytes, recorded: recorded, context)
        } else if closesAfterAnswer, state == .reading {
            closeNow()
        }
        // A pipeline longer than a pass goes on after the other connections had their turn.
        if answered == Self.requestsPerPass, state == .reading { continueLater() }
    }

    private func finishPass(_ bytes: ByteView, recorded: Bool, _ context: ChannelHandlerContext) {
        var buffer = context.channel.allocator.buffer(capacity: bytes.count)
        buffer.writeBytes(UnsafeRawBufferPointer(bytes))
        guard recorded, loop.settings.waitsForDisk else {
            if state == .waiting {
                // Earlier answers of the pass need not wait for the catalog.
                context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
            } else {
                send(buffer, context)
            }
            return
        }
        held = buffer
        if state == .waiting {
            // The click waits for its disk, the request after it for the catalog: the disk first.
            waitsForCatalogToo = true
        }
        state = .waiting
        loop.hold(self)
    }

    /// The group of the held answers is settled.
    func release() {
        guard let context, let buffer = held else { return }
        held = nil
        if waitsForCatalogToo {
            waitsForCatalogToo = false
            context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
            // The catalog may have answered meanwhile.
            if lookedUp != nil { goOn() }
            return
        }
        state = .reading
        send(buffer, context)
        if state == .reading { goOn() }
    }

    private func send(_ buffer: ByteBuffer, _ context: ChannelHandlerContext) {
        guard closesAfterAnswer || loop.isStopping else {
            context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
            return
        }
        state = .closing
        // The other side closes after it has read the answer: closing first could cost it the answer's
        // last bytes when more of its own are on the way.
        context.writeAndFlush(wrapOutboundOut(buffer)).assumeIsolated().whenComplete { [self] _ in
            lingerAndClose()
        }
    }

    /// Ends the sending half, and the rest when the other side has too, or after a second.
    private func lingerAndClose() {
        guard let context else { return }
        context.close(mode: .output, promise: nil)
        let channel = context.channel
        loop.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
    }

    /// Takes up what came while the answers waited.
    private func goOn() {
        state = .reading
        if isReadPaused, unread?.readableBytes ?? 0 <= Self.maximumUnread {
            isReadPaused = false
            _ = context?.channel.setOption(.autoRead, value: true)
        }
        if unread?.readableBytes ?? 0 > 0 || lookedUp != nil { answerPass() }
    }

    private func continueLater() {
        loop.eventLoop.assumeIsolated().execute { [self] in
            if state == .reading { answerPass() }
        }
    }

    private func discardReadBytes() {
        guard let buffer = unread else { return }
        if buffer.readableBytes == 0 {
            unread = nil
        } else if buffer.readerIndex > Self.maximumUnread {
            unread?.discardReadBytes()
        }
    }

    // MARK: - One request

    /// Answers the next request into the loop's buffer.
    private func answerNext() -> Step {
        guard let buffer = unread, buffer.readableBytes > 0 else { return .needsMore }
        var consumed = 0
        let step = buffer.withUnsafeReadableBytes { raw -> Step in
            let bytes = ByteView(
                start: raw.baseAddress?.assumingMemoryBound(to: UInt8.self), count: raw.count)
            // RFC 9112, section 2.2: an empty line before the request line is passed over.
            let blank = bytes.view(0, 2).equals("\r\n") ? 2 : 0
            if blank == 0, bytes.count == 1, bytes[0] == 0x0D { return .needsMore }
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
        case .answered, .recorded, .last:
            unread?.moveReaderIndex(forwardBy: consumed)
            scanned = 0
        case .waitsForCatalog:
            // The head is read again when the catalog has answered.
            scanned = 0
        case .needsMore:
            break
        }
        return step
    }

    private func refuse(_ status: Status) -> Step {
        loop.metrics.refusedRequests.add()
        loop.answers.setTime(loop.settings.now())
        let line = status.line
        loop.answers.page(
            status, line, type: "text/plain; charset=utf-8", isHead: false, .close, into: loop.out)
        return .last
    }

    private func answer(_ bytes: ByteView) -> Step {
        let head: RequestHead
        do {
            head = try RequestParser.parse(bytes)
        } catch {
            return refuse(Status(error))
        }
        return answer(head)
    }

    private func answer(_ head: borrowing RequestHead) -> Step {
        let now = loop.settings.now()
        loop.answers.setTime(now)
        let isHead = head.method == .head
        let closes =
            head.asksToClose || (!head.isHTTP11 && !head.asksToKeepAlive) || head.hasBody
            || loop.isStopping
        let persistence: Answers.Persistence =
            closes ? .close : head.isHTTP11 ? .open : .openAsAsked
        let after: Step = closes ? .last : .answered

        guard head.method != .other else {
            loop.metrics.refusedRequests.add()
            page(.methodNotAllowed, "405 Method Not Allowed", isHead: false, persistence)
            return after
        }
        guard !head.hasBody else { return refuse(.badRequest) }
        guard let host = head.targetHost ?? head.host else { return refuse(.badRequest) }
        switch loop.key.read(host: host, path: head.path) {
        case .malformed: return refuse(.badRequest)
        case .root: return answerRoot(host, isHead, persistence, after)
        case .nothing: return answerUnknown(head, host, isHead, persistence, after)
        case .link: break
        }
        let route: Route
        if let known = lookedUp {
            lookedUp = nil
            guard let known else { return answerUnknown(head, host, isHead, persistence, after) }
            route = known
        } else {
            switch loop.find() {
            case .route(let found): route = found
            case .none: return answerUnknown(head, host, isHead, persistence, after)
            case .unknown:
                let isAsked = loop.lookUp { [self] route in
                    lookedUp = .some(route)
                    if held == nil, state == .waiting { goOn() }
                }
                if isAsked { return .waitsForCatalog }
                page(.busy, "503 Service Unavailable", isHead: isHead, persistence)
                return after
            }
        }
        return redirect(head, route, now, persistence, after)
    }

    private func redirect(
        _ head: borrowing RequestHead,
        _ route: Route,
        _ now: Timestamp,
        _ persistence: Answers.Persistence,
        _ after: Step
    ) -> Step {
        guard var destination = route.destination else {
            page(.notFound, Pages.notFound, isHead: head.method == .head, persistence)
            return after
        }
        let query = route.forwardsParameters ? head.query ?? .none : .none
        let isClick = head.method == .get
        destination.withUTF8 { destination in
            var location = destination
            if query.count > 0 {
                loop.location.removeAll()
                ForwardedQuery.append(query, to: destination, into: loop.location)
                location = loop.location.bytes
            }
            loop.answers.redirect(to: location, persistence, into: loop.out)
            if isClick {
                loop.record(
                    head, route: route, at: now, from: peer, location: query.count > 0 ? location : nil)
            }
        }
        loop.metrics.redirects.add()
        if persistence == .close { closesAfterAnswer = true }
        return isClick ? .recorded : after
    }

    // MARK: - Everything that is no link

    private func page(
        _ status: Status,
        _ body: StaticString,
        type: StaticString = "text/html; charset=utf-8",
        isHead: Bool,
        _ persistence: Answers.Persistence
    ) {
        loop.answers.page(status, body, type: type, isHead: isHead, persistence, into: loop.out)
    }

    private func answerRoot(
        _ host: ByteView,
        _ isHead: Bool,
        _ persistence: Answers.Persistence,
        _ after: Step
    ) -> Step {
        guard let domain = loop.domain() else {
            loop.metrics.unknownLinks.add()
            page(.notFound, Pages.notFound, isHead: isHead, persistence)
            return after
        }
        if var url = domain.rootURL {
            url.withUTF8 { loop.answers.redirect(to: $0, persistence, into: loop.out) }
        } else {
            page(.ok, Pages.root, isHead: isHead, persistence)
        }
        return after
    }

    private func answerUnknown(
        _ head: borrowing RequestHead,
        _ host: ByteView,
        _ isHead: Bool,
        _ persistence: Answers.Persistence,
        _ after: Step
    ) -> Step {
        let path = head.path
        if path.view(0, 8).equals("/health/"), HostName.isOfMachine(host) {
            return answerHealth(path, isHead, persistence, after)
        }
        // What browsers and crawlers ask for by themselves is no link that somebody lost.
        if path.equals("/robots.txt") {
            page(.ok, Pages.robots, type: "text/plain; charset=utf-8", isHead: isHead, persistence)
            return after
        }
        guard !path.equals("/favicon.ico") else {
            page(.notFound, Pages.notFound, isHead: isHead, persistence)
            return after
        }
        loop.metrics.unknownLinks.add()
        if var fallback = loop.domain()?.fallbackURL {
            fallback.withUTF8 { loop.answers.redirect(to: $0, persistence, into: loop.out) }
        } else {
            page(.notFound, Pages.notFound, isHead: isHead, persistence)
        }
        return after
    }

    private func answerHealth(
        _ path: ByteView,
        _ isHead: Bool,
        _ persistence: Answers.Persistence,
        _ after: Step
    ) -> Step {
        let json: StaticString = "application/json"
        if path.equals("/health/live") {
            page(.ok, "{\"status\":\"live\"}\n", type: json, isHead: isHead, persistence)
        } else if path.equals("/health/ready") {
            let problems = loop.isStopping ? ["the service is stopping"] : loop.readiness()
            let body = ByteWriter()
            body.append(problems.isEmpty ? "{\"status\":\"ready\",\"problems\":[" : "{\"status\":\"not ready\",\"problems\":[")
            for (index, problem) in problems.enumerated() {
                if index > 0 { body.append(0x2C) }
                body.append(json: problem)
            }
            body.append("]}\n")
            loop.answers.text(
                problems.isEmpty ? .ok : .busy, body.bytes, type: json, isHead: isHead, persistence,
                into: loop.out)
        } else {
            page(.notFound, Pages.notFound, isHead: isHead, persistence)
        }
        return after
    }

    // MARK: - Closing

    /// Closes when the head is late or the connection was idle too long.
    func closeIfOverdue(_ now: NIODeadline) {
        guard state == .reading, let context else { return }
        if let headSince, now - headSince > TimeAmount(loop.settings.headTimeout) {
            loop.out.removeAll()
            _ = refuse(.timeout)
            var buffer = context.channel.allocator.buffer(capacity: loop.out.count)
            buffer.writeBytes(UnsafeRawBufferPointer(loop.out.bytes))
            closesAfterAnswer = true
            send(buffer, context)
        } else if headSince == nil, now - lastActive > TimeAmount(loop.settings.idleTimeout) {
            closeNow()
        }
    }

    /// Closes at once when nothing is being answered, else after the answer.
    func closeWhenAnswered() {
        if state == .reading { closeNow() } else { closesAfterAnswer = true }
    }

    func closeNow() {
        state = .closing
        context?.close(promise: nil)
    }
}
