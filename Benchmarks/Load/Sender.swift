import CEpoll
import Glibc

/// Sends requests over many connections: each as soon as its connection is free, or at a fixed rate.
///
/// At a fixed rate every request has its moment, whatever became of those before it; its latency counts from that moment, not from when
/// a connection was free for it. So a server that stops for a while is charged with everyone who would have come meanwhile.
final class Sender {
    struct Options {
        var port: UInt16 = 0
        var connections = 64
        var seconds = 1.0
        var warmSeconds = 0.0
        /// Requests a second; 0 sends as fast as answers come.
        var rate = 0.0
        /// Connections are closed after so many answers; 0 keeps them.
        var answersPerConnection = 0
    }

    private struct Connection {
        var socket: Int32 = -1
        var isConnected = false
        var isBusy = false
        var answers = 0
        /// When the request under way was due.
        var due: UInt64 = 0
        var bodyLeft = 0
        var isInBody = false
        var closes = false
        var isWrong = false
        var pieces: [UInt8] = []
    }

    private struct Counts {
        var answered = 0
        var wrong = 0
        var closed = 0
        var refused = 0
        var latencies = Histogram()
        var lateness = Histogram()
    }

    /// How long a connection that failed rests before it is tried again.
    private static let rest: UInt64 = 50_000_000

    private let options: Options
    private let requests: Requests
    private let poll = Poll()
    private let buffer = UnsafeMutablePointer<UInt8>.allocate(capacity: 1 << 16)
    private var connections: [Connection]
    private var free = Ring()
    /// When the first of the connections that are free now became so.
    private var freeSince: UInt64 = 0
    private var resting: [(until: UInt64, number: Int)] = []
    private var counts = Counts()
    private var answeredEver = 0
    private var nextRequest = 0
    private var isSending = true
    private var now = Clock.now

    init(_ options: Options, _ requests: Requests) {
        self.options = options
        self.requests = requests
        connections = Array(repeating: Connection(), count: options.connections)
    }

    /// Says `ready` when it is connected and warm; then sends, and says what came of it as JSON.
    func run() {
        connectAll()
        let interval = options.rate > 0 ? 1e9 / options.rate : 0
        if options.warmSeconds > 0 { send(for: options.warmSeconds, every: interval) }
        print("ready")
        fflush(nil)
        counts = Counts()
        let (start, cpu) = (Clock.now, Clock.cpu)
        let unsent = send(for: options.seconds, every: interval)
        let took = Double(Clock.now - start) / 1e9
        let spent = Double(Clock.cpu - cpu) / 1e9
        let answeredInTime = counts.answered
        finish()
        var members: [(String, Double)] = [
            ("requests", Double(answeredInTime)), ("seconds", took),
            ("rate", Double(answeredInTime) / took), ("load", spent / took),
            ("answered", Double(counts.answered)), ("answered_ever", Double(answeredEver)),
            ("unanswered", Double(connections.count { $0.isBusy })), ("unsent", Double(unsent)),
            ("wrong", Double(counts.wrong)), ("closed", Double(counts.closed)),
            ("refused", Double(counts.refused)),
        ]
        members += counts.latencies.members()
        if interval > 0 { members += counts.lateness.members("late_") }
        report(members)
    }

    /// Returns how many requests were due and had found no connection.
    @discardableResult
    private func send(for seconds: Double, every interval: Double) -> Int {
        now = Clock.now
        let start = now
        let end = start + UInt64(seconds * 1e9)
        var sent = 0
        func due(_ number: Int) -> UInt64 { start + UInt64(Double(number) * interval) }
        while now < end {
            wakeRested()
            if interval > 0 {
                while due(sent) <= now, let number = free.pop() {
                    let moment = due(sent)
                    // Its own lateness: where it had a connection, and was not there.
                    let possible = max(moment, freeSince)
                    counts.lateness.record(now > possible ? now - possible : 0)
                    dispatch(number, due: moment)
                    sent += 1
                    now = Clock.now
                }
            } else {
                while let number = free.pop() { dispatch(number, due: now) }
            }
            var next = end
            if interval > 0, !free.isEmpty { next = min(next, due(sent)) }
            if let first = resting.first { next = min(next, first.until) }
            now = Clock.now
            takeEvents(next > now ? next - now : 0)
        }
        guard interval > 0 else { return 0 }
        return max(0, Int(seconds * options.rate) - sent)
    }

    /// Gives what is under way a second to be answered.
    private func finish() {
        isSending = false
        let end = Clock.now + 1_000_000_000
        while connections.contains(where: \.isBusy), Clock.now < end { takeEvents(10_000_000) }
    }

    private func connectAll() {
        guard options.answersPerConnection == 0 else {
            for number in connections.indices { free.push(number) }
            return
        }
        let end = Clock.now + 30_000_000_000
        // No more on their way at once than the server's backlog surely holds.
        var next = 0
        while free.count + resting.count < connections.count, Clock.now < end {
            while next < connections.count, next - free.count - resting.count < 512 {
                connect(next)
                next += 1
            }
            now = Clock.now
            takeEvents(10_000_000)
        }
        counts = Counts()
    }

    private func wakeRested() {
        while let first = resting.first, first.until <= now {
            resting.removeFirst()
            free.push(first.number)
        }
    }

    private func connect(_ number: Int) {
        connections[number].socket = Socket.connect(to: options.port)
        connections[number].isConnected = false
        connections[number].answers = 0
        poll.add(connections[number].socket, number, EPOLLOUT)
    }

    private func dispatch(_ number: Int, due: UInt64) {
        connections[number].due = due
        connections[number].isBusy = true
        if connections[number].socket < 0 {
            connect(number)
        } else {
            write(number)
        }
    }

    private func write(_ number: Int) {
        let request = requests[nextRequest]
        nextRequest = nextRequest + 1 == requests.count ? 0 : nextRequest + 1
        let sent = Glibc.send(
            connections[number].socket,
            request.baseAddress,
            request.count,
            Int32(MSG_NOSIGNAL)
        )
        if sent != request.count { drop(number) }
    }

    private func takeEvents(_ nanoseconds: UInt64) {
        poll.wait(nanoseconds) { number, isWritable in
            guard connections[number].socket >= 0 else { return }
            if !connections[number].isConnected {
                connected(number)
            } else if !isWritable {
                read(number)
            }
        }
        now = Clock.now
    }

    private func connected(_ number: Int) {
        guard Socket.isConnected(connections[number].socket) else {
            counts.refused += 1
            return rest(number)
        }
        connections[number].isConnected = true
        poll.change(connections[number].socket, number, EPOLLIN)
        if connections[number].isBusy { write(number) } else { free.push(number) }
    }

    private func read(_ number: Int) {
        let count = recv(connections[number].socket, buffer, 1 << 16, 0)
        if count < 0, errno == EAGAIN { return }
        guard count > 0 else { return drop(number) }
        guard connections[number].pieces.isEmpty else {
            connections[number].pieces += UnsafeBufferPointer(start: buffer, count: count)
            let all = connections[number].pieces
            connections[number].pieces = []
            return all.withUnsafeBufferPointer { all in
                if let start = all.baseAddress { take(number, start, all.count) }
            }
        }
        take(number, buffer, count)
    }

    private func take(_ number: Int, _ bytes: UnsafePointer<UInt8>, _ count: Int) {
        if connections[number].isInBody {
            connections[number].bodyLeft -= count
        } else {
            guard let head = Head(bytes, count) else {
                connections[number].pieces = Array(UnsafeBufferPointer(start: bytes, count: count))
                return
            }
            let body = requests.areHeads ? 0 : head.bodyLength
            connections[number].bodyLeft = body - (count - head.length)
            connections[number].isInBody = true
            connections[number].closes = head.closes
            connections[number].isWrong = !(200..<400).contains(bytes.status)
        }
        if connections[number].bodyLeft <= 0 { answered(number) }
    }

    private func answered(_ number: Int) {
        let moment = Clock.now
        now = moment
        counts.answered += 1
        answeredEver += 1
        if connections[number].isWrong { counts.wrong += 1 }
        counts.latencies.record(moment - connections[number].due)
        connections[number].isInBody = false
        connections[number].isBusy = false
        connections[number].answers += 1
        let isOver = connections[number].answers == options.answersPerConnection
        if isOver || connections[number].closes { close(number) }
        guard isSending else { return }
        guard options.rate > 0 else { return dispatch(number, due: moment) }
        if free.isEmpty { freeSince = moment }
        free.push(number)
    }

    /// The other end closed the connection, perhaps instead of an answer.
    private func drop(_ number: Int) {
        let wasBusy = connections[number].isBusy
        if wasBusy {
            counts.closed += 1
            return rest(number)
        }
        // It stays where it waits, and is connected when its turn comes.
        close(number)
    }

    private func rest(_ number: Int) {
        close(number)
        resting.append((Clock.now + Self.rest, number))
    }

    private func close(_ number: Int) {
        Glibc.close(connections[number].socket)
        connections[number] = Connection()
    }
}

/// The numbers that wait, first in, first out.
private struct Ring {
    private var numbers: [Int] = []
    private var head = 0

    var count: Int { numbers.count - head }
    var isEmpty: Bool { count == 0 }

    mutating func push(_ number: Int) { numbers.append(number) }

    mutating func pop() -> Int? {
        guard head < numbers.count else { return nil }
        let number = numbers[head]
        head += 1
        if head > 4096, head * 2 > numbers.count {
            numbers.removeFirst(head)
            head = 0
        }
        return number
    }
}

/// Requests one after the other in a file, each ended by its empty line; used in turn.
final class Requests {
    private let bytes: UnsafeMutableBufferPointer<UInt8>
    private let ends: [Int]
    let areHeads: Bool

    var count: Int { ends.count }

    init(path: String) {
        guard let file = fopen(path, "r") else { fail(path) }
        fseek(file, 0, SEEK_END)
        bytes = .allocate(capacity: ftell(file))
        rewind(file)
        guard fread(bytes.baseAddress, 1, bytes.count, file) == bytes.count else { fail(path) }
        fclose(file)
        var (ends, at) = ([Int](), 0)
        while at < bytes.count, let start = UnsafePointer(bytes.baseAddress),
            let head = Head(start + at, bytes.count - at)
        {
            at += head.length
            ends.append(at)
        }
        guard !ends.isEmpty, at == bytes.count else { fail("\(path) has no whole requests") }
        self.ends = ends
        areHeads = bytes[0] == UInt8(ascii: "H")
    }

    subscript(index: Int) -> UnsafeMutableBufferPointer<UInt8> {
        let start = index == 0 ? 0 : ends[index - 1]
        return UnsafeMutableBufferPointer(rebasing: bytes[start..<ends[index]])
    }
}
