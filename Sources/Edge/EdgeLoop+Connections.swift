import ClickModel
import Glibc
import NIOCore

/// How connections are read, answered in order, and closed.
///
/// The requests that one read brings are answered together. When a click is among them, all their answers
/// wait until its group is on disk, and nothing more is read or parsed until then: so answers keep their
/// order, and a connection has at most one group under way.
extension EdgeLoop {
    /// Requests that one pass answers at most; a pipeline of more goes on in the next.
    private static let requestsPerPass = 64
    /// A pass ends when so much is to be sent: pages may be large.
    private static let bytesPerPass = 64 << 10
    /// Reads that one connection has in a pass.
    private static let readsPerPass = 2
    /// How long the last answer may take to leave.
    private static let flushTime = TimeAmount.seconds(10)
    /// How long the other side has to close after it.
    private static let lingerTime = TimeAmount.seconds(1)

    /// How the answer to one request came out.
    enum Step {
        case answered
        /// A click was recorded: its answer must wait.
        case recorded
        case needsMore
        case asksCatalog
    }

    // MARK: - What happens

    /// Something happened to a connection's socket.
    func note(_ happening: Poller.Happening, on connection: Connection.Slot) {
        // What the same wait found of a connection that was closed meanwhile.
        guard !connection.pointee.isGone else { return }
        if happening.canRead { connection.pointee.canRead = true }
        if happening.isEnding { connection.pointee.mustReadToEnd = true }
        if happening.canWrite, connection.pointee.unsent.count > 0 { sendRest(of: connection) }
        if connection.pointee.canRead { serve(connection) }
    }

    /// Answers what came and reads on, as far as nothing is waited for.
    func serve(_ connection: Connection.Slot) {
        if connection.pointee.unread.count > 0 || connection.pointee.isInputClosed {
            answerUnread(connection)
        }
        var reads = 0
        while connection.pointee.canRead, !connection.pointee.isGone,
            !connection.pointee.isWaiting, !connection.pointee.isQueued
        {
            // The other connections have their turn first.
            guard reads < Self.readsPerPass else { return goOnLater(connection) }
            reads += 1
            read(connection)
        }
    }

    private func goOnLater(_ connection: Connection.Slot) {
        guard !connection.pointee.isQueued else { return }
        connection.pointee.isQueued = true
        queued.append(connection)
    }

    /// Reads once into the memory that all connections share, and answers from there.
    private func read(_ connection: Connection.Slot) {
        let count = recv(connection.pointee.descriptor, readRoom.baseAddress, readRoom.count, 0)
        guard count > 0 else { return noteEnd(connection, count) }
        // Less than there was room for: the socket is empty, and tells when something comes.
        if count < readRoom.count, !connection.pointee.mustReadToEnd {
            connection.pointee.canRead = false
        }
        // What comes after the last answer isn't looked at.
        guard !connection.pointee.isClosing else { return }
        let bytes = ByteView(start: readRoom.baseAddress, count: count)
        guard connection.pointee.unread.count == 0 else {
            connection.pointee.unread.append(bytes)
            return answerUnread(connection)
        }
        let taken = answerPass(connection, bytes)
        if taken < count, !connection.pointee.isClosing {
            connection.pointee.unread.append(bytes.view(taken, count))
        }
        finishPass(connection)
    }

    /// A read brought nothing: there is nothing for now, or nothing will come.
    private func noteEnd(_ connection: Connection.Slot, _ count: Int) {
        if count < 0 {
            if errno == EINTR { return }
            guard errno == EAGAIN || errno == EWOULDBLOCK else { return closeNow(connection) }
            connection.pointee.canRead = false
            return
        }
        connection.pointee.canRead = false
        connection.pointee.isInputClosed = true
        guard !connection.pointee.isClosing else {
            if connection.pointee.hasFlushed { closeNow(connection) }
            return
        }
        // What was asked is still answered.
        answerUnread(connection)
    }

    // MARK: - Answering

    private func answerUnread(_ connection: Connection.Slot) {
        guard !connection.pointee.isClosing, !connection.pointee.isWaiting else { return }
        let taken = answerPass(connection, connection.pointee.unread.bytes)
        connection.pointee.unread.removeFirst(taken)
        finishPass(connection)
    }

    /// Answers the requests that are there into `out`, and returns how many bytes they took.
    private func answerPass(_ connection: Connection.Slot, _ bytes: ByteView) -> Int {
        pass = Pass(start: out.count)
        var position = 0
        while pass.answered < Self.requestsPerPass, out.count - pass.start < Self.bytesPerPass,
            !connection.pointee.closesAfterAnswer
        {
            var length = 0
            switch answerNext(connection, bytes.view(position, bytes.count), &length) {
            case .answered: pass.answered += 1
            case .recorded:
                pass.answered += 1
                pass.recorded = true
            case .asksCatalog:
                pass.hasEnded = true
                return position
            case .needsMore:
                pass.hasEnded = true
                if connection.pointee.isInputClosed { connection.pointee.closesAfterAnswer = true }
                return position + length
            }
            position += length
        }
        return position
    }

    /// Lets a pass's answers go, or holds them.
    private func finishPass(_ connection: Connection.Slot) {
        connection.pointee.wasActive = true
        if connection.pointee.unread.count == 0 {
            connection.pointee.headSince = nil
        } else if connection.pointee.headSince == nil || pass.answered > 0 {
            connection.pointee.headSince = now
        }
        let pass = pass
        if pass.recorded, settings.waitsForDisk {
            connection.pointee.isHeld = true
            hold(connection, from: pass.start)
        } else if out.count > pass.start || connection.pointee.closesAfterAnswer {
            send(connection, out.bytes.view(pass.start, out.count))
            out.truncate(to: pass.start)
        }
        // A pipeline longer than a pass goes on after the other connections had their turn.
        if !pass.hasEnded, !connection.pointee.isWaiting, !connection.pointee.isClosing {
            goOnLater(connection)
        }
    }

    /// The group of the held answers is settled.
    func release(_ connection: Connection.Slot, _ answers: ByteView) {
        connection.pointee.isHeld = false
        guard !connection.pointee.isGone else { return freeIfUnnamed(connection) }
        send(connection, answers)
        goOn(connection)
    }

    /// Takes up what came while something was waited for.
    private func goOn(_ connection: Connection.Slot) {
        // A head that was cut short by the wait gets its time anew.
        if connection.pointee.headSince != nil { connection.pointee.headSince = now }
        guard
            connection.pointee.unread.count > 0 || connection.pointee.canRead
                || connection.pointee.isInputClosed
        else { return }
        if !connection.pointee.isGone { serve(connection) }
    }

    /// Asks the catalog for the link of the head that is next, which is read again after that.
    ///
    /// - Returns: False when too many ask already.
    func askCatalog(for connection: Connection.Slot) -> Bool {
        connection.pointee.asksCatalog = memory.lookUp(key) { [unowned self] answer in
            connection.pointee.asksCatalog = false
            guard !connection.pointee.isGone else { return freeIfUnnamed(connection) }
            connection.pointee.lookedUp = (answer, memory.changeCount)
            goOn(connection)
        }
        return connection.pointee.asksCatalog
    }

    // MARK: - The next head

    /// Answers the next request into `out`; `length` is what it took of the bytes.
    private func answerNext(
        _ connection: Connection.Slot,
        _ bytes: ByteView,
        _ length: inout Int
    ) -> Step {
        guard bytes.count > 0 else { return .needsMore }
        // RFC 9112, section 2.2: an empty line before the request line is passed over.
        let blank = bytes.view(0, 2).equals("\r\n") ? 2 : 0
        if bytes.count == 1, bytes[0] == 0x0D { return .needsMore }
        let rest = bytes.view(blank, bytes.count)
        guard rest.count > 0 else {
            // Behind an answer it is the end of it, not the beginning of a head that is late.
            length = blank
            return .needsMore
        }
        var step: Step?
        // Nearly all heads come whole, and are read in one pass.
        if connection.pointee.scanned == 0 {
            var head = RequestHead()
            if let found = try? RequestParser.read(rest, &head),
                found <= settings.maximumHeadBytes
            {
                length = blank + found
                step = answer(connection, head)
            }
        }
        let taken = step ?? answerSlowly(connection, rest, blank, &length)
        switch taken {
        case .answered, .recorded: connection.pointee.scanned = 0
        case .asksCatalog:
            connection.pointee.scanned = 0
            length = 0
        case .needsMore: length = 0
        }
        return taken
    }

    /// The same for a head that has not all come, or is none.
    private func answerSlowly(
        _ connection: Connection.Slot,
        _ bytes: ByteView,
        _ blank: Int,
        _ length: inout Int
    ) -> Step {
        switch RequestParser.extent(of: bytes, scanned: &connection.pointee.scanned) {
        case .incomplete:
            guard bytes.count > settings.maximumHeadBytes else { return .needsMore }
            return refuse(connection, .headTooLarge)
        case .malformed: return refuse(connection, .badRequest)
        case .complete(let found):
            guard found <= settings.maximumHeadBytes else {
                return refuse(connection, .headTooLarge)
            }
            length = blank + found
            return answer(connection, bytes.view(0, found))
        }
    }

    // MARK: - Sending

    /// Sends answers; the last ones end the connection.
    private func send(_ connection: Connection.Slot, _ answers: ByteView) {
        let isLast =
            connection.pointee.closesAfterAnswer
            || (isStopping && !connection.pointee.asksCatalog)
        guard isLast, !connection.pointee.isClosing else { return transmit(connection, answers) }
        connection.pointee.isClosing = true
        connection.pointee.unread.free()
        connection.pointee.closeBy = now + Self.flushTime
        transmit(connection, answers)
        if connection.pointee.unsent.count == 0 { linger(connection) }
    }

    /// Hands answers to the socket, and keeps what it doesn't take.
    private func transmit(_ connection: Connection.Slot, _ answers: ByteView) {
        let sent = connection.pointee.unsent.count > 0 ? 0 : push(answers, to: connection)
        guard let sent else { return closeNow(connection) }
        if sent < answers.count {
            if connection.pointee.unsent.count == 0 {
                connection.pointee.sendBy = now + TimeAmount(settings.readingTimeout)
            }
            connection.pointee.unsent.append(answers.view(sent, answers.count))
        }
    }

    /// The socket takes bytes again.
    private func sendRest(of connection: Connection.Slot) {
        guard let sent = push(connection.pointee.unsent.bytes, to: connection) else {
            return closeNow(connection)
        }
        connection.pointee.unsent.removeFirst(sent)
        connection.pointee.wasActive = true
        guard connection.pointee.unsent.count == 0 else { return }
        if connection.pointee.isClosing { linger(connection) } else { goOn(connection) }
    }

    /// Sends as much as the socket takes; nil when the connection is broken.
    private func push(_ bytes: ByteView, to connection: Connection.Slot) -> Int? {
        guard let start = bytes.baseAddress else { return 0 }
        var sent = 0
        // Until the socket says that it is full: only then does it tell when it no longer is.
        while sent < bytes.count {
            let count = Glibc.send(
                connection.pointee.descriptor,
                start + sent,
                bytes.count - sent,
                CInt(MSG_NOSIGNAL)
            )
            if count > 0 {
                sent += count
            } else if errno == EAGAIN || errno == EWOULDBLOCK {
                return sent
            } else if errno != EINTR {
                return nil
            }
        }
        return sent
    }

    // MARK: - Closing

    /// Ends the sending half; the other side closes when it has read the answer.
    ///
    /// Closing both at once could cost it the answer's last bytes while more of its own are on the way. A
    /// side that doesn't close is cut off by the sweeper.
    private func linger(_ connection: Connection.Slot) {
        guard !connection.pointee.isGone else { return }
        connection.pointee.hasFlushed = true
        guard !connection.pointee.isInputClosed else { return closeNow(connection) }
        connection.pointee.closeBy = now + Self.lingerTime
        shutdown(connection.pointee.descriptor, CInt(SHUT_WR))
        if connection.pointee.canRead { goOnLater(connection) }
    }

    /// Closes when the head is late, the connection idle, its answers aren't read, or its end is overdue.
    func closeIfOverdue(_ connection: Connection.Slot) {
        if connection.pointee.wasActive {
            (connection.pointee.wasActive, connection.pointee.lastActive) = (false, now)
        }
        guard !connection.pointee.isHeld, !connection.pointee.asksCatalog else { return }
        guard !connection.pointee.isClosing else {
            if now >= connection.pointee.closeBy { closeNow(connection) }
            return
        }
        if let headSince = connection.pointee.headSince, connection.pointee.unsent.count == 0,
            now - headSince > TimeAmount(settings.headTimeout)
        {
            pass = Pass(start: out.count)
            pass.hasEnded = true
            _ = refuse(connection, .timeout)
            finishPass(connection)
        } else if now - connection.pointee.lastActive > TimeAmount(settings.idleTimeout)
            || connection.pointee.unsent.count > 0 && now >= connection.pointee.sendBy
        {
            closeNow(connection)
        }
    }

    /// Closes at once when nothing is being answered, else after the answer.
    func closeWhenAnswered(_ connection: Connection.Slot) {
        guard !connection.pointee.isClosing else { return }
        if connection.pointee.isHeld || connection.pointee.asksCatalog {
            connection.pointee.closesAfterAnswer = !connection.pointee.asksCatalog
        } else if connection.pointee.unsent.count == 0 {
            closeNow(connection)
        } else {
            send(connection, .none)
        }
    }

    func closeNow(_ connection: Connection.Slot) {
        guard !connection.pointee.isGone else { return }
        connection.pointee.isGone = true
        connection.pointee.isClosing = true
        forget(connection)
        connection.pointee.unread.free()
        connection.pointee.unsent.free()
    }
}
