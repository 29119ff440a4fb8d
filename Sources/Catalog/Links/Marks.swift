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
    /// Itself in parts of at most so many.
    func slices(of count: Int) -> [[Int64]] {
        stride(from: 0, to: self.count, by: count).map {
            Array(self[$0..<Swift.min($0 + count, self.count)])
        }
    }
}

extension Catalog {
    /// How many links one statement is about.
    static let linksAtOnce = 500

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
        try await read {
            try Int.fetchOne(
                $0,
                sql: "SELECT COUNT(*) FROM \(kind.table) WHERE workspace = ?",
                arguments: [workspace.number]
            ) ?? 0
        }
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
            for slice in links.slices(of: Self.linksAtOnce) {
                let places = slice.map { _ in "?" }.joined(separator: ",")
                try refresh(db, kind, linksWhere: "number IN (\(places))", slice)
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

    // MARK: - On links

    /// The marks that a link has, in the order of their attachment.
    package func marks(
        _ kind: Mark.Kind,
        ofLink id: String,
        in workspace: Workspace
    ) async throws(CatalogError) -> [Mark] {
        try await read { db in
            let link = try Link.find(db, id: id, in: workspace.number)
            return try Self.marks(db, kind, of: [link.number])[link.number] ?? []
        }
    }

    /// The marks of several links.
    static func marks(
        _ db: Database,
        _ kind: Mark.Kind,
        of links: [Int64]
    ) throws -> [Int64: [Mark]] {
        guard !links.isEmpty else { return [:] }
        let places = links.map { _ in "?" }.joined(separator: ",")
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT \(Mark.columns(kind)), link FROM \(kind.joint) JOIN \(kind.table)
                ON \(kind.table).number = \(kind.joint).\(kind.rawValue)
                WHERE link IN (\(places)) ORDER BY \(kind.joint).number
                """,
            arguments: StatementArguments(links)
        )
        return Dictionary(grouping: rows) { $0[6] as Int64 }.mapValues { $0.map(Mark.init) }
    }

    /// Puts a mark on a link; one that is there stays.
    package func attach(
        _ kind: Mark.Kind,
        id: String,
        toLink linkID: String,
        in workspace: Workspace
    ) async throws(CatalogError) -> Mark {
        try await move(kind, id: id, link: linkID, in: workspace, isAttaching: true)
    }

    /// Takes a mark off a link.
    ///
    /// - Throws: `notFound` when the link doesn't have it.
    package func detach(
        _ kind: Mark.Kind,
        id: String,
        fromLink linkID: String,
        in workspace: Workspace
    ) async throws(CatalogError) -> Mark {
        try await move(kind, id: id, link: linkID, in: workspace, isAttaching: false)
    }

    private func move(
        _ kind: Mark.Kind,
        id: String,
        link linkID: String,
        in workspace: Workspace,
        isAttaching: Bool
    ) async throws(CatalogError) -> Mark {
        try await change { [self] db, consequences in
            let link = try Link.find(db, id: linkID, in: workspace.number)
            let mark = try Mark.find(db, kind, id: id, in: workspace.number)
            if isAttaching {
                try attach(db, kind, [mark.number], to: link.number)
            } else {
                try db.execute(
                    sql: "DELETE FROM \(kind.joint) WHERE link = ? AND \(kind.rawValue) = ?",
                    arguments: [link.number, mark.number]
                )
                guard db.changesCount > 0 else { throw CatalogError.notFound(kind.rawValue) }
            }
            try refresh(db, kind, linksWhere: "number = ?", [link.number])
            consequences.directory = try routes(db, where: "links.id = ?", [linkID]).changes
            consequences.note(
                isAttaching ? "attach" : "detach",
                kind.rawValue,
                id: id,
                name: mark.name,
                in: workspace.number,
                ["link": linkID]
            )
            return mark
        }
    }

    /// Gives a link exactly these marks.
    func setMarks(
        _ db: Database,
        _ kind: Mark.Kind,
        _ marks: [MarkChoice],
        ofLink link: Int64,
        in workspace: WorkspaceNumber
    ) throws {
        try db.execute(sql: "DELETE FROM \(kind.joint) WHERE link = ?", arguments: [link])
        try attach(db, kind, try marks.map { try find(db, kind, $0, in: workspace) }, to: link)
        try refresh(db, kind, linksWhere: "number = ?", [link])
    }

    private func attach(
        _ db: Database,
        _ kind: Mark.Kind,
        _ marks: [Int64],
        to link: Int64
    ) throws {
        for mark in marks {
            try db.execute(
                sql: "INSERT OR IGNORE INTO \(kind.joint) (link, \(kind.rawValue)) VALUES (?, ?)",
                arguments: [link, mark]
            )
        }
        let count = try Int.fetchOne(
            db,
            sql: "SELECT COUNT(*) FROM \(kind.joint) WHERE link = ?",
            arguments: [link]
        )
        let most = kind == .tag ? LinkRules.mostTags : LinkRules.mostScripts
        guard count ?? 0 <= most else {
            throw CatalogError.invalid(kind.table, "a link has at most \(most) \(kind.table)")
        }
    }

    /// The number of a mark; a tag that is named and isn't there yet is made.
    private func find(
        _ db: Database,
        _ kind: Mark.Kind,
        _ choice: MarkChoice,
        in workspace: WorkspaceNumber
    ) throws -> Int64 {
        switch choice {
        case .id(let id): return try Mark.find(db, kind, id: id, in: workspace).number
        case .name(let name):
            let known = try Int64.fetchOne(
                db,
                sql: "SELECT number FROM \(kind.table) WHERE workspace = ? AND name = ?",
                arguments: [workspace, name]
            )
            if let known { return known }
            guard kind == .tag else { throw CatalogError.notFound(kind.rawValue) }
            try Self.check(kind, name: name, value: nil)
            return try insert(db, kind, name: name, value: Mark.plainColor, in: workspace).number
        }
    }

    private func insert(
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

    private static func check(
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

    /// Brings what links' own rows say of their marks in line.
    private func refresh(
        _ db: Database,
        _ kind: Mark.Kind,
        linksWhere condition: String,
        _ values: [Int64]
    ) throws {
        switch kind {
        case .tag:
            try db.execute(
                sql: """
                    UPDATE links SET tags = (
                        SELECT json_group_array(name) FROM (
                            SELECT name FROM linkTags JOIN tags ON tags.number = tag
                            WHERE link = links.number ORDER BY linkTags.number))
                    WHERE \(condition)
                    """,
                arguments: StatementArguments(values)
            )
        case .script: try refreshExtras(db, linksWhere: condition, values)
        }
    }
}

/// How a tag or script is named.
package enum MarkChoice: Hashable, Sendable {
    case id(String)
    case name(String)

    var name: String? {
        guard case .name(let name) = self else { return nil }
        return name
    }
}
