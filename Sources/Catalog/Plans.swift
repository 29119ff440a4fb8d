package import ClickModel
import Foundation
import GRDB

/// What a plan may include.
package enum PlanFeature: String, CaseIterable, Codable, Sendable {
    /// Streams to webhooks.
    case clickstream
    /// Streams to the other kinds of destinations.
    case sinks
}

/// What a workspace may have: data that operators edit.
package struct Plan: Hashable, Sendable {
    let number: Int64
    package let id: String
    package let name: String
    package let features: Set<PlanFeature>
    /// How many streams a workspace may have; nil for as many as it likes.
    package let streams: Int?
    /// How many links a workspace may have; nil for as many as it likes.
    package let links: Int?
    /// How many events a workspace may have in a month (UTC); nil for as many as it likes.
    package let events: Int?
    /// Whether a new workspace gets it.
    package let isStandard: Bool
    package let createdAt: Timestamp
    package let updatedAt: Timestamp

    /// Longest name in bytes.
    package static let longestName = 128

    static let columns =
        "plans.number, plans.id, plans.name, plans.features, plans.streams, plans.links, "
        + "plans.isStandard, plans.createdAt, plans.updatedAt, plans.events"
    static let orders: [Page.Order: String] = [
        .createdAt: "plans.createdAt", .updatedAt: "plans.updatedAt", .name: "plans.name",
    ]

    init(_ row: Row) {
        number = row[0]
        id = row[1]
        name = row[2]
        let features = try? JSONDecoder().decode([String].self, from: Data((row[3] as String).utf8))
        self.features = Set((features ?? []).compactMap(PlanFeature.init(rawValue:)))
        streams = row[4]
        links = row[5]
        isStandard = row[6]
        createdAt = Timestamp(microseconds: row[7])
        updatedAt = Timestamp(microseconds: row[8])
        events = row[9]
    }

    /// The plan with an id or a name.
    static func find(_ db: Database, _ idOrName: String) throws -> Plan {
        let row = try Row.fetchOne(
            db,
            sql: "SELECT \(columns) FROM plans WHERE id = ? OR name = ?",
            arguments: [idOrName, idOrName]
        )
        guard let row else { throw CatalogError.notFound("plan") }
        return Plan(row)
    }

    /// Every plan, oldest first.
    static func all(_ db: Database) throws -> [Plan] {
        try Row.fetchAll(db, sql: "SELECT \(columns) FROM plans ORDER BY number").map(Plan.init)
    }
}

/// What a plan is made of, or changed to; what is nil stays, an inner nil takes a limit away.
package struct PlanEdit: Sendable {
    package var name: String?
    package var features: Set<PlanFeature>?
    package var streams: Int??
    package var links: Int??
    package var events: Int??
    /// True makes it the one that new workspaces get.
    package var isStandard: Bool?

    package init(
        name: String? = nil,
        features: Set<PlanFeature>? = nil,
        streams: Int?? = nil,
        links: Int?? = nil,
        events: Int?? = nil,
        isStandard: Bool? = nil
    ) {
        self.name = name
        self.features = features
        self.streams = streams
        self.links = links
        self.events = events
        self.isStandard = isStandard
    }
}

extension PlanEdit {
    /// What it sets, in words.
    fileprivate var details: [String: String] {
        func limit(_ value: Int??) -> String? { value.map { $0.map(String.init) ?? "none" } }
        return [
            "name": name,
            "features": features.map { $0.map(\.rawValue).sorted().joined(separator: ",") },
            "streams": limit(streams), "links": limit(links), "events": limit(events),
            "default": isStandard.map(String.init),
        ].compactMapValues(\.self)
    }
}

extension Catalog {
    package func plan(_ idOrName: String) async throws(CatalogError) -> Plan {
        try await read { try Plan.find($0, idOrName) }
    }

    /// Plans, newest first unless the page says otherwise.
    package func plans(_ page: Page) async throws(CatalogError) -> [Plan] {
        try await read { db in
            var conditions = Conditions()
            let rest = try page.apply(
                db,
                table: "plans",
                columns: Plan.orders,
                to: &conditions
            )
            return try Row.fetchAll(
                db,
                sql: "SELECT \(Plan.columns) FROM plans \(rest)",
                arguments: conditions.arguments
            ).map(Plan.init)
        }
    }

    package func planCount() async throws(CatalogError) -> Int {
        try await read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM plans") ?? 0 }
    }

    /// Makes a plan; what isn't given is without a feature and without a limit.
    package func createPlan(_ edit: PlanEdit) async throws(CatalogError) -> Plan {
        try await change { [self] db, consequences in
            let id = settings.newID()
            let now = settings.now().microseconds
            let name = edit.name ?? ""
            try Self.check(db, name: name, of: id)
            try db.execute(
                sql: """
                    INSERT INTO plans (id, name, features, createdAt, updatedAt)
                    VALUES (?, ?, '[]', ?, ?)
                    """,
                arguments: [id, name, now, now]
            )
            consequences.note("create", "plan", id: id, name: name, in: nil, edit.details)
            return try store(db, edit, of: try Plan.find(db, id), &consequences)
        }
    }

    /// Changes a plan; streams that it leaves no room for are paused.
    package func updatePlan(
        _ idOrName: String,
        _ edit: PlanEdit
    ) async throws(CatalogError) -> Plan {
        try await change { [self] db, consequences in
            let plan = try Plan.find(db, idOrName)
            if let name = edit.name { try Self.check(db, name: name, of: plan.id) }
            consequences.note(
                "update",
                "plan",
                id: plan.id,
                name: edit.name ?? plan.name,
                in: nil,
                edit.details
            )
            return try store(db, edit, of: plan, &consequences)
        }
    }

    /// Removes a plan that no workspace has.
    ///
    /// - Throws: `inUse` while one has it, and for the one that new workspaces get.
    package func deletePlan(_ idOrName: String) async throws(CatalogError) -> Plan {
        try await change { db, consequences in
            let plan = try Plan.find(db, idOrName)
            guard !plan.isStandard else {
                throw CatalogError.inUse("new workspaces get this plan: make another one that")
            }
            let used = try Int.fetchOne(
                db,
                sql: "SELECT 1 FROM workspaces WHERE plan = ? LIMIT 1",
                arguments: [plan.number]
            )
            guard used == nil else {
                throw CatalogError.inUse("there are still workspaces with this plan")
            }
            try db.execute(sql: "DELETE FROM plans WHERE number = ?", arguments: [plan.number])
            consequences.note("delete", "plan", id: plan.id, name: plan.name, in: nil)
            return plan
        }
    }

    /// Gives a workspace a plan; streams that it leaves no room for are paused.
    package func assignPlan(
        _ idOrName: String,
        to workspaceID: String
    ) async throws(CatalogError) -> Workspace {
        try await change { [self] db, consequences in
            try assign(db, idOrName, to: Workspace.find(db, id: workspaceID), &consequences)
        }
    }

    func assign(
        _ db: Database,
        _ idOrName: String,
        to workspace: Workspace,
        _ consequences: inout Consequences
    ) throws -> Workspace {
        let plan = try Plan.find(db, idOrName)
        try db.execute(
            sql: "UPDATE workspaces SET plan = ?, updatedAt = ? WHERE number = ?",
            arguments: [plan.number, settings.now().microseconds, workspace.number]
        )
        consequences.note(
            "assign",
            "plan",
            id: plan.id,
            name: plan.name,
            in: workspace.number
        )
        try pauseBeyond(plan, db, in: workspace.number, &consequences)
        try applyMonth(db, of: workspace.number, plan, &consequences)
        return try Workspace.find(db, id: workspace.id)
    }

    private static func check(_ db: Database, name: String, of id: String) throws {
        try Names.check(name, longest: Plan.longestName)
        let taken = try Int.fetchOne(
            db,
            sql: "SELECT 1 FROM plans WHERE (name = ? OR id = ?) AND id <> ?",
            arguments: [name, name, id]
        )
        guard taken == nil else { throw CatalogError.duplicate("name") }
    }

    private func store(
        _ db: Database,
        _ edit: PlanEdit,
        of plan: Plan,
        _ consequences: inout Consequences
    ) throws -> Plan {
        let features = (edit.features ?? plan.features).map(\.rawValue).sorted()
        try db.execute(
            sql: """
                UPDATE plans SET name = ?, features = ?, streams = ?, links = ?, events = ?, updatedAt = ?
                WHERE number = ?
                """,
            arguments: [
                edit.name ?? plan.name, try SealedParts.text(features),
                edit.streams ?? plan.streams, edit.links ?? plan.links,
                edit.events ?? plan.events, settings.now().microseconds, plan.number,
            ]
        )
        if edit.isStandard == true {
            try db.execute(
                sql: "UPDATE plans SET isStandard = (number = ?)",
                arguments: [plan.number]
            )
        } else if edit.isStandard == false, plan.isStandard {
            throw CatalogError.invalid("default", "make another plan the default one instead")
        }
        let changed = try Plan.find(db, plan.id)
        guard
            changed.features != plan.features || changed.streams != plan.streams
                || changed.events != plan.events
        else { return changed }
        let workspaces = try Int64.fetchAll(
            db,
            sql: "SELECT number FROM workspaces WHERE plan = ?",
            arguments: [plan.number]
        )
        for workspace in workspaces {
            try pauseBeyond(changed, db, in: workspace, &consequences)
            try applyMonth(db, of: workspace, changed, &consequences)
        }
        return changed
    }
}
