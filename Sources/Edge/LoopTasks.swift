import CLinux
import Glibc
import Synchronization

/// Work that other threads give to an event loop.
final class LoopTasks: Sendable {
    private struct Queue {
        var waiting: [@Sendable () -> Void] = []
        /// Whether the loop will look at the queue before it sleeps.
        var isAwake = true
        var hasEnded = false
    }

    private let queue = Mutex(Queue())
    /// Becomes readable when the loop must wake (eventfd).
    let bell: CInt

    init() {
        bell = eventfd(0, CInt(EFD_NONBLOCK | EFD_CLOEXEC))
        precondition(bell >= 0, "no eventfd: \(errno)")
    }

    deinit { close(bell) }

    /// Has the loop do something after the sockets that are ready; false when the loop has ended.
    @discardableResult
    func execute(_ task: @escaping @Sendable () -> Void) -> Bool {
        let wasAwake = queue.withLock { queue -> Bool? in
            guard !queue.hasEnded else { return nil }
            queue.waiting.append(task)
            defer { queue.isAwake = true }
            return queue.isAwake
        }
        // Not under the lock: on a shared core the loop runs at once, and would wait for it.
        if wasAwake == false { eventfd_write(bell, 1) }
        return wasAwake != nil
    }

    // MARK: - On the loop

    /// Whether the loop may sleep, because nothing waits: what comes from now on rings the bell.
    func maySleep() -> Bool {
        queue.withLock { queue in
            queue.isAwake = !queue.waiting.isEmpty
            return !queue.isAwake
        }
    }

    /// Swaps what waits, in its order, for an empty list.
    func take(_ tasks: inout [@Sendable () -> Void]) {
        queue.withLock { queue in
            queue.isAwake = true
            swap(&queue.waiting, &tasks)
        }
    }

    func silenceBell() {
        var rings: eventfd_t = 0
        eventfd_read(bell, &rings)
    }

    /// Takes nothing more; what waits is left undone.
    func end() {
        queue.withLock { queue in
            queue.hasEnded = true
            queue.waiting = []
        }
    }
}
