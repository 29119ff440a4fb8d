/// A catalog's own number for a workspace: small, stable, never reused; 0 means none.
package typealias WorkspaceNumber = Int64

/// The workspace a link belongs to, as events name it.
package final class WorkspaceIdentity: Sendable {
    package let number: WorkspaceNumber
    package let id: String?
    package let name: String?

    package init(number: WorkspaceNumber, id: String?, name: String?) {
        (self.number, self.id, self.name) = (number, id, name)
    }
}

/// The domain a link is opened on, as events name it.
package final class DomainIdentity: Sendable {
    package let id: String?
    /// The host name, in lower case ASCII.
    package let raw: String?

    package init(id: String?, raw: String?) { (self.id, self.raw) = (id, raw) }
}

/// What only the extended format tells of a link.
package struct LinkDetails: Hashable, Sendable {
    package var title: String?
    package var tags: [String]
    package var createdAt: Timestamp?

    package init(title: String? = nil, tags: [String] = [], createdAt: Timestamp? = nil) {
        (self.title, self.tags, self.createdAt) = (title, tags, createdAt)
    }
}

/// A link as it was at one moment: everything an answer and an event need of it.
///
/// Immutable: a changed link is a new `Route`, so identity (`===`) may key caches of what was
/// rendered from it. Parts are nil where nobody knows them (an edge that keeps its own links).
package final class Route: Sendable {
    // What every redirect reads stands first: of a million links each line of memory is a miss.

    /// The URL to redirect to, in visible ASCII, as it goes into `Location`.
    package let destination: String?
    /// What decides at the moment of the redirect; nil for most links.
    package let extras: RouteExtras?
    /// Whether the short link's query is appended to the destination's.
    package let forwardsParameters: Bool
    /// Whether there is no such link: somebody asked for it, and a stream wants to know.
    package let isOrphan: Bool

    package let workspace: WorkspaceIdentity
    package let domain: DomainIdentity
    package let id: String?
    /// The part of the short link after the domain, as its owner wrote it.
    package let slashtag: String?
    package let creatorID: String?
    package let details: LinkDetails?

    package init(
        id: String?,
        slashtag: String?,
        creatorID: String?,
        workspace: WorkspaceIdentity,
        domain: DomainIdentity,
        destination: String?,
        forwardsParameters: Bool = false,
        details: LinkDetails? = nil,
        isOrphan: Bool = false,
        extras: RouteExtras? = nil
    ) {
        self.id = id
        self.slashtag = slashtag
        self.creatorID = creatorID
        self.workspace = workspace
        self.domain = domain
        self.destination = destination
        self.forwardsParameters = forwardsParameters
        self.details = details
        self.isOrphan = isOrphan
        self.extras = extras
    }

    /// The short link as a browser takes it; nil where a part of it is unknown.
    package var shortURL: String? {
        guard let host = domain.raw, let slashtag else { return nil }
        return "https://\(host)/\(slashtag)"
    }
}
