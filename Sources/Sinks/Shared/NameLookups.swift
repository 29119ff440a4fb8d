import ClickModel
import NIOPosix
import Synchronization

/// Asks the system's resolver for names, on threads of its own that may block.
///
/// A look-up can't be broken off, so a name server that doesn't answer holds its thread until the
/// system gives up. That is why nothing else runs on these threads, one name has one look-up under
/// way at a time, and who waits for it can stop waiting.
final class NameLookups: Sendable {
    typealias Resolver = @Sendable (String) throws -> [IPAddress]

    private static let threads = 16

    private let pool = NIOThreadPool(numberOfThreads: threads)
    private let resolve: Resolver
    private let waiting = Mutex<[String: [AsyncStream<[IPAddress]>.Continuation]]>([:])

    init(resolve: @escaping Resolver = SystemResolver.addresses) {
        self.resolve = resolve
        pool.start()
    }

    deinit { pool.shutdownGracefully { _ in } }

    /// A name's addresses, none when it doesn't resolve; nil when the task was cancelled first.
    func addresses(of name: String) async -> [IPAddress]? {
        let (found, continuation) = AsyncStream.makeStream(of: [IPAddress].self)
        let isFirst = waiting.withLock { waiting in
            waiting[name, default: []].append(continuation)
            return waiting[name]?.count == 1
        }
        if isFirst { lookUp(name) }
        for await addresses in found { return addresses }
        return nil
    }

    private func lookUp(_ name: String) {
        pool.submit { [self] state in
            let addresses = state == .active ? (try? resolve(name)) ?? [] : []
            let waiters = waiting.withLock { $0.removeValue(forKey: name) ?? [] }
            for waiter in waiters {
                waiter.yield(addresses)
                waiter.finish()
            }
        }
    }
}
