import CLinux
import Glibc

/// A thread for an event loop.
enum LoopThread {
    private final class Work {
        let name: String
        let body: @Sendable () -> Void

        init(_ name: String, _ body: @escaping @Sendable () -> Void) {
            (self.name, self.body) = (name, body)
        }
    }

    /// Starts a thread that ends when `body` returns.
    static func start(named name: String, _ body: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let work = Unmanaged.passRetained(Work(name, body))
        let code = pthread_create(
            &thread,
            nil,
            { raw in
                guard let raw else { return nil }
                let work = Unmanaged<Work>.fromOpaque(raw).takeRetainedValue()
                pthread_setname_np(pthread_self(), work.name)
                work.body()
                return nil
            },
            work.toOpaque()
        )
        precondition(code == 0, "no thread for an event loop: \(code)")
        pthread_detach(thread)
    }
}
