package import ClickModel
import GRDB

/// How many events a workspace had in a month (UTC).
package struct MonthlyUsage: Hashable, Sendable {
    /// Such as `2026-11`.
    package let month: String
    package let events: Int64

    package init(month: String, events: Int64) { (self.month, self.events) = (month, events) }
}

/// What a workspace has had until now, as the log counts it.
package struct UsageCount: Hashable, Sendable {
    package let workspace: WorkspaceNumber
    /// Events that it had ever had when the month began.
    package let startTotal: Int64
    /// Events that it has ever had.
    package let total: Int64

    package init(workspace: WorkspaceNumber, startTotal: Int64, total: Int64) {
        (self.workspace, self.startTotal, self.total) = (workspace, startTotal, total)
    }
}

extension Catalog {
    /// Why a stream is paused whose workspace has used up its events of the month.
    static let monthlyLimit = "MonthlyLimit"

    /// The numbers of all workspaces, with how many events each had had when the month began; nil where nobody noted it yet.
    package func usageStarts(
        in month: String
    ) async throws(CatalogError) -> [(workspace: WorkspaceNumber, startTotal: Int64?)] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT number, startTotal FROM workspaces
                    LEFT JOIN usage ON usage.workspace = workspaces.number AND month = ? ORDER BY number
                    """,
                arguments: [month]
            ).map { ($0[0], $0[1]) }
        }
    }

    /// Notes what workspaces have had in a month, pauses the streams of those that have used up what their plan gives, and lets
    /// them go on where it gives more again.
    package func noteUsage(
        _ counts: [UsageCount],
        in month: String
    ) async throws(CatalogError) {
        try await change { [self] db, consequences in
            for count in counts {
                // The month before ends where this one begins.
                try db.execute(
                    sql: """
                        UPDATE usage SET events = max(events, :start - startTotal) WHERE workspace = :workspace
                        AND month = (SELECT MAX(month) FROM usage WHERE workspace = :workspace AND month < :month)
                        AND NOT EXISTS (SELECT 1 FROM usage WHERE workspace = :workspace AND month = :month)
                        """,
                    arguments: [
                        "start": count.startTotal, "workspace": count.workspace, "month": month,
                    ]
                )
                try db.execute(
                    sql: """
                        INSERT INTO usage (workspace, month, startTotal, events)
                        SELECT number, ?, ?, ? FROM workspaces WHERE number = ?
                        ON CONFLICT (workspace, month) DO UPDATE SET
                            -- A log that begins anew counts on from what the month had.
                            startTotal = CASE WHEN ? < startTotal + events THEN ? - events ELSE startTotal END,
                            events = CASE WHEN ? < startTotal + events THEN events ELSE ? - startTotal END
                        """,
                    arguments: [
                        month, count.startTotal, count.total - count.startTotal, count.workspace,
                        count.total, count.total, count.total, count.total,
                    ]
                )
            }
            // Of a clock that was wrong.
            try db.execute(sql: "DELETE FROM usage WHERE month > ?", arguments: [month])
            let concerned = try Row.fetchAll(
                db,
                sql: """
                    SELECT workspaces.number FROM workspaces JOIN plans ON plans.number = plan
                    WHERE events IS NOT NULL OR EXISTS (
                        SELECT 1 FROM streams WHERE workspace = workspaces.number AND statusReason = ?)
                    """,
                arguments: [Self.monthlyLimit]
            )
            for row in concerned {
                let workspace: WorkspaceNumber = row[0]
                guard let plan = try? plan(db, of: workspace) else { continue }
                try applyMonth(db, of: workspace, plan, &consequences)
            }
        }
    }

    /// A workspace's months, newest first.
    package func usage(of workspace: Workspace) async throws(CatalogError) -> [MonthlyUsage] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: "SELECT month, events FROM usage WHERE workspace = ? ORDER BY month DESC",
                arguments: [workspace.number]
            ).map { MonthlyUsage(month: $0[0], events: $0[1]) }
        }
    }

    /// How many events a workspace had in this month.
    package func usageOfThisMonth(of workspace: Workspace) async throws(CatalogError) -> Int {
        try await read { [self] db in try events(db, ofThisMonthIn: workspace.number) }
    }

    /// - Throws: `beyondPlan` when the workspace has used up what its plan gives it in this month.
    package func requireRoomForEvents(in workspace: Workspace) async throws(CatalogError) {
        try await read { [self] db in try requireRoom(db, forEventsIn: workspace.number) }
    }

    /// How many events the workspace had in this month.
    func events(_ db: Database, ofThisMonthIn workspace: WorkspaceNumber) throws -> Int {
        try Int.fetchOne(
            db,
            sql: "SELECT events FROM usage WHERE workspace = ? AND month = ?",
            arguments: [workspace, settings.now().month]
        ) ?? 0
    }

    /// Brings a workspace's streams in line with what its plan gives it in this month.
    func applyMonth(
        _ db: Database,
        of workspace: WorkspaceNumber,
        _ plan: Plan,
        _ consequences: inout Consequences
    ) throws {
        let isUsedUp =
            try plan.events.map { try events(db, ofThisMonthIn: workspace) >= $0 } ?? false
        let condition =
            isUsedUp
            ? "status IN ('active', 'failing')"
            : "status IN ('paused', 'verifying') AND statusReason = ?"
        let streams = try Row.fetchAll(
            db,
            sql: "SELECT \(Self.streamColumns) FROM streams WHERE workspace = ? AND \(condition)",
            arguments: isUsedUp ? [workspace] : [workspace, Self.monthlyLimit]
        ).map { record($0).stream }
        for stream in streams {
            let state =
                isUsedUp
                ? StreamState(.paused, reason: Self.monthlyLimit, since: settings.now())
                // One that was not let begin is tested again.
                : stream.state.status == .verifying
                    ? StreamState(.verifying, since: stream.state.since)
                    : StreamState(.active, since: settings.now())
            if !isUsedUp {
                do {
                    try requireRoom(db, toRun: stream)
                } catch CatalogError.beyondPlan {
                    continue
                }
            }
            try store(db, state, of: stream, &consequences)
            consequences.touchesStreams = true
        }
    }
}

extension Timestamp {
    /// The month in UTC, such as `2026-11`.
    package var month: String { String(description.prefix(7)) }
}
