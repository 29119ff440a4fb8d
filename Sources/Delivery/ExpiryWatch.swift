import ClickModel
import Logging

/// Warns before events of a stream expire: when 70 and when 90 % of their time are over.
///
/// An event's time is `maxAge` while its stream's receiver fails, and the log's retention otherwise: a stream that is paused,
/// disabled or behind loses what retention trims, by age or by bytes.
package struct ExpiryWatch: Sendable {
    /// The warnings, the last one first.
    private static let percents = [90, 70]
    private static let interval = Duration.seconds(60)

    private let surroundings: DeliverySurroundings
    private let retention: Duration

    /// - Parameters:
    ///   - surroundings: What delivery works with.
    ///   - retention: How long the log keeps events.
    package init(in surroundings: DeliverySurroundings, retention: Duration) {
        (self.surroundings, self.retention) = (surroundings, retention)
    }

    /// Looks once a minute until cancelled.
    package func run() async {
        while !Task.isCancelled {
            await look()
            try? await surroundings.time.sleep(for: Self.interval)
        }
    }

    /// Looks at every stream, and announces what has changed.
    package func look() async {
        do {
            for stream in try await surroundings.streams.streams()
            where stream.replay == nil {
                let found = try await announcement(for: stream)
                // Each step is told once, and the first one again only after nothing was about to expire.
                let (percent, known) = (found?.percent ?? 0, stream.announced?.percent ?? 0)
                guard percent > known || (percent == 0 && known > 0) else { continue }
                try await surroundings.streams.setAnnouncement(found, of: stream)
                guard let found else { continue }
                surroundings.logger.warning(
                    "events of a stream are about to expire",
                    metadata: [
                        "stream": "\(stream.id)", "percent": "\(found.percent)",
                        "events": "\(found.events)",
                    ]
                )
            }
        } catch {
            surroundings.logger.error(
                "the streams' events could not be looked at",
                metadata: ["error": "\(error)"]
            )
        }
    }

    private func announcement(
        for stream: EventStream
    ) async throws -> ExpiryAnnouncement? {
        let position =
            try await surroundings.ledger.position(of: stream.id)
            ?? StreamPosition(stream: stream.id, checkpoint: stream.start)
        let failingSince = stream.state.status.isDelivering ? position.health.failingSince : nil
        let now = surroundings.time.now
        for percent in Self.percents {
            let byRetention = now.advanced(by: .zero - retention * percent / 100)
            var moment = byRetention
            if let failingSince {
                // An event's time begins when its receiver begins to fail, or later when it is clicked.
                let byAge = now.advanced(by: .zero - stream.maxAge * percent / 100)
                if failingSince <= byAge { moment = max(byAge, byRetention) }
            }
            let edge = max(
                try await surroundings.log.offset(at: moment),
                try await surroundings.log.offset(usedUp: percent)
            )
            guard position.checkpoint < edge else { continue }
            let events =
                try await surroundings.log.total(of: stream.workspace, before: edge)
                - stream.startTotal - position.settled
            if events > 0 { return ExpiryAnnouncement(percent: percent, events: events, at: now) }
        }
        return nil
    }
}
