import ClickModel
import Foundation
import GRDB

/// What a new link is made of.
package struct LinkDraft: Sendable {
    package var destination: String
    /// An automatic one when nil.
    package var slashtag: String?
    package var title: String?
    package var tags: [String]
    package var forwardParameters: Bool
    package var isFavourite: Bool
    package var domain: DomainChoice

    package init(
        destination: String,
        slashtag: String? = nil,
        title: String? = nil,
        tags: [String] = [],
        forwardParameters: Bool = false,
        isFavourite: Bool = false,
        domain: DomainChoice = .any
    ) {
        self.destination = destination
        self.slashtag = slashtag
        self.title = title
        self.tags = tags
        self.forwardParameters = forwardParameters
        self.isFavourite = isFavourite
        self.domain = domain
    }
}

/// Changes to a link; what is nil stays, and an inner nil takes the title away.
package struct LinkEdit: Sendable {
    package var destination: String?
    package var slashtag: String?
    package var title: String??
    package var tags: [String]?
    package var forwardParameters: Bool?
    package var isFavourite: Bool?

    package init(
        destination: String? = nil,
        slashtag: String? = nil,
        title: String?? = nil,
        tags: [String]? = nil,
        forwardParameters: Bool? = nil,
        isFavourite: Bool? = nil
    ) {
        self.destination = destination
        self.slashtag = slashtag
        self.title = title
        self.tags = tags
        self.forwardParameters = forwardParameters
        self.isFavourite = isFavourite
    }
}

extension Catalog {
    private static let automaticAttempts = 8

    /// Makes a link; it is live when this returns.
    ///
    /// - Throws: `duplicate` when the domain has the slashtag, `notFound` without such a domain.
    package func createLink(
        _ draft: LinkDraft,
        in workspace: Workspace,
        by account: Account
    ) async throws(CatalogError) -> Link {
        let location = try LinkRules.location(of: draft.destination)
        try LinkRules.check(title: draft.title, tags: draft.tags)
        let wanted = try draft.slashtag.map { tag throws(CatalogError) in
            (text: tag, key: try LinkRules.key(of: tag))
        }
        return try await change { [self] db, consequences in
            try requireRoom(db, forLinkIn: workspace.number)
            let domain = try find(db, draft.domain, in: workspace.number)
            let slashtag =
                try wanted ?? Self.freeSlashtag(db, in: domain)
            guard try Self.isFree(db, slashtag.key, in: domain) else {
                throw CatalogError.duplicate("slashtag")
            }
            let id = settings.newID()
            let now = settings.now().microseconds
            try db.execute(
                sql: """
                    INSERT INTO links
                        (id, workspace, domain, slashtag, key, destination, location, title, tags,
                         forwardParameters, favourite, creator, createdAt, updatedAt)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    id, workspace.number, domain.number, slashtag.text, Data(slashtag.key.bytes),
                    draft.destination, location == draft.destination ? nil : location, draft.title,
                    Tags.encoded(draft.tags), draft.forwardParameters, draft.isFavourite,
                    account.id, now, now,
                ]
            )
            consequences.directory = try routes(db, where: "links.id = ?", [id]).changes
            return try Link.find(db, id: id, in: workspace.number)
        }
    }

    package func updateLink(
        id: String,
        in workspace: Workspace,
        _ edit: LinkEdit
    ) async throws(CatalogError) -> Link {
        let location = try edit.destination.map { url throws(CatalogError) in
            try LinkRules.location(of: url)
        }
        try LinkRules.check(title: edit.title ?? nil, tags: edit.tags ?? [])
        let newKey = try edit.slashtag.map { tag throws(CatalogError) in
            try LinkRules.key(of: tag)
        }
        return try await change { [self] db, consequences in
            let old = try Link.find(db, id: id, in: workspace.number)
            var assignments = Assignments()
            if let destination = edit.destination {
                assignments.set("destination", destination)
                assignments.set("location", location == destination ? nil : location)
            }
            if let slashtag = edit.slashtag, let newKey, slashtag != old.slashtag {
                let domain = try Domain.find(
                    db,
                    in: workspace.number,
                    where: "id = ?",
                    old.domainID
                )
                let oldKey = SlashtagKey(old.slashtag)
                if newKey != oldKey {
                    guard try Self.isFree(db, newKey, in: domain) else {
                        throw CatalogError.duplicate("slashtag")
                    }
                    if let oldKey {
                        consequences.directory.append(
                            .linkRemoved(host: old.domainName, key: oldKey)
                        )
                    }
                }
                assignments.set("slashtag", slashtag)
                assignments.set("key", Data(newKey.bytes))
            }
            if let title = edit.title { assignments.set("title", title) }
            if let tags = edit.tags { assignments.set("tags", Tags.encoded(tags)) }
            if let forward = edit.forwardParameters {
                assignments.set("forwardParameters", forward)
            }
            if let favourite = edit.isFavourite { assignments.set("favourite", favourite) }
            assignments.set("updatedAt", settings.now().microseconds)
            try assignments.update(db, table: "links", id: id)
            consequences.directory += try routes(db, where: "links.id = ?", [id]).changes
            return try Link.find(db, id: id, in: workspace.number)
        }
    }

    /// Removes a link and gives what it was.
    package func deleteLink(
        id: String,
        in workspace: Workspace
    ) async throws(CatalogError) -> Link {
        try await change { db, consequences in
            let link = try Link.find(db, id: id, in: workspace.number)
            try db.execute(sql: "DELETE FROM links WHERE id = ?", arguments: [id])
            if let key = SlashtagKey(link.slashtag) {
                consequences.directory = [.linkRemoved(host: link.domainName, key: key)]
            }
            return link
        }
    }

    private static func isFree(
        _ db: Database,
        _ key: SlashtagKey,
        in domain: Domain
    ) throws -> Bool {
        try Int.fetchOne(
            db,
            sql: "SELECT 1 FROM links WHERE domain = ? AND key = ?",
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
