import ClickModel
import Foundation

/// What a new link is made of.
package struct LinkDraft: Sendable {
    package var destination: String
    /// An automatic one when nil.
    package var slashtag: String?
    package var title: String?
    package var description: String?
    package var tags: [MarkChoice]
    package var scripts: [MarkChoice]
    package var forwardParameters: Bool
    package var isFavourite: Bool
    /// How long it stays; nil for ever.
    package var lifetime: Duration?
    package var domain: DomainChoice

    package init(
        destination: String,
        slashtag: String? = nil,
        title: String? = nil,
        description: String? = nil,
        tags: [MarkChoice] = [],
        scripts: [MarkChoice] = [],
        forwardParameters: Bool = false,
        isFavourite: Bool = false,
        lifetime: Duration? = nil,
        domain: DomainChoice = .any
    ) {
        self.destination = destination
        self.slashtag = slashtag
        self.title = title
        self.description = description
        self.tags = tags
        self.scripts = scripts
        self.forwardParameters = forwardParameters
        self.isFavourite = isFavourite
        self.lifetime = lifetime
        self.domain = domain
    }
}

/// Changes to a link; what is nil stays, and an inner nil takes a text away.
package struct LinkEdit: Sendable {
    package var destination: String?
    package var slashtag: String?
    package var title: String??
    package var description: String??
    package var tags: [MarkChoice]?
    package var scripts: [MarkChoice]?
    package var forwardParameters: Bool?
    package var isFavourite: Bool?
    /// How long it stays from now on; an inner nil for ever.
    package var lifetime: Duration??

    package init(
        destination: String? = nil,
        slashtag: String? = nil,
        title: String?? = nil,
        description: String?? = nil,
        tags: [MarkChoice]? = nil,
        scripts: [MarkChoice]? = nil,
        forwardParameters: Bool? = nil,
        isFavourite: Bool? = nil,
        lifetime: Duration?? = nil
    ) {
        self.destination = destination
        self.slashtag = slashtag
        self.title = title
        self.description = description
        self.tags = tags
        self.scripts = scripts
        self.forwardParameters = forwardParameters
        self.isFavourite = isFavourite
        self.lifetime = lifetime
    }

    /// What it sets, in words.
    var details: [String: String] {
        [
            "destination": destination, "slashtag": slashtag, "title": title.map { $0 ?? "" },
            "description": description.map { $0 ?? "" },
            "tags": tags.map { $0.map { $0.name ?? "" }.joined(separator: ",") },
            "forwardParameters": forwardParameters.map { "\($0)" },
            "favourite": isFavourite.map { "\($0)" },
            "ttl": lifetime.map { $0.map(AmountText.text) ?? "none" },
        ].compactMapValues(\.self)
    }
}

/// A draft whose parts obey the rules.
struct CheckedDraft: Sendable {
    let draft: LinkDraft
    let location: String
    let slashtag: (text: String, key: SlashtagKey)?

    init(_ draft: LinkDraft) throws(CatalogError) {
        self.draft = draft
        location = try LinkRules.location(of: draft.destination)
        try LinkRules.check(
            title: draft.title,
            description: draft.description,
            tags: draft.tags,
            scripts: draft.scripts
        )
        slashtag = try draft.slashtag.map { tag throws(CatalogError) in
            (text: tag, key: try LinkRules.key(of: tag))
        }
    }
}

/// Changes that obey the rules.
struct CheckedEdit: Sendable {
    let edit: LinkEdit
    let location: String?
    let key: SlashtagKey?

    init(_ edit: LinkEdit) throws(CatalogError) {
        self.edit = edit
        location = try edit.destination.map { url throws(CatalogError) in
            try LinkRules.location(of: url)
        }
        try LinkRules.check(
            title: edit.title ?? nil,
            description: edit.description ?? nil,
            tags: edit.tags ?? [],
            scripts: edit.scripts ?? []
        )
        key = try edit.slashtag.map { tag throws(CatalogError) in try LinkRules.key(of: tag) }
    }
}
