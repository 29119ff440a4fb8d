package import ClickModel
package import Logging

/// What delivery works with, the same for every stream.
package struct DeliverySurroundings: Sendable {
    let log: any EventLog
    let ledger: any DeliveryLedger
    let streams: any StreamDirectory
    let metrics: ServiceMetrics
    let logger: Logger
    let time: any TimeSource
    let room: BodyRoom

    package init(
        log: any EventLog,
        ledger: any DeliveryLedger,
        streams: any StreamDirectory,
        metrics: ServiceMetrics,
        logger: Logger,
        time: any TimeSource = SystemTime(),
        room: BodyRoom = BodyRoom()
    ) {
        self.log = log
        self.ledger = ledger
        self.streams = streams
        self.metrics = metrics
        self.logger = logger
        self.time = time
        self.room = room
    }
}

extension DeliverySurroundings {
    /// Stores how the test of a pending destination ended.
    ///
    /// - Returns: Whether that could be stored.
    func settle(
        _ pending: PendingDestination,
        of stream: EventStream,
        reason: String?
    ) async -> Bool {
        do {
            try await streams.settlePending(pending, of: stream.id, reason: reason)
            return true
        } catch {
            logger.error(
                "the outcome of a test delivery was not stored",
                metadata: ["stream": "\(stream.id)", "error": "\(error)"]
            )
            return false
        }
    }

    /// Takes a replay out.
    ///
    /// - Returns: Whether that could be stored.
    func finish(_ replay: Replay) async -> Bool {
        do {
            try await streams.finishReplay(replay.id)
            return true
        } catch {
            logger.error(
                "a replay's end was not stored",
                metadata: ["replay": "\(replay.id)", "error": "\(error)"]
            )
            return false
        }
    }

    /// Stores a state that a stream came to by itself, if it is still in one of the given ones.
    ///
    /// - Returns: Whether that could be asked of the catalog at all.
    func note(
        _ state: StreamState,
        of stream: EventStream,
        from allowed: Set<StreamStatus>,
        tested destination: Destination? = nil
    ) async -> Bool {
        do {
            try await streams.setState(
                state,
                of: stream.id,
                from: allowed,
                tested: destination
            )
            return true
        } catch {
            logger.error(
                "a stream's state was not stored",
                metadata: ["stream": "\(stream.id)", "error": "\(error)"]
            )
            return false
        }
    }
}
