import Logging
import ServiceLifecycle

/// A part of the running service that starts before the group runs and stops in its turn.
///
/// Services stop in the reverse of their order in the group, each after the next one has ended: the
/// edge first, the catalog last. So a click that was accepted is in the log before the log closes.
struct Stage: Service {
    let name: String
    let logger: Logger
    let stop: @Sendable () async -> Void

    init(_ name: String, _ logger: Logger, stop: @escaping @Sendable () async -> Void) {
        self.name = name
        self.logger = logger
        self.stop = stop
    }

    func run() async throws {
        try? await gracefulShutdown()
        await stop()
        logger.debug("stopped", metadata: ["part": "\(name)"])
    }
}
