import Foundation

#if canImport(Glibc)
    import CLinux
    import Glibc
#else
    import Darwin
#endif

/// A thread of the service's own, beside those that tasks run on.
package enum OwnThread {
    /// How a thread shares a core with others.
    package enum Turns: Sendable {
        /// Visitors wait for it: it takes over as soon as it has something to do, and gives way as soon.
        case short
        /// It has much to do that visitors seldom wait for: it gives way to those that they do wait for.
        ///
        /// On a full core it still gets about a third of what the others get: what it does must not stop.
        case long

        fileprivate var nanoseconds: UInt64 { self == .short ? 100_000 : 3_000_000 }
        fileprivate var niceness: Int32 { self == .short ? 0 : 5 }
    }

    /// Starts a thread that ends when `body` returns.
    ///
    /// - Parameters:
    ///   - name: For whoever looks at the process: 15 characters at most.
    ///   - turns: How it shares a core, where the system takes notice.
    ///   - body: What it does.
    package static func start(
        _ name: String,
        _ turns: Turns,
        _ body: @escaping @Sendable () -> Void
    ) {
        Thread {
            #if canImport(Glibc)
                pthread_setname_np(pthread_self(), name)
                _ = clinux_take_turns(turns.nanoseconds, turns.niceness)
            #else
                pthread_setname_np(name)
            #endif
            body()
        }.start()
    }
}
