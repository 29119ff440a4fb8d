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
            let now = surroundings.time.now
            // The same for every stream, and not free: found once.
            var trimmed: [(percent: Int, before: Offset)] = []
            for percent in Self.percents {
                trimmed.append((percent, try await edge(ofRetention: percent, now)))
            }
            for stream in try await surroundings.streams.streams()
            where stream.replay == nil {
                let found = try await announcement(for: stream, trimmed, now)
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

    /// The offset before which events have used up so much of the log's retention, by age or by bytes.
    private func edge(ofRetention percent: Int, _ now: Timestamp) async throws -> Offset {
        max(
            try await surroundings.log.offset(
                at: now.advanced(by: .zero - retention * percent / 100)
            ),
            try await surroundings.log.offset(usedUp: percent)
        )
    }

    private func announcement(
        for stream: EventStream,
        _ trimmed: [(percent: Int, before: Offset)],
        _ now: Timestamp
    ) async throws -> ExpiryAnnouncement? {
        let position =
            try await surroundings.ledger.position(of: stream.id)
            ?? StreamPosition(stream: stream.id, checkpoint: stream.start)
        let failingSince = stream.state.status.isDelivering ? position.health.failingSince : nil
        for (percent, before) in trimmed {
            var edge = before
            // An event's time begins when its receiver begins to fail, or later when it is clicked.
            let byAge = now.advanced(by: .zero - stream.maxAge * percent / 100)
            if let failingSince, failingSince <= byAge {
                edge = max(edge, try await surroundings.log.offset(at: byAge))
            }
            guard position.checkpoint < edge else { continue }
            let events =
                try await surroundings.log.total(of: stream.workspace, before: edge)
                - stream.startTotal - position.settled
            if events > 0 { return ExpiryAnnouncement(percent: percent, events: events, at: now) }
        }
        return nil
    }
}
