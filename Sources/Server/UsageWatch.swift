import Catalog
import ClickModel
import Logging

/// Counts what workspaces have in a month, and lets the catalog act on it: every few seconds, from the totals that the log keeps
/// anyway, so clicks pay nothing for it.
struct UsageWatch: Sendable {
    private static let pause = Duration.seconds(10)

    private let catalog: Catalog
    private let log: any EventLog
    private let logger: Logger
    private let now: @Sendable () -> Timestamp

    init(
        _ catalog: Catalog,
        _ log: any EventLog,
        _ logger: Logger,
        now: @escaping @Sendable () -> Timestamp = { .now }
    ) {
        (self.catalog, self.log, self.logger, self.now) = (catalog, log, logger, now)
    }

    /// Runs until its task is cancelled.
    func run() async {
        var known: [WorkspaceNumber: Int64] = [:]
        var month = ""
        while !Task.isCancelled {
            do {
                let current = now().month
                if current != month { (known, month) = ([:], current) }
                try await look(&known, month)
            } catch {
                logger.error("usage can't be counted now", metadata: ["error": "\(error)"])
            }
            try? await Task.sleep(for: Self.pause)
        }
    }

    /// Notes what has changed since the last look.
    func look(_ known: inout [WorkspaceNumber: Int64], _ month: String) async throws {
        var counts: [UsageCount] = []
        var monthBegan: Offset?
        for (workspace, start) in try await catalog.usageStarts(in: month) {
            let total = try await log.total(of: workspace, before: log.bounds.upperBound)
            guard known[workspace] != total || start == nil else { continue }
            var startTotal = start
            if startTotal == nil {
                let offset: Offset
                if let monthBegan {
                    offset = monthBegan
                } else {
                    offset = try await log.offset(at: Timestamp("\(month)-01T00:00:00Z") ?? now())
                }
                monthBegan = offset
                startTotal = try await log.total(of: workspace, before: offset)
            }
            counts.append(
                UsageCount(workspace: workspace, startTotal: startTotal ?? total, total: total)
            )
        }
        guard !counts.isEmpty else { return }
        try await catalog.noteUsage(counts, in: month)
        for count in counts { known[count.workspace] = count.total }
    }
}
