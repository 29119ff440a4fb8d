import Catalog
import ClickModel
import Logging

/// Where streams begin, checked against the log that is there.
enum StreamStarts {
    /// Moves streams that begin beyond the log's end to that end, and has others skip nothing up to a place beyond it.
    ///
    /// The log was lost then, or put back from a copy, and they would deliver nothing until it has
    /// caught up. Replays of events that it doesn't have any more are over.
    static func bringInside(
        _ log: any EventLog,
        of catalog: Catalog,
        _ logger: Logger
    ) async throws {
        let end = log.bounds.upperBound
        for stream in try await catalog.streams() {
            if let replay = stream.replay {
                guard replay.covers.upperBound > end else { continue }
                logger.error(
                    "the log ends before a replay's events: it was lost or put back; the replay is over",
                    metadata: ["replay": "\(stream.id)", "end": "\(end.value)"]
                )
                try await catalog.finishReplay(stream.id)
                continue
            }
            guard stream.start > end else {
                if let skipTo = stream.skipTo, skipTo > end {
                    // What it names were events of the log that was.
                    try await catalog.setStart(
                        stream.start,
                        total: stream.startTotal,
                        of: stream.id
                    )
                }
                continue
            }
            logger.error(
                "the log ends before a stream's start: it was lost or put back; going on from its end",
                metadata: [
                    "stream": "\(stream.id)", "start": "\(stream.start.value)",
                    "end": "\(end.value)",
                ]
            )
            let total = try await log.total(of: stream.workspace, before: end)
            try await catalog.setStart(end, total: total, of: stream.id)
        }
    }
}
