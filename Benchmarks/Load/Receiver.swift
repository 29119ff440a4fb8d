import CEpoll
import Glibc

/// A customer's endpoint: takes batches, counts the events and how long after their clicks they came.
///
/// It is told how to behave, and asked what it has, by requests to `/control/...`: `stats` answers JSON, `clear` forgets what was counted,
/// `shut` answers 500 until `open`, `bad` lets `/bad/0` hang and the other `/bad/...` answer 500 until `good`. Latencies are noted for `/timed`.
final class Receiver {
    private struct Connection {
        var socket: Int32
        var bytes = [UInt8]()
        var head: Head?
    }

    private let poll = Poll()
    private let listener: Int32
    private let buffer = UnsafeMutablePointer<UInt8>.allocate(capacity: 1 << 20)
    private var connections: [Int: Connection] = [:]
    private var latencies = Histogram()
    private var (events, batches, bytes) = (0, 0, 0)
    private var (isShut, isBad) = (false, false)

    init(port: UInt16) {
        listener = Socket.listen(on: port)
        poll.add(listener, Int(listener), EPOLLIN)
    }

    func run() -> Never {
        print("ready")
        fflush(nil)
        while true {
            poll.wait(1_000_000_000) { number, _ in
                if number == Int(listener) { accept() } else { read(number) }
            }
        }
    }

    private func accept() {
        let socket = Glibc.accept(listener, nil, nil)
        guard socket >= 0 else { return }
        poll.add(socket, Int(socket), EPOLLIN)
        connections[Int(socket)] = Connection(socket: socket)
    }

    private func read(_ number: Int) {
        let count = recv(Int32(number), buffer, 1 << 20, Int32(MSG_DONTWAIT))
        if count < 0, errno == EAGAIN { return }
        guard count > 0 else { return close(number) }
        connections[number]?.bytes += UnsafeBufferPointer(start: buffer, count: count)
        while takeRequest(number) {}
    }

    /// False when there is no whole request yet.
    private func takeRequest(_ number: Int) -> Bool {
        guard var connection = connections[number], !connection.bytes.isEmpty else { return false }
        // Taken out, so that the bytes have one owner and are not copied.
        connections[number] = Connection(socket: connection.socket)
        let (taken, answer) = connection.bytes.withUnsafeBufferPointer {
            bytes -> (Int, String?) in
            let isKnown = connection.head != nil
            guard let start = bytes.baseAddress,
                let head = connection.head ?? Head(start, bytes.count)
            else { return (0, nil) }
            if !isKnown, head.expectsContinue { send(number, "HTTP/1.1 100 Continue\r\n\r\n") }
            connection.head = head
            let end = head.length + head.bodyLength
            guard bytes.count >= end else { return (0, nil) }
            return (end, take(head, UnsafeBufferPointer(rebasing: bytes[..<end])))
        }
        if taken > 0 {
            connection.head = nil
            connection.bytes.removeFirst(taken)
        } else if let head = connection.head {
            connection.bytes.reserveCapacity(head.length + head.bodyLength)
        }
        connections[number] = connection
        if let answer { send(number, answer) }
        return taken > 0
    }

    /// The answer to a request, or nil to leave it without one.
    private func take(_ head: Head, _ request: UnsafeBufferPointer<UInt8>) -> String? {
        let line = request.prefix(while: { $0 != 13 }).split(separator: 32)
        let path = line.count > 1 ? String(decoding: line[1], as: UTF8.self) : "/"
        if path.hasPrefix("/control/") { return control(path.dropFirst(9)) }
        if isBad, path == "/bad/0" { return nil }
        if isShut || isBad && path.hasPrefix("/bad") { return answer("500 No", "") }
        if !head.isTest {
            let isTimed = path.hasPrefix("/timed")
            events += count(UnsafeBufferPointer(rebasing: request[head.length...]), isTimed)
            batches += 1
            bytes += request.count
        }
        return answer("200 OK", "")
    }

    private func control(_ verb: Substring) -> String {
        switch verb {
        case "open": isShut = false
        case "shut": isShut = true
        case "bad": isBad = true
        case "good": isBad = false
        case "clear":
            latencies = Histogram()
            (events, batches, bytes) = (0, 0, 0)
        default: break
        }
        let members =
            latencies.members() + [
                ("events", Double(events)), ("batches", Double(batches)), ("bytes", Double(bytes)),
                ("timed", Double(latencies.count)), ("cpu_s", Double(Clock.cpu) / 1e9),
            ]
        let text = members.map { "\"\($0)\":\($1)" }.joined(separator: ",")
        return answer("200 OK", "{\(text)}")
    }

    /// How many events a body has: each has one `"timestamp":"`, of whatever server.
    private func count(_ body: UnsafeBufferPointer<UInt8>, _ isTimed: Bool) -> Int {
        let key: StaticString = "\"timestamp\":\""
        guard var at = UnsafeRawPointer(body.baseAddress) else { return 0 }
        let end = at + body.count
        let now = isTimed ? Clock.wall : 0
        var found = 0
        while let place = memmem(at, end - at, key.utf8Start, key.utf8CodeUnitCount) {
            found += 1
            at = UnsafeRawPointer(place) + key.utf8CodeUnitCount
            guard isTimed, end - at > 26 else { continue }
            let then = Timestamp.nanoseconds(at.assumingMemoryBound(to: UInt8.self))
            latencies.record(now > then ? now - then : 0)
        }
        return found
    }

    private func answer(_ status: String, _ body: String) -> String {
        "HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    private func send(_ number: Int, _ text: String) {
        var text = text
        text.withUTF8 {
            _ = Glibc.send(Int32(number), $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
    }

    private func close(_ number: Int) {
        Glibc.close(Int32(number))
        connections[number] = nil
    }
}

private enum Timestamp {
    /// Nanoseconds since 1970 of `2026-11-27T10:00:00.123456Z`, or of `2026-11-27T10:00:00Z`.
    static func nanoseconds(_ text: UnsafePointer<UInt8>) -> UInt64 {
        func number(_ from: Int, _ count: Int) -> Int {
            (from..<from + count).reduce(0) { $0 * 10 + Int(text[$1]) - 48 }
        }
        let fraction = text[19] == UInt8(ascii: ".") ? number(20, 6) : 0
        let clock = (number(11, 2) * 60 + number(14, 2)) * 60 + number(17, 2)
        let seconds = days(number(0, 4), number(5, 2), number(8, 2)) * 86_400 + clock
        return UInt64(seconds * 1_000_000 + fraction) * 1000
    }

    /// Days since 1970 of a day of the Gregorian calendar, whose years here begin in March.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return year * 365 + year / 4 - year / 100 + year / 400 + dayOfYear - 719_468
    }
}
