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
    package enum Share: Sendable {
        /// Visitors wait for it: it takes over as soon as it has something to do, and gives way as soon.
        case prompt
        /// Nobody waits for it now: it stands back.
        case patient

        /// See `clinux_share_core`; turns are of nanoseconds.
        ///
        /// A patient thread gets a tenth of a core that is busy otherwise: what it does must not stop for good.
        fileprivate var figures: (niceness: Int32, turn: UInt64) {
            switch self {
            case .prompt: (0, 100_000)
            case .patient: (10, 3_000_000)
            }
        }
    }

    /// Starts a thread that ends when `body` returns.
    ///
    /// - Parameters:
    ///   - name: For whoever looks at the process: 15 characters at most.
    ///   - share: How it shares a core, where the system takes notice.
    ///   - body: What it does.
    package static func start(
        _ name: String,
        _ share: Share,
        _ body: @escaping @Sendable () -> Void
    ) {
        Thread {
            #if canImport(Glibc)
                pthread_setname_np(pthread_self(), name)
                let (niceness, turn) = share.figures
                _ = clinux_share_core(niceness, turn)
            #else
                pthread_setname_np(name)
            #endif
            body()
        }.start()
    }
}
