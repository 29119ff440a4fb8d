package import ClickModel
import Foundation
import GRDB

/// Another destination of a link, for visitors whom a condition describes.
package struct LinkRule: Hashable, Sendable {
    package let id: String
    /// As its owner wrote it.
    package let destination: String
    /// As it goes out.
    let location: String
    package let conditions: [RoutingRule.Condition]
    package let createdAt: Timestamp
    package let updatedAt: Timestamp
}

/// What is made of a link's extras, and what a rule changes to; nil stays.
package struct LinkRuleEdit: Sendable {
    package var destination: String?
    package var conditions: [RoutingRule.Condition]?
    /// The place among the link's rules, from 1.
    package var order: Int?

    package init(
        destination: String? = nil,
        conditions: [RoutingRule.Condition]? = nil,
        order: Int? = nil
    ) {
        (self.destination, self.conditions, self.order) = (destination, conditions, order)
    }

    /// What it sets, in words.
    var details: [String: String] {
        [
            "destination": destination,
            "condition": conditions.map { parts in
                parts.map {
                    "\($0.property.rawValue)\($0.isNegated ? " not" : "") in \($0.values.joined(separator: ","))"
                }.joined(separator: " and ")
            },
        ].compactMapValues(\.self)
    }
}

extension Catalog {
    private static let mostRules = 64

    package func rules(
        ofLink id: String,
        in workspace: Workspace
    ) async throws(CatalogError) -> [LinkRule] {
        try await read { db in
            try Self.rules(db, of: Link.find(db, id: id, in: workspace.number).number)
        }
    }

    static func rules(_ db: Database, of link: Int64) throws -> [LinkRule] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT id, destination, condition, createdAt, updatedAt, location FROM linkRules
                WHERE link = ? ORDER BY position, number
                """,
            arguments: [link]
        ).map { row in
            LinkRule(
                id: row[0],
                destination: row[1],
                location: row[5],
                conditions: decoded([StoredCondition].self, row[2])?.compactMap(\.condition) ?? [],
                createdAt: Timestamp(microseconds: row[3]),
                updatedAt: Timestamp(microseconds: row[4])
            )
        }
    }

    package func createRule(
        ofLink link: String,
        in workspace: Workspace,
        _ edit: LinkRuleEdit
    ) async throws(CatalogError) -> LinkRule {
        let destination = edit.destination ?? ""
        let location = try LinkRules.location(of: destination)
        return try await changeExtras(ofLink: link, in: workspace, "add", "rule", edit.details) {
            [settings] db, link in
            let known = try Row.fetchOne(
                db,
                sql: "SELECT COUNT(*), COALESCE(MAX(position), 0) FROM linkRules WHERE link = ?",
                arguments: [link.number]
            )
            guard known?[0] ?? 0 < Self.mostRules else {
                throw CatalogError.invalid(
                    "condition",
                    "a link has at most \(Self.mostRules) rules"
                )
            }
            let id = settings.newID()
            let now = settings.now().microseconds
            try db.execute(
                sql: """
                    INSERT INTO linkRules
                        (id, link, position, destination, location, condition, createdAt, updatedAt)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    id, link.number, (known?[1] ?? 0) + 1, destination, location,
                    try SealedParts.text((edit.conditions ?? []).map(StoredCondition.init)), now,
                    now,
                ]
            )
            if let order = edit.order { try Self.move(db, rule: id, of: link, to: order) }
            return try Self.rule(db, id, of: link)
        }
    }

    package func updateRule(
        _ id: String,
        ofLink link: String,
        in workspace: Workspace,
        _ edit: LinkRuleEdit
    ) async throws(CatalogError) -> LinkRule {
        let location = try edit.destination.map { url throws(CatalogError) in
            try LinkRules.location(of: url)
        }
        return try await changeExtras(ofLink: link, in: workspace, "change", "rule", edit.details) {
            [settings] db, link in
            _ = try Self.rule(db, id, of: link)
            var assignments = Assignments()
            if let destination = edit.destination {
                assignments.set("destination", destination)
                assignments.set("location", location)
            }
            if let conditions = edit.conditions {
                assignments.set(
                    "condition",
                    try SealedParts.text(conditions.map(StoredCondition.init))
                )
            }
            assignments.set("updatedAt", settings.now().microseconds)
            try assignments.update(db, table: "linkRules", id: id)
            if let order = edit.order { try Self.move(db, rule: id, of: link, to: order) }
            return try Self.rule(db, id, of: link)
        }
    }

    package func deleteRule(
        _ id: String,
        ofLink link: String,
        in workspace: Workspace
    ) async throws(CatalogError) -> LinkRule {
        try await changeExtras(ofLink: link, in: workspace, "remove", "rule", ["rule": id]) {
            db,
            link in
            let rule = try Self.rule(db, id, of: link)
            try db.execute(sql: "DELETE FROM linkRules WHERE id = ?", arguments: [id])
            return rule
        }
    }

    package func rule(
        _ id: String,
        ofLink link: String,
        in workspace: Workspace
    ) async throws(CatalogError) -> LinkRule {
        try await read { db in
            try Self.rule(db, id, of: Link.find(db, id: link, in: workspace.number))
        }
    }

    private static func rule(_ db: Database, _ id: String, of link: Link) throws -> LinkRule {
        guard let rule = try rules(db, of: link.number).first(where: { $0.id == id }) else {
            throw CatalogError.notFound("rule")
        }
        return rule
    }

    private static func move(_ db: Database, rule id: String, of link: Link, to order: Int) throws {
        var ids = try rules(db, of: link.number).map(\.id).filter { $0 != id }
        ids.insert(id, at: min(max(order - 1, 0), ids.count))
        for (position, id) in ids.enumerated() {
            try db.execute(
                sql: "UPDATE linkRules SET position = ? WHERE id = ?",
                arguments: [position + 1, id]
            )
        }
    }
}

/// A condition as the file keeps it.
private struct StoredCondition: Codable {
    let property: String
    let isNegated: Bool
    let values: [String]

    init(_ condition: RoutingRule.Condition) {
        property = condition.property.rawValue
        isNegated = condition.isNegated
        values = condition.values
    }

    var condition: RoutingRule.Condition? {
        RoutingRule.Condition.Property(rawValue: property).map {
            RoutingRule.Condition($0, isNegated: isNegated, values: values)
        }
    }
}
