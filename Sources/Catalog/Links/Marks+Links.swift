import ClickModel
import GRDB

extension Catalog {
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

    /// Brings what links' own rows say of their marks in line.
    func refresh(
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
