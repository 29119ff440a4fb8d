import CEpoll
import Glibc

enum Clock {
    /// Nanoseconds of a clock that only moves on.
    static var now: UInt64 { read(CLOCK_MONOTONIC) }
    /// Nanoseconds since 1970.
    static var wall: UInt64 { read(CLOCK_REALTIME) }
    /// Nanoseconds of CPU that this process has used.
    static var cpu: UInt64 { read(CLOCK_PROCESS_CPUTIME_ID) }

    private static func read(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}

/// An epoll instance whose events carry a number of the caller's.
final class Poll {
    private let descriptor = epoll_create1(0)
    private let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: Poll.most)
    private static let most = 1024

    func add(_ socket: Int32, _ number: Int, _ interest: EPOLL_EVENTS) {
        control(EPOLL_CTL_ADD, socket, number, interest)
    }

    func change(_ socket: Int32, _ number: Int, _ interest: EPOLL_EVENTS) {
        control(EPOLL_CTL_MOD, socket, number, interest)
    }

    private func control(_ verb: Int32, _ socket: Int32, _ number: Int, _ interest: EPOLL_EVENTS) {
        var event = epoll_event()
        event.events = interest.rawValue
        event.data.u64 = UInt64(number)
        guard epoll_ctl(descriptor, verb, socket, &event) == 0 else { fail("epoll_ctl") }
    }

    /// Waits so many nanoseconds at most, and tells of each socket that has something.
    func wait(_ nanoseconds: UInt64, _ body: (_ number: Int, _ isWritable: Bool) -> Void) {
        var time = timespec(
            tv_sec: Int(nanoseconds / 1_000_000_000),
            tv_nsec: Int(nanoseconds % 1_000_000_000)
        )
        let count = epoll_pwait2(descriptor, events, Int32(Self.most), &time, nil)
        guard count > 0 else { return }
        for index in 0..<Int(count) {
            let event = events[index]
            body(Int(event.data.u64), event.events & EPOLLOUT.rawValue != 0)
        }
    }
}

enum Socket {
    static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }

    static func make() -> Int32 {
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let socket = Glibc.socket(AF_INET, type, 0)
        guard socket >= 0 else { fail("socket") }
        set(socket, Int32(IPPROTO_TCP), TCP_NODELAY)
        return socket
    }

    /// A socket on its way to be connected.
    static func connect(to port: UInt16) -> Int32 {
        let socket = make()
        var address = loopback(port)
        _ = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return socket
    }

    static func listen(on port: UInt16) -> Int32 {
        let socket = make()
        set(socket, SOL_SOCKET, SO_REUSEADDR)
        var address = loopback(port)
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard bound == 0, Glibc.listen(socket, 4096) == 0 else { fail("listen on \(port)") }
        return socket
    }

    static func isConnected(_ socket: Int32) -> Bool {
        var error: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0
    }

    private static func set(_ socket: Int32, _ level: Int32, _ option: Int32) {
        var on: Int32 = 1
        setsockopt(socket, level, option, &on, socklen_t(MemoryLayout<Int32>.size))
    }
}

func fail(_ what: String) -> Never {
    complain("bench-load: \(what): \(String(cString: strerror(errno)))")
    exit(1)
}

func complain(_ sentence: String) {
    var line = sentence + "\n"
    line.withUTF8 { _ = write(2, $0.baseAddress, $0.count) }
}

/// One line of JSON on standard output.
func report(_ members: [(String, Double)]) {
    let text = members.map { "\"\($0)\":\($1)" }.joined(separator: ",")
    print("{\(text)}")
    fflush(nil)
}
