import ClickModel
import Foundation
import GRDB

extension Catalog {
    private static let automaticAttempts = 8

    /// Most links that one call makes, changes or removes.
    package static let mostLinksAtOnce = 25

    /// Makes a link; it is live when this returns.
    ///
    /// - Throws: `duplicate` when the domain has the slashtag, `notFound` without such a domain.
    package func createLink(
        _ draft: LinkDraft,
        in workspace: Workspace,
        by account: Account
    ) async throws(CatalogError) -> Link {
        let links = try await createLinks([draft], in: workspace, by: account)
        guard let link = links.first else { throw .notFound("link") }
        return link
    }

    /// Makes links, all or none; they are live when this returns.
    ///
    /// - Parameters:
    ///   - drafts: What they are made of.
    ///   - workspace: Whose they are.
    ///   - account: Who makes them.
    /// - Returns: The links, in the order of their drafts.
    /// - Throws: What `createLink` throws; of several drafts, values that can't be with the number of theirs.
    package func createLinks(
        _ drafts: [LinkDraft],
        in workspace: Workspace,
        by account: Account
    ) async throws(CatalogError) -> [Link] {
        let checked = try Self.each(drafts, isOne: drafts.count == 1) {
            draft throws(CatalogError) in
            try CheckedDraft(draft)
        }
        return try await change { [self] db, consequences in
            try requireRoom(db, forLinks: checked.count, in: workspace.number)
            var domains: [DomainChoice: Domain] = [:]
            var numbers: [Int64] = []
            for (index, draft) in checked.enumerated() {
                do {
                    let choice = draft.draft.domain
                    let domain = try domains[choice] ?? find(db, choice, in: workspace.number)
                    domains[choice] = domain
                    numbers.append(try insert(db, draft, in: domain, by: account))
                } catch let error as CatalogError where checked.count > 1 {
                    throw error.at(index)
                }
            }
            let places = numbers.map { _ in "?" }.joined(separator: ",")
            consequences.directory = try routes(
                db,
                where: "links.number IN (\(places))",
                StatementArguments(numbers)
            ).changes
            let links = try Link.find(db, numbers)
            consequences.note(links, "create", in: workspace.number)
            return links
        }
    }

    private func insert(
        _ db: Database,
        _ draft: CheckedDraft,
        in domain: Domain,
        by account: Account
    ) throws -> Int64 {
        let workspace = domain.workspace
        let slashtag = try draft.slashtag ?? Self.freeSlashtag(db, in: domain)
        guard try Self.isFree(db, slashtag.key, in: domain) else {
            throw CatalogError.duplicate("slashtag")
        }
        let id = settings.newID()
        let now = settings.now().microseconds
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO links
                    (id, workspace, domain, slashtag, key, destination, location, title, description,
                     forwardParameters, favourite, creator, createdAt, updatedAt, expiresAt, extras)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        )
        try statement.execute(arguments: [
            id, workspace, domain.number, slashtag.text, Data(slashtag.key.bytes),
            draft.draft.destination,
            draft.location == draft.draft.destination ? nil : draft.location, draft.draft.title,
            draft.draft.description, draft.draft.forwardParameters, draft.draft.isFavourite,
            account.id, now, now, draft.draft.lifetime.map { now + $0.wholeMicroseconds },
            draft.draft.lifetime != nil,
        ])
        let number = db.lastInsertedRowID
        if !draft.draft.tags.isEmpty {
            try setMarks(db, .tag, draft.draft.tags, ofLink: number, in: workspace)
        }
        if !draft.draft.scripts.isEmpty {
            try setMarks(db, .script, draft.draft.scripts, ofLink: number, in: workspace)
        }
        return number
    }

    package func updateLink(
        id: String,
        in workspace: Workspace,
        _ edit: LinkEdit
    ) async throws(CatalogError) -> Link {
        let links = try await updateLinks([(id, edit)], in: workspace)
        guard let link = links.first else { throw .notFound("link") }
        return link
    }

    /// Changes links, all or none.
    ///
    /// - Parameters:
    ///   - edits: Which, and what.
    ///   - workspace: Whose they are.
    /// - Returns: The links, in the order of their edits.
    /// - Throws: What `updateLink` throws; of several edits, values that can't be with the number of theirs.
    package func updateLinks(
        _ edits: [(id: String, edit: LinkEdit)],
        in workspace: Workspace
    ) async throws(CatalogError) -> [Link] {
        let checked = try Self.each(edits, isOne: edits.count == 1) { item throws(CatalogError) in
            (id: item.id, edit: try CheckedEdit(item.edit))
        }
        return try await change { [self] db, consequences in
            var links: [Link] = []
            for (index, item) in checked.enumerated() {
                do {
                    links.append(
                        try update(db, item.id, item.edit, in: workspace.number, &consequences)
                    )
                } catch let error as CatalogError where checked.count > 1 {
                    throw error.at(index)
                }
            }
            let details = checked.count == 1 ? checked.first?.edit.edit.details : nil
            consequences.note(links, "update", in: workspace.number, details ?? [:])
            return links
        }
    }

    private func update(
        _ db: Database,
        _ id: String,
        _ checked: CheckedEdit,
        in workspace: WorkspaceNumber,
        _ consequences: inout Consequences
    ) throws -> Link {
        let old = try Link.find(db, id: id, in: workspace)
        let edit = checked.edit
        var assignments = Assignments()
        if let destination = edit.destination {
            assignments.set("destination", destination)
            assignments.set("location", checked.location == destination ? nil : checked.location)
        }
        if let slashtag = edit.slashtag, let newKey = checked.key, slashtag != old.slashtag {
            let domain = try Domain.find(db, in: workspace, where: "id = ?", old.domainID)
            let oldKey = SlashtagKey(old.slashtag)
            if newKey != oldKey {
                guard try Self.isFree(db, newKey, in: domain) else {
                    throw CatalogError.duplicate("slashtag")
                }
                if let oldKey {
                    consequences.directory.append(.linkRemoved(host: old.domainName, key: oldKey))
                }
            }
            assignments.set("slashtag", slashtag)
            assignments.set("key", Data(newKey.bytes))
        }
        if let title = edit.title { assignments.set("title", title) }
        if let description = edit.description { assignments.set("description", description) }
        if let forward = edit.forwardParameters { assignments.set("forwardParameters", forward) }
        if let favourite = edit.isFavourite { assignments.set("favourite", favourite) }
        let now = settings.now()
        if let lifetime = edit.lifetime {
            assignments.set("expiresAt", lifetime.map { now.advanced(by: $0).microseconds })
        }
        assignments.set("updatedAt", now.microseconds)
        try assignments.update(db, table: "links", id: id)
        if edit.lifetime != nil { try refreshExtras(db, linksWhere: "number = ?", [old.number]) }
        if let tags = edit.tags {
            try setMarks(db, .tag, tags, ofLink: old.number, in: workspace)
        }
        if let scripts = edit.scripts {
            try setMarks(db, .script, scripts, ofLink: old.number, in: workspace)
        }
        consequences.directory += try routes(db, where: "links.id = ?", [id]).changes
        return try Link.find(db, id: id, in: workspace)
    }

    /// Removes a link and gives what it was.
    package func deleteLink(
        id: String,
        in workspace: Workspace
    ) async throws(CatalogError) -> Link {
        let links = try await deleteLinks([id], in: workspace)
        guard let link = links.first else { throw .notFound("link") }
        return link
    }

    /// Removes links and gives what they were; ids of none are passed over.
    package func deleteLinks(
        _ ids: [String],
        in workspace: Workspace
    ) async throws(CatalogError) -> [Link] {
        try await change { db, consequences in
            var links: [Link] = []
            for id in ids {
                let link: Link
                do {
                    link = try Link.find(db, id: id, in: workspace.number)
                } catch CatalogError.notFound {
                    continue
                }
                try db.execute(sql: "DELETE FROM links WHERE id = ?", arguments: [id])
                if let key = SlashtagKey(link.slashtag) {
                    consequences.directory.append(.linkRemoved(host: link.domainName, key: key))
                }
                links.append(link)
            }
            consequences.note(links, "delete", in: workspace.number)
            return links
        }
    }

    /// Does something for each of several; of more than one, an error says which, and names every value that can't be.
    private static func each<Item, Value>(
        _ items: [Item],
        isOne: Bool,
        _ body: (Item) throws(CatalogError) -> Value
    ) throws(CatalogError) -> [Value] {
        var values: [Value] = []
        var problems: [SettingProblem] = []
        for (index, item) in items.enumerated() {
            do throws(CatalogError) {
                values.append(try body(item))
            } catch {
                guard !isOne, case .invalid(let found) = error.at(index) else { throw error }
                problems += found
            }
        }
        guard problems.isEmpty else { throw .invalid(problems) }
        return values
    }

    private static func isFree(
        _ db: Database,
        _ key: SlashtagKey,
        in domain: Domain
    ) throws -> Bool {
        try Int.fetchOne(
            db.cachedStatement(sql: "SELECT 1 FROM links WHERE domain = ? AND key = ?"),
            arguments: [domain.number, Data(key.bytes)]
        ) == nil
    }

    private static func freeSlashtag(
        _ db: Database,
        in domain: Domain
    ) throws -> (text: String, key: SlashtagKey) {
        for attempt in 0..<automaticAttempts {
            let text = LinkRules.automaticSlashtag(attempt: attempt)
            if let key = SlashtagKey(text), try isFree(db, key, in: domain) { return (text, key) }
        }
        throw CatalogError.duplicate("slashtag")
    }
}

extension Consequences {
    /// Notes what was done to links: each of a few, and how many of more.
    fileprivate mutating func note(
        _ links: [Link],
        _ action: String,
        in workspace: WorkspaceNumber,
        _ details: [String: String] = [:]
    ) {
        guard let first = links.first else { return }
        guard links.count == 1 else {
            let ids = ["count": "\(links.count)", "ids": links.map(\.id).joined(separator: " ")]
            return note(action, "link", id: nil, name: nil, in: workspace, ids)
        }
        let name = "\(first.domainName)/\(first.slashtag)"
        note(action, "link", id: first.id, name: name, in: workspace, details)
    }
}

/// The columns that an update sets.
struct Assignments {
    private var names: [String] = []
    private var values: [(any DatabaseValueConvertible)?] = []

    mutating func set(_ column: String, _ value: (any DatabaseValueConvertible)?) {
        names.append("\(column) = ?")
        values.append(value)
    }

    func update(_ db: Database, table: String, id: String) throws {
        guard !names.isEmpty else { return }
        try db.execute(
            sql: "UPDATE \(table) SET \(names.joined(separator: ", ")) WHERE id = ?",
            arguments: StatementArguments(values + [id])
        )
    }
}
