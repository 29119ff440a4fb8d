import ClickModel
import GRDB

/// What plans allow, asked within the change that it is about.
extension Catalog {
    /// Why a stream is paused that its workspace's plan leaves no room for.
    static let planLimit = "PlanLimit"

    func plan(_ db: Database, of workspace: WorkspaceNumber) throws -> Plan {
        let row = try Row.fetchOne(
            db,
            sql: """
                SELECT \(Plan.columns) FROM plans JOIN workspaces ON workspaces.plan = plans.number
                WHERE workspaces.number = ?
                """,
            arguments: [workspace]
        )
        guard let row else { throw CatalogError.notFound("plan") }
        return Plan(row)
    }

    /// Refuses a new stream that the plan doesn't include or leaves no room for.
    func requireRoom(
        _ db: Database,
        forStreamOfKind kind: String,
        in workspace: WorkspaceNumber
    ) throws {
        let plan = try plan(db, of: workspace)
        try require(featuresFor: kind, of: plan, db)
        let count = try Self.count(db, "streams", in: workspace)
        try require(room: \.streams, count, "stream", of: plan, db)
    }

    /// Refuses to let a stream run that the plan doesn't include or leaves no room for beside those that run.
    func requireRoom(_ db: Database, toRun stream: EventStream) throws {
        let plan = try plan(db, of: stream.workspace)
        try require(featuresFor: stream.destination.kind, of: plan, db)
        let count = try Int.fetchOne(
            db,
            sql: """
                SELECT COUNT(*) FROM streams
                WHERE workspace = ? AND id <> ? AND status IN ('active', 'failing')
                """,
            arguments: [stream.workspace, stream.id.description]
        )
        try require(room: \.streams, count ?? 0, "stream", of: plan, db)
        try requireRoom(db, forEventsIn: stream.workspace)
    }

    /// Why the plan doesn't let a stream run that has just been confirmed; nil when it does.
    func reasonNotToRun(_ db: Database, _ stream: EventStream) throws -> String? {
        do {
            try requireRoom(db, toRun: stream)
            return nil
        } catch CatalogError.beyondPlan {
            do {
                try requireRoom(db, forEventsIn: stream.workspace)
                return Self.planLimit
            } catch CatalogError.beyondPlan {
                return Self.monthlyLimit
            }
        }
    }

    /// Refuses what would bring or send more events in a month than the plan gives.
    func requireRoom(_ db: Database, forEventsIn workspace: WorkspaceNumber) throws {
        let plan = try plan(db, of: workspace)
        guard plan.events != nil else { return }
        let events = try events(db, ofThisMonthIn: workspace)
        try require(room: \.events, events, "event", of: plan, db, "a month")
    }

    /// Refuses new links that the plan leaves no room for.
    func requireRoom(_ db: Database, forLinks new: Int, in workspace: WorkspaceNumber) throws {
        let plan = try plan(db, of: workspace)
        guard plan.links != nil else { return }
        let count = try Int.fetchOne(
            db,
            sql: "SELECT links FROM workspaces WHERE number = ?",
            arguments: [workspace]
        )
        // What is asked is whether there is room for one more.
        try require(room: \.links, (count ?? 0) + new - 1, "link", of: plan, db)
    }

    /// Pauses the streams that a plan leaves no room for, the youngest first; those that have not been confirmed stay so, and come
    /// behind those that run.
    func pauseBeyond(
        _ plan: Plan,
        _ db: Database,
        in workspace: WorkspaceNumber,
        _ consequences: inout Consequences
    ) throws {
        let streams = try Row.fetchAll(
            db,
            sql: """
                SELECT \(Self.streamColumns) FROM streams
                WHERE workspace = ? AND status IN ('active', 'failing', 'verifying')
                ORDER BY status = 'verifying', number
                """,
            arguments: [workspace]
        ).map { record($0).stream }
        var room = plan.streams ?? .max
        for stream in streams {
            if plan.includes(stream.destination.kind), room > 0 {
                room -= 1
                continue
            }
            if stream.state.reason == Self.planLimit { continue }
            let status = stream.state.status.isDelivering ? StreamStatus.paused : .verifying
            let since = status == stream.state.status ? stream.state.since : settings.now()
            let state = StreamState(status, reason: Self.planLimit, since: since)
            try store(db, state, of: stream, &consequences)
            consequences.touchesStreams = true
        }
    }

    private func require(featuresFor kind: String, of plan: Plan, _ db: Database) throws {
        guard let missing = plan.missing(for: kind) else { return }
        throw CatalogError.beyondPlan(
            code: "OwnerFeatureNotIncluded",
            "the workspace's plan \(plan.name) doesn't include \(missing.rawValue); "
                + (try others(db) { $0.includes(kind) }) + upgrade
        )
    }

    private func require(
        room limit: KeyPath<Plan, Int?>,
        _ count: Int,
        _ what: String,
        of plan: Plan,
        _ db: Database,
        _ when: String? = nil
    ) throws {
        guard let most = plan[keyPath: limit], count >= most else { return }
        throw CatalogError.beyondPlan(
            code: "OwnerLimitReached",
            "the workspace's plan \(plan.name) allows no more than \(most) \(what)\(most == 1 ? "" : "s")\(when.map { " \($0)" } ?? ""); "
                + (try others(db) {
                    // One that takes away what the workspace has would not do.
                    $0.features.isSuperset(of: plan.features)
                        && $0[keyPath: limit].map { $0 > most } ?? true
                }) + upgrade
        )
    }

    /// Which plans would do, as a part of a sentence.
    private func others(_ db: Database, _ would: (Plan) -> Bool) throws -> String {
        let names = try Plan.all(db).filter(would).map(\.name)
        return names.isEmpty
            ? "no plan would do" : "these would do: \(names.joined(separator: ", "))"
    }

    /// Where to get another plan, as the end of a sentence.
    private var upgrade: String { settings.upgradeURL.map { "; plans: \($0)" } ?? "" }
}

extension Plan {
    /// Whether a stream to a kind of destination is in it.
    fileprivate func includes(_ kind: String) -> Bool { missing(for: kind) == nil }

    /// The feature that a stream to a kind of destination lacks.
    fileprivate func missing(for kind: String) -> PlanFeature? {
        if !features.contains(.clickstream) { return .clickstream }
        return kind == "webhook" || features.contains(.sinks) ? nil : .sinks
    }
}
