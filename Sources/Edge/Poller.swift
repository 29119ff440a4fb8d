import CLinux
import Glibc

/// The sockets that one event loop waits for (epoll), each known by a number.
///
/// Edge-triggered: a socket is told of once when something comes, not for as long as it lies there. That spares
/// the kernel a second look at each socket that was read, and us a system call for each one that is
/// not to be read for a while; who is told must read until nothing is left, or remember that.
struct Poller: ~Copyable {
    /// What happened to a socket.
    struct Happening {
        private let events: UInt32
        /// What the socket was added with.
        let token: UInt

        fileprivate init(_ event: epoll_event) {
            events = event.events
            token = UInt(truncatingIfNeeded: event.data.u64)
        }

        var canRead: Bool { events & (EPOLLIN.rawValue) != 0 || isEnding }
        /// Whether the other side sends nothing more, or the socket is broken: reading will tell.
        var isEnding: Bool {
            events & (EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0
        }
        var canWrite: Bool {
            events & (EPOLLOUT.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0
        }
    }

    private static let capacity = 1024

    private let descriptor: CInt
    private let events: UnsafeMutablePointer<epoll_event>

    init() {
        descriptor = epoll_create1(CInt(EPOLL_CLOEXEC))
        precondition(descriptor >= 0, "no epoll: \(errno)")
        events = .allocate(capacity: Self.capacity)
    }

    deinit {
        close(descriptor)
        events.deallocate()
    }

    /// Waits for a socket; false when the system can't.
    borrowing func add(_ socket: CInt, _ token: UInt) -> Bool {
        var event = epoll_event()
        event.events =
            EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
        event.data.u64 = UInt64(token)
        return epoll_ctl(descriptor, EPOLL_CTL_ADD, socket, &event) == 0
    }

    /// Forgets a socket, before it is closed: a copy in a process that is being started would keep it here.
    borrowing func remove(_ socket: CInt) {
        var event = epoll_event()
        epoll_ctl(descriptor, EPOLL_CTL_DEL, socket, &event)
    }

    /// Waits until something happens, for so many milliseconds (-1: for ever); returns how much did.
    borrowing func wait(milliseconds: CInt) -> Int {
        // An interrupted wait is one in which nothing happened.
        max(0, Int(epoll_wait(descriptor, events, CInt(Self.capacity), milliseconds)))
    }

    /// What the last wait has found.
    borrowing func happening(_ index: Int) -> Happening { Happening(events[index]) }
}
