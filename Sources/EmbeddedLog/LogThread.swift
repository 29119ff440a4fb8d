import ClickModel
import Dispatch
import Foundation
import Synchronization

#if canImport(Glibc)
    import CLinux
    import Glibc
#else
    import Darwin
#endif

/// A thread of the log's own.
enum LogThread {
    /// Starts one, named for whoever looks at the process (15 characters at most).
    static func start(_ name: String, _ body: @escaping @Sendable () -> Void) {
        Thread {
            #if canImport(Glibc)
                pthread_setname_np(pthread_self(), name)
            #else
                pthread_setname_np(name)
            #endif
            body()
        }.start()
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
