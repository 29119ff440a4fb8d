import Catalog
import ClickModel
import Logging

/// Where streams begin, checked against the log that is there.
enum StreamStarts {
    /// Moves streams that begin beyond the log's end to that end.
    ///
    /// The log was lost then, or put back from a copy, and they would deliver nothing until it has
    /// caught up.
    static func bringInside(
        _ log: any EventLog,
        of catalog: Catalog,
        _ logger: Logger
    ) async throws {
        let end = log.bounds.upperBound
        for stream in try await catalog.streams() where stream.start > end {
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
