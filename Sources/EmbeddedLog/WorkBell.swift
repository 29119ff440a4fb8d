import ClickModel
import Dispatch
import Synchronization

/// How a thread of the log's is told that there is work, and tells that it has ended.
final class WorkBell: Sendable {
    private let isRung = Atomic<Bool>(false)
    private let bell = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    /// Says that there is work.
    ///
    /// Cheap: at most one signal until the thread has looked.
    func ring() {
        if !isRung.exchange(true, ordering: .acquiringAndReleasing) { bell.signal() }
    }

    /// Blocks the thread until it is rung for, or until the time has come.
    func wait(until time: DispatchTime = .distantFuture) {
        _ = bell.wait(timeout: time)
        isRung.store(false, ordering: .sequentiallyConsistent)
    }

    /// The thread does nothing more.
    func end() { ended.signal() }

    /// Rings for a thread that is to end, and blocks until it has.
    func ringForTheEnd() {
        ring()
        ended.wait()
    }
}

/// A result that a thread waits for.
final class Outcome: Sendable {
    private let result = Mutex<Result<Void, LogError>?>(nil)
    private let bell = DispatchSemaphore(value: 0)

    func settle(_ result: Result<Void, LogError>) {
        self.result.withLock { $0 = result }
        bell.signal()
    }

    func wait() -> Result<Void, LogError> {
        bell.wait()
        return result.withLock { $0 } ?? .failure(.closed)
    }
}
