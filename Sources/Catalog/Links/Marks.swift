package import ClickModel
import Foundation
import GRDB

/// What a workspace keeps to be put on links: a tag, or a script.
package struct Mark: Hashable, Sendable {
    /// Tags and scripts are kept alike.
    package enum Kind: String, Sendable {
        case tag, script

        var table: String { "\(rawValue)s" }
        /// The table that says which links have which.
        var joint: String { self == .tag ? "linkTags" : "linkScripts" }
        /// The column of what one is beside its name: a tag's colour, a script's text.
        var column: String { self == .tag ? "color" : "value" }
    }

    let number: Int64
    package let id: String
    package let name: String
    /// A tag's colour as six hexadecimal digits, or a script's text.
    package let value: String
    package let createdAt: Timestamp
    package let updatedAt: Timestamp

    /// The colour of a tag that was given none.
    package static let plainColor = "9e9e9e"
    package static let longestScript = 16 << 10

    init(_ row: Row) {
        number = row[0]
        id = row[1]
        name = row[2]
        value = row[3]
        createdAt = Timestamp(microseconds: row[4])
        updatedAt = Timestamp(microseconds: row[5])
    }

    static func columns(_ kind: Kind) -> String {
        ["number", "id", "name", kind.column, "createdAt", "updatedAt"]
            .map { "\(kind.table).\($0)" }.joined(separator: ", ")
    }

    static func find(
        _ db: Database,
        _ kind: Kind,
        id: String,
        in workspace: WorkspaceNumber
    ) throws -> Mark {
        let row = try Row.fetchOne(
            db,
            sql: "SELECT \(columns(kind)) FROM \(kind.table) WHERE id = ? AND workspace = ?",
            arguments: [id, workspace]
        )
        guard let row else { throw CatalogError.notFound(kind.rawValue) }
        return Mark(row)
    }
}

extension [Int64] {
    /// Conditions for rows with these numbers, each of a few of them, with the numbers that it is about.
    var rowConditions: [(sql: String, numbers: [Int64])] {
        let most = 500
        return stride(from: 0, to: count, by: most).map {
            let part = Array(self[$0..<Swift.min($0 + most, count)])
            return ("number IN (\(part.map { _ in "?" }.joined(separator: ",")))", part)
        }
    }
}

extension Catalog {
    package func mark(
        _ kind: Mark.Kind,
        id: String,
        in workspace: Workspace
    ) async throws(CatalogError) -> Mark {
        try await read { try Mark.find($0, kind, id: id, in: workspace.number) }
    }

    package func marks(
        _ kind: Mark.Kind,
        in workspace: Workspace,
        _ page: Page
    ) async throws(CatalogError) -> [Mark] {
        try await read { db in
            var conditions = Conditions()
            conditions.add("\(kind.table).workspace = ?", workspace.number)
            let rest = try page.apply(
                db,
                table: kind.table,
                columns: [
                    .createdAt: "\(kind.table).createdAt", .updatedAt: "\(kind.table).updatedAt",
                    .name: "\(kind.table).name",
                ],
                to: &conditions
            )
            return try Row.fetchAll(
                db,
                sql: "SELECT \(Mark.columns(kind)) FROM \(kind.table) \(rest)",
                arguments: conditions.arguments
            ).map(Mark.init)
        }
    }

    package func markCount(
        _ kind: Mark.Kind,
        in workspace: Workspace
    ) async throws(CatalogError) -> Int {
        try await read { try Self.count($0, kind.table, in: workspace.number) }
    }

    /// - Throws: `duplicate` when the workspace has one of that name.
    package func createMark(
        _ kind: Mark.Kind,
        name: String,
        value: String,
        in workspace: Workspace
    ) async throws(CatalogError) -> Mark {
        try Self.check(kind, name: name, value: value)
        return try await change { [self] db, consequences in
            let mark = try insert(db, kind, name: name, value: value, in: workspace.number)
            consequences.note(
                "create",
                kind.rawValue,
                id: mark.id,
                name: name,
                in: workspace.number
            )
            return mark
        }
    }

    /// Changes a mark; links that have it show it at once.
    package func updateMark(
        _ kind: Mark.Kind,
        id: String,
        name: String?,
        value: String?,
        in workspace: Workspace
    ) async throws(CatalogError) -> Mark {
        try Self.check(kind, name: name, value: value)
        return try await change { [self] db, consequences in
            let old = try Mark.find(db, kind, id: id, in: workspace.number)
            if let name, name != old.name {
                try requireFree(db, kind, name: name, in: workspace.number)
            }
            try db.execute(
                sql:
                    "UPDATE \(kind.table) SET name = ?, \(kind.column) = ?, updatedAt = ? WHERE number = ?",
                arguments: [
                    name ?? old.name, value ?? old.value, settings.now().microseconds, old.number,
                ]
            )
            // Events have tags by their names, and the edge has scripts by their texts: nothing else of them.
            if kind == .tag ? (name ?? old.name) != old.name : (value ?? old.value) != old.value {
                let links = "number IN (SELECT link FROM \(kind.joint) WHERE \(kind.rawValue) = ?)"
                try refresh(db, kind, linksWhere: links, [old.number])
                consequences.resends = .marked(kind, old.number)
            }
            consequences.note(
                "update",
                kind.rawValue,
                id: id,
                name: name ?? old.name,
                in: workspace.number
            )
            return try Mark.find(db, kind, id: id, in: workspace.number)
        }
    }

    /// Removes a mark, from every link too.
    package func deleteMark(
        _ kind: Mark.Kind,
        id: String,
        in workspace: Workspace
    ) async throws(CatalogError) -> Mark {
        try await change { [self] db, consequences in
            let mark = try Mark.find(db, kind, id: id, in: workspace.number)
            let links = try Int64.fetchAll(
                db,
                sql: "SELECT link FROM \(kind.joint) WHERE \(kind.rawValue) = ?",
                arguments: [mark.number]
            )
            try db.execute(
                sql: "DELETE FROM \(kind.table) WHERE number = ?",
                arguments: [mark.number]
            )
            for rows in links.rowConditions {
                try refresh(db, kind, linksWhere: rows.sql, rows.numbers)
            }
            if !links.isEmpty { consequences.resends = .numbers(links) }
            consequences.note(
                "delete",
                kind.rawValue,
                id: id,
                name: mark.name,
                in: workspace.number
            )
            return mark
        }
    }

    func insert(
        _ db: Database,
        _ kind: Mark.Kind,
        name: String,
        value: String,
        in workspace: WorkspaceNumber
    ) throws -> Mark {
        try requireFree(db, kind, name: name, in: workspace)
        let id = settings.newID()
        let now = settings.now().microseconds
        try db.execute(
            sql: """
                INSERT INTO \(kind.table) (id, workspace, name, \(kind.column), createdAt, updatedAt)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [id, workspace, name, value, now, now]
        )
        return try Mark.find(db, kind, id: id, in: workspace)
    }

    private func requireFree(
        _ db: Database,
        _ kind: Mark.Kind,
        name: String,
        in workspace: WorkspaceNumber
    ) throws {
        let taken = try Int.fetchOne(
            db,
            sql: "SELECT 1 FROM \(kind.table) WHERE workspace = ? AND name = ?",
            arguments: [workspace, name]
        )
        guard taken == nil else { throw CatalogError.duplicate("name") }
    }

    static func check(
        _ kind: Mark.Kind,
        name: String?,
        value: String?
    ) throws(CatalogError) {
        if let name { try Names.check(name, longest: LinkRules.longestTag) }
        guard let value else { return }
        switch kind {
        case .tag:
            guard value.utf8.count == 6, value.utf8.allSatisfy({ $0.hexValue != nil }) else {
                throw .invalid("color", "must be six hexadecimal digits, such as ff9944")
            }
        case .script:
            guard (1...Mark.longestScript).contains(value.utf8.count) else {
                throw .invalid("value", "a script has 1 to \(Mark.longestScript) bytes")
            }
        }
    }
}
