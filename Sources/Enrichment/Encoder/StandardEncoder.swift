package import ClickModel

/// How clicks are enriched.
package struct EncoderSettings: Sendable {
    /// The gap between two clicks that ends a visit.
    package var sessionWindow = Duration.seconds(1800)
    /// Whether visitors who ask not to be tracked (`Sec-GPC`, `DNT`) get no session.
    package var respectsGPC = true
    /// Sessions held in memory, about.
    package var maximumSessions = 2_000_000
    /// User agents, referrers and languages whose rendered fragments are kept.
    package var cachedFragments = 8192
    /// Links whose rendered fragments are kept.
    package var cachedRoutes = 8192

    package init() {}
}

/// Joins events from fragments of JSON that were rendered before.
///
/// The client's agent by user agent and hints, the referral by referrer, the route by link: what is left
/// for each click is its time, its country, its session, and copying. Used by one thread at a time.
package final class StandardEncoder: EventEncoder {
    private let settings: EncoderSettings
    private let tables: Tables
    private var sessions: SessionTable
    private var random = FastRandom()

    private var agents: ByteKeyedTable<AgentFragment>
    private var referrals: ByteKeyedTable<ReferralFragment>
    private var languages: ByteKeyedTable<[UInt8]>
    private var routes: RouteCache

    /// Makes an encoder that goes on where a restart left the sessions.
    ///
    /// - Parameters:
    ///   - tables: The data to enrich by.
    ///   - settings: How.
    ///   - store: Where sessions were kept; nil begins without any.
    package init(
        tables: Tables,
        settings: EncoderSettings = EncoderSettings(),
        store: (any SessionStore)? = nil
    ) throws {
        self.tables = tables
        self.settings = settings
        let since = Timestamp.now.advanced(by: .zero - settings.sessionWindow)
        sessions = SessionTable(
            window: settings.sessionWindow, limit: settings.maximumSessions,
            keys: try store?.sessionKeys() ?? [],
            journal: try store?.sessionJournal(since: since) ?? [])
        agents = ByteKeyedTable(limit: settings.cachedFragments)
        referrals = ByteKeyedTable(limit: settings.cachedFragments)
        languages = ByteKeyedTable(limit: settings.cachedFragments)
        routes = RouteCache(limit: settings.cachedRoutes)
    }

    package func encode(_ click: Click, _ request: borrowing ClickRequest, into group: EventGroup) {
        let out = group.payload
        let start = out.count
        let agent = agentFragment(request)
        let route = routes.fragment(click.route)
        let place = click.address.map { tables.geo.place(of: $0) }
        let isPaid = route.isPaid ? true : isPaid(request)
        let began = sessionStart(click, request, agent.isBot, group)

        out.append("{\"timestamp\":\"")
        click.receivedAt.write(to: out)
        out.append("\",\"client\":{\"language\":")
        out.append(languageFragment(request[.acceptLanguage]))
        out.append(",\"location\":{\"country\":")
        out.append(jsonOrNull: place?.country)
        out.append("},\"agent\":")
        out.append(agent.event)
        out.append(",\"session\":{\"started\":\"")
        began.write(to: out)
        out.append(began == click.receivedAt ? "\",\"first\":true}}" : "\",\"first\":false}}")
        out.append(",\"referral\":")
        let referral = referralFragment(request[.referer])
        out.append(isPaid ? referral.paid : referral.event)
        out.append(",\"route\":")
        out.append(route.event)
        if let location = request.location {
            DestinationFragment.write(location, to: out)
        } else {
            out.append(route.destination)
        }
        out.append("}}")
        let eventEnd = out.count

        writeDetails(place, agent, route, request, to: out)
        group.add(
            EventFacts(
                id: ClickID(at: click.receivedAt, using: &random), timestamp: click.receivedAt,
                workspace: click.route.workspace.number, eventLength: eventEnd - start,
                detailsLength: out.count - eventEnd))
    }

    /// Whether the click itself, beyond its link, says that it was paid for.
    private func isPaid(_ request: borrowing ClickRequest) -> Bool {
        if let query = request.query, PaidClick.isMarked(query) { return true }
        guard let location = request.location else { return false }
        guard let mark = location.firstIndex(of: 0x3F) else { return false }
        let end = location.firstIndex(of: 0x23) ?? location.count
        return PaidClick.isMarked(location.view(mark + 1, end))
    }

    private func sessionStart(
        _ click: Click,
        _ request: borrowing ClickRequest,
        _ isBot: Bool,
        _ group: EventGroup
    ) -> Timestamp {
        let (gpc, dnt) = (request[.secGPC].equals("1"), request[.dnt].equals("1"))
        guard let address = click.address, !((gpc || dnt) && settings.respectsGPC) else {
            return click.receivedAt
        }
        let visitor = SessionTable.Visitor(
            address: address, workspace: click.route.workspace.number, isBot: isBot,
            userAgent: request[.userAgent], language: request[.acceptLanguage],
            domain: click.route.domain.raw ?? "")
        return sessions.touch(visitor, at: click.receivedAt, into: group)
    }

    // MARK: - Fragments

    private func agentFragment(_ request: borrowing ClickRequest) -> AgentFragment {
        let hash = ByteKeyedTable<AgentFragment>.hash(request.agentKey)
        if let known = agents.find(request.agentKey, hash) { return known }
        let made = AgentFragment(tables.agents.parse(request))
        agents.insert(made, key: Array(request.agentKey), hash)
        return made
    }

    private func referralFragment(_ header: ByteView) -> ReferralFragment {
        let hash = ByteKeyedTable<ReferralFragment>.hash(header)
        if let known = referrals.find(header, hash) { return known }
        let made = ReferralFragment(Referral(header, suffixes: tables.suffixes))
        referrals.insert(made, key: Array(header), hash)
        return made
    }

    private func languageFragment(_ header: ByteView) -> [UInt8] {
        let hash = ByteKeyedTable<[UInt8]>.hash(header)
        if let known = languages.find(header, hash) { return known }
        let writer = ByteWriter(capacity: 64)
        writer.append(jsonOrNull: AcceptLanguage.primary(header))
        let made = Array(writer.bytes)
        languages.insert(made, key: Array(header), hash)
        return made
    }

    private func writeDetails(
        _ place: GeoDatabase.Place?,
        _ agent: AgentFragment,
        _ route: RouteFragment,
        _ request: borrowing ClickRequest,
        to out: ByteWriter
    ) {
        out.append("{\"location\":{\"region\":")
        out.append(jsonOrNull: place?.region)
        out.append(",\"city\":")
        out.append(jsonOrNull: place?.city)
        out.append(",\"latitude\":")
        out.append(numberOrNull: place?.latitude)
        out.append(",\"longitude\":")
        out.append(numberOrNull: place?.longitude)
        out.append(",\"timezone\":")
        out.append(jsonOrNull: place?.timezone)
        out.append("},\"agent\":")
        out.append(agent.details)
        out.append(",\"link\":")
        out.append(route.details)
        if let query = request.query { out.append(json: query) } else { out.append("null") }
        out.append(",\"rule\":null,\"variant\":null},\"privacy\":{\"gpc\":")
        out.append(flag: request[.secGPC])
        out.append(",\"dnt\":")
        out.append(flag: request[.dnt])
        out.append("}}")
    }
}

extension ByteWriter {
    fileprivate func append(numberOrNull number: Double?) {
        if let number { append(text: "\(number)") } else { append("null") }
    }

    /// A header whose value 1 means yes.
    fileprivate func append(flag header: ByteView) {
        if header.baseAddress == nil {
            append("null")
        } else {
            append(header.equals("1") ? "true" : "false")
        }
    }
}

/// Random numbers for ids: xorshift with a seed from the system; unguessable ids are not its job.
private struct FastRandom: RandomNumberGenerator {
    private var state: (UInt64, UInt64)

    init() {
        var system = SystemRandomNumberGenerator()
        state = (system.next() | 1, system.next())
    }

    /// Vigna's xorshift128+.
    mutating func next() -> UInt64 {
        var first = state.0
        let second = state.1
        state.0 = second
        first ^= first << 23
        state.1 = first ^ second ^ (first >> 18) ^ (second >> 5)
        return state.1 &+ second
    }
}
