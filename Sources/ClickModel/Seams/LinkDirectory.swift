/// What the edge must know of the catalog, told change by change.
package enum DirectoryChange: Sendable {
    /// A domain was added or changed.
    case domain(DomainEntry)
    /// A domain was removed, with all its links.
    case domainRemoved(host: String)
    /// A link was added or changed. `key` is its `SlashtagKey`.
    case link(host: String, key: SlashtagKey, Route)
    /// There are links that the edge was not told of: it has to ask for what it doesn't have.
    case linksLeftOut
    /// A link was removed.
    case linkRemoved(host: String, key: SlashtagKey)
}

/// What the edge knows of a domain beside its links.
package struct DomainEntry: Sendable {
    /// The host name: lower case ASCII, no port, no trailing dot.
    package let host: String
    /// Where `GET /` leads; nil for a plain page.
    package let rootURL: String?
    /// Where an unknown link leads; nil for a plain 404.
    package let fallbackURL: String?
    /// Who gets an event when somebody asks for a link that the domain doesn't have; nil while nobody wants to know.
    package let orphans: OrphanOwner?

    package init(
        host: String,
        rootURL: String?,
        fallbackURL: String?,
        orphans: OrphanOwner? = nil
    ) {
        self.host = host
        self.rootURL = rootURL
        self.fallbackURL = fallbackURL
        self.orphans = orphans
    }
}

/// The workspace and the domain of requests for links that don't exist.
package struct OrphanOwner: Sendable {
    package let workspace: WorkspaceIdentity
    package let domain: DomainIdentity

    package init(workspace: WorkspaceIdentity, domain: DomainIdentity) {
        (self.workspace, self.domain) = (workspace, domain)
    }

    /// What such a request asked for, as far as an event tells of it.
    package func route(slashtag: String, destination: String?) -> Route {
        Route(
            id: nil,
            slashtag: slashtag,
            creatorID: nil,
            workspace: workspace,
            domain: domain,
            destination: destination,
            isOrphan: true
        )
    }
}

/// The edge's memory of domains and links, as the catalog's side sees it.
package protocol LinkDirectory: Sendable {
    /// Applies changes in order; returns when every event loop answers by them.
    func apply(_ changes: [DirectoryChange]) async
}

/// The catalog, asked for a link that the edge's memory doesn't hold.
package protocol LinkSource: Sendable {
    /// Reads links, each nil when there is none. Blocks on the disk: not for event loops.
    func routes(_ names: [LinkName]) throws -> [Route?]
}

extension LinkSource {
    /// Reads one link.
    package func route(host: String, key: SlashtagKey) throws -> Route? {
        try routes([LinkName(host: host, key: key)]).first ?? nil
    }
}

/// What a visitor asks for.
package struct LinkName: Hashable, Sendable {
    /// Lower case ASCII, no port, no trailing dot.
    package let host: String
    package let key: SlashtagKey

    package init(host: String, key: SlashtagKey) { (self.host, self.key) = (host, key) }
}
