package import ClickModel

/// Joins events from fragments of JSON that were rendered before.
///
/// The agent by user agent and hints, the referral by referrer, the place by the database's record, the route by
/// link: what is left for each click is its time, its session, and copying. Used by one thread at a time.
package final class StandardEncoder: EventEncoder {
    private let settings: EncoderSettings
    private let clock: @Sendable () -> Timestamp
    private var sessions: SessionTable
    private var random = FastRandom()
    private var wall: Timestamp
    private var clicksSinceClock = 0

    private let source: FragmentSource
    private var received = TimestampText()
    private var began = TimestampText()
    /// Where fragments are rendered.
    private let renderer = ByteWriter(capacity: 4096)
    /// Where a click's own pieces are rendered: its own destination, then the short link's query and the rule.
    private let own = ByteWriter(capacity: 4096)

    /// The clock is read anew after so many clicks, and for each group.
    private static let clicksPerClock = 64

    /// Makes an encoder that goes on where a restart left the sessions.
    ///
    /// - Parameters:
    ///   - tables: The data to enrich by.
    ///   - settings: How.
    ///   - store: Where sessions were kept; nil begins without any.
    ///   - clock: The time on the wall, which ends keys and forgets sessions.
    /// - Throws: Whatever the store throws.
    package init(
        tables: Tables,
        settings: EncoderSettings = EncoderSettings(),
        store: (any SessionStore)? = nil,
        clock: @escaping @Sendable () -> Timestamp = { .now }
    ) throws {
        source = FragmentSource(tables: tables, settings: settings)
        self.settings = settings
        self.clock = clock
        wall = clock()
        let since = wall.advanced(by: .zero - settings.sessionWindow)
        var sessions = SessionTable(
            window: settings.sessionWindow,
            limit: settings.maximumSessions,
            keys: try store?.sessionKeys() ?? [],
            wall: wall
        )
        // Half an hour of clicks: not all of it in memory at once.
        try store?.readSessionJournal(since: since) { [wall] in sessions.recall($0, wall: wall) }
        self.sessions = sessions
    }

    @discardableResult
    package func encode(
        _ click: Click,
        _ request: borrowing ClickRequest,
        into group: EventGroup
    ) -> EncodedClick {
        encode(click, request, source.fragments(of: click, request), into: group)
    }

    /// Joins an event whose fragments are there already.
    ///
    /// - Parameters:
    ///   - click: The click.
    ///   - request: Its request.
    ///   - fragments: Of that click, from any source of the same tables.
    ///   - group: Where the event goes.
    /// - Returns: What it says of the visitor.
    @discardableResult
    package func encode(
        _ click: Click,
        _ request: borrowing ClickRequest,
        _ fragments: ClickFragments,
        into group: EventGroup
    ) -> EncodedClick {
        let (agent, language) = (fragments.agent, fragments.language)
        let (referral, place, route) = (fragments.referral, fragments.place, fragments.route)
        let forwarded = renderOwn(request)
        let hasRule = request.rule != nil
        let started = sessionStart(click, request, agent, language, route, group)
        let isFirst = started == click.receivedAt
        let wasPaid = isPaid(request, route)
        let (gpc, dnt) = (Self.flag(request[.secGPC]), Self.flag(request[.dnt]))
        received.set(click.receivedAt, with: renderer)
        if !isFirst { began.set(started, with: renderer) }

        let size =
            agent.event.count + agent.details.count + language.event.count + place.event.count
            + place.details.count + referral.event.count + route.event.count
            + route.destination.count
            + route.details.count + own.count + 256
        var eventLength = 0
        let length = group.payload.appendRoom(size) { room -> Int? in
            var cursor = EventCursor(room)
            cursor.append("{\"timestamp\":\"")
            cursor.append(received)
            cursor.append(language.event)
            cursor.append(place.event)
            cursor.append(agent.event)
            cursor.append(isFirst ? received : began)
            cursor.append(isFirst ? "\",\"first\":true}}" : "\",\"first\":false}}")
            if wasPaid {
                cursor.append(referral.event[..<referral.type.lowerBound])
                cursor.append("\"paid\"")
                cursor.append(referral.event[referral.type.upperBound...])
            } else {
                cursor.append(referral.event)
            }
            cursor.append(route.event)
            if forwarded > 0 {
                cursor.append(own.bytes.view(0, forwarded))
            } else {
                cursor.append(route.destination)
            }
            eventLength = cursor.count

            cursor.append(place.details)
            cursor.append(agent.details)
            cursor.append(route.details)
            cursor.append(own.bytes.view(forwarded, own.count))
            if !hasRule { cursor.append(",\"rule\":null") }
            cursor.append(",\"variant\":null},\"privacy\":{\"gpc\":")
            cursor.append(gpc)
            cursor.append(",\"dnt\":")
            cursor.append(dnt)
            cursor.append("}}")
            return cursor.isOverrun ? nil : cursor.count
        }
        guard let length else { preconditionFailure("an event's pieces were measured too short") }
        group.add(
            EventFacts(
                id: ClickID(at: click.receivedAt, using: &random),
                timestamp: click.receivedAt,
                workspace: click.route.workspace.number,
                eventLength: eventLength,
                detailsLength: length - eventLength,
                isOrphan: click.route.isOrphan
            )
        )
        return EncodedClick(isHuman: !agent.isBot, startsSession: isFirst)
    }

    /// A header whose value 1 means yes.
    private static func flag(_ header: ByteView) -> StaticString {
        header.baseAddress == nil ? "null" : header.equals("1") ? "true" : "false"
    }

    /// Renders what only this click has.
    ///
    /// - Returns: How many bytes of it are the destination; the rest is the short link's query, and the rule where one decided.
    private func renderOwn(_ request: borrowing ClickRequest) -> Int {
        own.removeAll()
        if let location = request.location { DestinationFragment.write(location, to: own) }
        let forwarded = own.count
        if let query = request.query { own.append(json: query) } else { own.append("null") }
        if let rule = request.rule {
            own.append(",\"rule\":")
            own.append(json: rule)
        }
        return forwarded
    }

    /// Whether the short link's parameters, or the destination's, say that the click was paid for.
    private func isPaid(_ request: borrowing ClickRequest, _ route: RouteFragment) -> Bool {
        if let query = request.query, PaidClick.isMarked(query: query) { return true }
        guard let location = request.location else { return route.isPaid }
        return PaidClick.isMarked(url: location)
    }

    private func sessionStart(
        _ click: Click,
        _ request: borrowing ClickRequest,
        _ agent: AgentFragment,
        _ language: LanguageFragment,
        _ route: RouteFragment,
        _ group: EventGroup
    ) -> Timestamp {
        let (gpc, dnt) = (request[.secGPC].equals("1"), request[.dnt].equals("1"))
        guard let address = click.address, !((gpc || dnt) && settings.respectsGPC) else {
            return click.receivedAt
        }
        let visitor = Visitor(
            address: address,
            workspace: click.route.workspace.number,
            isBot: agent.isBot,
            userAgent: agent.digest,
            language: language.digest,
            domain: route.domainDigest
        )
        clicksSinceClock += 1
        if group.isEmpty || clicksSinceClock >= Self.clicksPerClock {
            wall = clock()
            clicksSinceClock = 0
        }
        return sessions.touch(visitor, at: click.receivedAt, wall: wall, into: group)
    }
}
