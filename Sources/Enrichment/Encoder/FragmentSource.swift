package import ClickModel

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What an event says of a click alone, rendered: all but its time and its session.
package struct ClickFragments: Sendable {
    let agent: AgentFragment
    let language: LanguageFragment
    let referral: ReferralFragment
    let place: PlaceFragment
    let route: RouteFragment
}

/// Finds the fragments of clicks, or renders them.
///
/// Used by one thread at a time; several threads have one each.
package final class FragmentSource {
    private let tables: Tables
    private var geo: GeoDatabase
    private var geoGeneration: Int
    private let cachedPlaces: Int

    private let hasher = ByteHash()
    private(set) var agents: FragmentCache<AgentFragment>
    private var commonAgents: FragmentCache<CommonFacts>
    private(set) var referrals: FragmentCache<ReferralFragment>
    private var languages: FragmentCache<LanguageFragment>
    private var places: FragmentCache<PlaceFragment>
    private var routes: FragmentCache<RouteFragment>
    private let nowhere: PlaceFragment
    /// Where fragments are rendered.
    private let renderer = ByteWriter(capacity: 4096)

    /// What is longer is rendered each time: nobody's browser sends it, and it must not fill the memory.
    private static let longestKey = 2048

    /// Bytes of a link's fragments: longer destinations are rendered each time.
    private static let mostKeptOfRoute = 8192

    /// Bytes of a key and of all that was rendered for it: a byte of a header can become nine.
    private static let mostKept = 3072

    /// Makes a source with empty caches.
    package init(tables: Tables, settings: EncoderSettings) {
        self.tables = tables
        geoGeneration = tables.geo.generation
        geo = tables.geo.current
        agents = FragmentCache(limit: settings.cachedFragments)
        commonAgents = FragmentCache(limit: settings.cachedFragments)
        referrals = FragmentCache(limit: settings.cachedFragments)
        languages = FragmentCache(limit: settings.cachedFragments)
        cachedPlaces = settings.cachedFragments
        places = FragmentCache(limit: cachedPlaces)
        routes = FragmentCache(limit: settings.cachedRoutes)
        nowhere = PlaceFragment(GeoDatabase.Place(), offset: 0, renderer)
    }

    /// The fragments of a click.
    package func fragments(
        of click: Click,
        _ request: borrowing ClickRequest
    ) -> ClickFragments {
        ClickFragments(
            agent: agentFragment(request, click.address),
            language: languageFragment(request[.acceptLanguage]),
            referral: referralFragment(request[.referer]),
            place: placeFragment(click.address),
            route: routeFragment(click.route)
        )
    }

    private func agentFragment(
        _ request: borrowing ClickRequest,
        _ address: IPAddress?
    ) -> AgentFragment {
        let key = request.agentKey
        let crawler = tables.crawlers.flatMap { ranges in address.map(ranges.crawler(at:)) } ?? 0
        // The address counts no further than for whose it is.
        let hash = hasher.hash(key) &+ UInt64(crawler)
        if let known = agents.find(hash, { $0.crawler == crawler && $0.key.isSame(as: key) }) {
            return known
        }
        var facts = agentFacts(request)
        if let ranges = tables.crawlers {
            facts = ranges.judged(facts, request[.userAgent], crawler: crawler)
        }
        let made = AgentFragment(
            facts,
            key: key,
            crawler: crawler,
            userAgent: request[.userAgent],
            renderer
        )
        if key.count + made.event.count + made.details.count <= Self.mostKept {
            agents.insert(made, hash)
        }
        return made
    }

    /// What the agent is; of those that differ in the browser's version alone, one is parsed.
    private func agentFacts(_ request: borrowing ClickRequest) -> AgentFacts {
        let text = request[.userAgent]
        // A list of full versions may name another version than the user agent: nothing to share there.
        guard request[.secCHUAFullVersionList].count == 0, let common = CommonAgent(text) else {
            return tables.agents.parse(request)
        }
        let version = text.view(common.version.lowerBound, common.version.upperBound).text
        renderer.removeAll()
        renderer.append(UInt8(truncatingIfNeeded: common.form))
        // The platform's length, so that nothing in it can pass for what follows; a common form is short.
        renderer.append(UInt8(truncatingIfNeeded: common.platform.count))
        renderer.append(UInt8(truncatingIfNeeded: common.platform.count >> 8))
        renderer.append(text.view(common.platform.lowerBound, common.platform.upperBound))
        // The user agent comes first in the key: the hints are what follows. They speak of one version.
        let hints = request.agentKey.view(text.count + 3, request.agentKey.count)
        if hints.count > 0 {
            for digit in version.utf8.prefix(while: { $0 != 0x2E }) { renderer.append(digit) }
            renderer.append(0x2E)
            renderer.append(hints)
        }
        let key = renderer.bytes
        let hash = hasher.hash(key)
        if let known = commonAgents.find(hash, { $0.key.isSame(as: key) }) {
            var facts = known.facts
            facts.browserVersion = version
            return facts
        }
        let facts = tables.agents.parse(request)
        // Hints may know the version better; then it doesn't follow from the user agent.
        if facts.browserVersion == version, key.count <= Self.longestKey {
            commonAgents.insert(CommonFacts(facts, key: key), hash)
        }
        return facts
    }

    private func referralFragment(_ header: ByteView) -> ReferralFragment {
        let hash = hasher.hash(header)
        if let known = referrals.find(hash, { $0.key.isSame(as: header) }) { return known }
        let referral = Referral(header, suffixes: tables.suffixes)
        let made = ReferralFragment(referral, key: header, renderer)
        if header.count + made.event.count <= Self.mostKept { referrals.insert(made, hash) }
        return made
    }

    private func languageFragment(_ header: ByteView) -> LanguageFragment {
        let hash = hasher.hash(header)
        if let known = languages.find(hash, { $0.key.isSame(as: header) }) { return known }
        let made = LanguageFragment(header, renderer)
        if header.count <= Self.longestKey { languages.insert(made, hash) }
        return made
    }

    /// The fragment of the database's record, never of the address itself.
    private func placeFragment(_ address: IPAddress?) -> PlaceFragment {
        if tables.geo.generation != geoGeneration { takeNewPlaces() }
        guard let record = address.flatMap({ geo.record(of: $0) }) else { return nowhere }
        let hash = hasher.hash(UInt64(record.offset))
        if let known = places.find(hash, { $0.offset == record.offset }) { return known }
        let made = PlaceFragment(
            geo.place(in: record),
            offset: record.offset,
            renderer
        )
        places.insert(made, hash)
        return made
    }

    private func takeNewPlaces() {
        geoGeneration = tables.geo.generation
        geo = tables.geo.current
        places = FragmentCache(limit: cachedPlaces)
    }

    private func routeFragment(_ route: Route) -> RouteFragment {
        // Each is made for one request: there is nothing to find again.
        guard !route.isOrphan else { return RouteFragment(route, renderer) }
        let identity = UInt64(UInt(bitPattern: ObjectIdentifier(route)))
        let hash = hasher.hash(identity)
        if let known = routes.find(hash, { $0.route === route }) { return known }
        let made = RouteFragment(route, renderer)
        if made.byteCount <= Self.mostKeptOfRoute { routes.insert(made, hash) }
        return made
    }
}

extension [UInt8] {
    /// Whether these are the same bytes.
    fileprivate func isSame(as view: ByteView) -> Bool {
        guard count == view.count, let other = view.baseAddress else { return count == view.count }
        return withUnsafeBufferPointer { own in
            own.baseAddress.map { memcmp($0, other, view.count) == 0 } ?? true
        }
    }
}
