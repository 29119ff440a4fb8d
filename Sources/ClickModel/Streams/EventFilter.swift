/// Which of its workspace's events a stream is about: those that every condition lets through.
///
/// A condition that is absent lets all through, an empty list nothing. Orphans, requests for links that don't exist, are let
/// through only when they are asked for.
package struct EventFilter: Hashable, Sendable, Codable {
    /// Ids of links.
    package var links: [String]?
    /// Ids of domains.
    package var domains: [String]?
    /// Names of links' tags: one of them is enough.
    package var tags: [String]?
    /// As events have them: ISO 3166-1 alpha-2 in lower case.
    package var countries: [String]?
    /// `human`, `bot`.
    package var types: [String]?
    /// Origins by type or by name.
    package var origins: [String]?
    /// Whether it lets orphans through, as far as they meet the conditions.
    package var orphans = false

    package init(
        links: [String]? = nil,
        domains: [String]? = nil,
        tags: [String]? = nil,
        countries: [String]? = nil,
        types: [String]? = nil,
        origins: [String]? = nil,
        orphans: Bool = false
    ) {
        self.links = links
        self.domains = domains
        self.tags = tags
        self.countries = countries
        self.types = types
        self.origins = origins
        self.orphans = orphans
    }

    /// Whether nothing was asked for: it lets every event through but orphans.
    package var isOpen: Bool { self == EventFilter() }
}

extension EventFilter {
    /// Reads a stored filter; older ones don't mention orphans.
    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        func list(_ key: CodingKeys) throws -> [String]? {
            try members.decodeIfPresent([String].self, forKey: key)
        }
        self.init(
            links: try list(.links),
            domains: try list(.domains),
            tags: try list(.tags),
            countries: try list(.countries),
            types: try list(.types),
            origins: try list(.origins),
            orphans: try members.decodeIfPresent(Bool.self, forKey: .orphans) ?? false
        )
    }
}

/// A filter made ready for many events.
package struct EventMatcher: Sendable {
    private let links, domains, tags, countries, types, origins: [[UInt8]]?
    /// Whether there is no condition.
    private let isOpen: Bool
    private let orphans: Bool

    package init(_ filter: EventFilter) {
        links = filter.links?.map(Self.escaped)
        domains = filter.domains?.map(Self.escaped)
        tags = filter.tags?.map(Self.escaped)
        countries = filter.countries?.map(Self.escaped)
        types = filter.types?.map(Self.escaped)
        origins = filter.origins?.map(Self.escaped)
        orphans = filter.orphans
        isOpen = filter == EventFilter(orphans: filter.orphans)
    }

    /// Whether the filter lets an event through.
    package func matches(_ stored: StoredEvent) -> Bool {
        guard orphans || !stored.facts.isOrphan else { return false }
        if isOpen { return true }
        let fields = EventFields(stored.event)
        return Self.holds(types, fields.agentType) && Self.holds(countries, fields.country)
            && Self.holds(links, fields.link) && Self.holds(domains, fields.domain)
            && (Self.holds(origins, fields.originType) || Self.holds(origins, fields.originName))
            && (tags.map { EventFields.hasTag(stored.details, among: $0) } ?? true)
    }

    private static func holds(_ allowed: [[UInt8]]?, _ value: ByteView?) -> Bool {
        guard let allowed else { return true }
        guard let value else { return false }
        return allowed.contains { $0.count == value.count && value.elementsEqual($0) }
    }

    /// A text as it stands between the quotes of a JSON string.
    private static func escaped(_ text: String) -> [UInt8] {
        let writer = ByteWriter(capacity: text.utf8.count + 2)
        writer.append(json: text)
        return Array(writer.bytes.view(1, writer.count - 1))
    }
}
