import ClickModel

/// An agent as JSON: the event's part and the details'.
final class AgentFragment {
    let event: [UInt8]
    let details: [UInt8]
    let isBot: Bool

    init(_ facts: AgentFacts) {
        let writer = ByteWriter(capacity: 256)
        writer.append("{\"browser\":{\"name\":")
        writer.append(jsonOrNull: facts.browserName)
        writer.append(",\"version\":")
        writer.append(jsonOrNull: facts.browserVersion)
        writer.append("},\"os\":{\"name\":")
        writer.append(jsonOrNull: facts.osName)
        writer.append(",\"version\":")
        writer.append(jsonOrNull: facts.osVersion)
        writer.append("},\"device\":{\"name\":")
        writer.append(jsonOrNull: facts.device)
        writer.append("},\"type\":")
        writer.append(facts.bot == nil ? "\"human\"}" : "\"bot\"}")
        event = Array(writer.bytes)
        writer.removeAll()
        writer.append("{\"engine\":")
        writer.append(jsonOrNull: facts.engine)
        writer.append(",\"brand\":")
        writer.append(jsonOrNull: facts.brand)
        writer.append(",\"model\":")
        writer.append(jsonOrNull: facts.model)
        writer.append(",\"category\":")
        writer.append(jsonOrNull: facts.bot?.category)
        writer.append(",\"reason\":")
        writer.append(jsonOrNull: facts.bot?.reason)
        writer.append(0x7D)
        details = Array(writer.bytes)
        isBot = facts.bot != nil
    }
}

/// A referral as JSON: as it is, and for a click that was paid for.
final class ReferralFragment {
    let event: [UInt8]
    let paid: [UInt8]

    init(_ referral: Referral) {
        event = Self.render(referral, type: referral.type)
        paid = Self.render(referral, type: "paid")
    }

    private static func render(_ referral: Referral, type: String) -> [UInt8] {
        let writer = ByteWriter(capacity: 256)
        writer.append("{\"hostname\":")
        writer.append(jsonOrNull: referral.hostname)
        writer.append(",\"protocol\":")
        writer.append(jsonOrNull: referral.scheme)
        writer.append(",\"path\":")
        writer.append(jsonOrNull: referral.path)
        writer.append(",\"origin\":{\"type\":")
        writer.append(json: type)
        writer.append(",\"name\":")
        writer.append(json: referral.name)
        writer.append("}}")
        return Array(writer.bytes)
    }
}

/// A link as JSON, up to where the destination begins, and its own destination.
final class RouteFragment {
    /// Kept so that the cache's key, the route's identity, stays taken.
    let route: Route
    /// `{"id":...,"domain":{...},"destination":`
    let event: [UInt8]
    let destination: [UInt8]
    /// `{"shortUrl":...,"query":`
    let details: [UInt8]
    /// Whether the destination's own parameters say that clicks are paid for.
    let isPaid: Bool

    init(_ route: Route) {
        self.route = route
        let writer = ByteWriter(capacity: 1024)
        writer.append("{\"id\":")
        writer.append(jsonOrNull: route.id)
        writer.append(",\"slashtag\":")
        writer.append(jsonOrNull: route.slashtag)
        writer.append(",\"creator\":{\"id\":")
        writer.append(jsonOrNull: route.creatorID)
        writer.append(",\"workspace\":{\"id\":")
        writer.append(jsonOrNull: route.workspace.id)
        writer.append(",\"name\":")
        writer.append(jsonOrNull: route.workspace.name)
        writer.append("}},\"domain\":{\"id\":")
        writer.append(jsonOrNull: route.domain.id)
        writer.append(",\"raw\":")
        writer.append(jsonOrNull: route.domain.raw)
        writer.append("},\"destination\":")
        event = Array(writer.bytes)

        writer.removeAll()
        var isPaid = false
        if var destination = route.destination {
            destination.withUTF8 { bytes in
                DestinationFragment.write(bytes, to: writer)
                if let mark = bytes.firstIndex(of: 0x3F) {
                    isPaid = PaidClick.isMarked(
                        bytes.view(mark + 1, bytes.firstIndex(of: 0x23) ?? bytes.count))
                }
            }
        } else {
            writer.append(
                """
                {"raw":null,"protocol":null,"hostname":null,"path":null,"params":{"query":null}}
                """)
        }
        destination = Array(writer.bytes)
        self.isPaid = isPaid

        writer.removeAll()
        writer.append("{\"shortUrl\":")
        writer.append(jsonOrNull: route.shortURL)
        writer.append(",\"title\":")
        writer.append(jsonOrNull: route.details?.title)
        writer.append(",\"tags\":[")
        for (index, tag) in (route.details?.tags ?? []).enumerated() {
            if index > 0 { writer.append(0x2C) }
            writer.append(json: tag)
        }
        writer.append("],\"createdAt\":")
        writer.append(jsonOrNull: route.details?.createdAt?.description)
        writer.append(",\"query\":")
        details = Array(writer.bytes)
    }
}

extension Route {
    /// The short link as people write it.
    fileprivate var shortURL: String? {
        guard let host = domain.raw, let slashtag else { return nil }
        return "https://\(host)/\(slashtag)"
    }
}

/// A destination as JSON.
enum DestinationFragment {
    static func write(_ location: ByteView, to writer: ByteWriter) {
        let url = WebURL(bytes: location)
        writer.append("{\"raw\":")
        writer.append(json: location)
        writer.append(",\"protocol\":")
        writer.append(jsonOrNull: url?.scheme)
        writer.append(",\"hostname\":")
        writer.append(jsonOrNull: url?.hostname)
        writer.append(",\"path\":")
        writer.append(jsonOrNull: url?.path)
        writer.append(",\"params\":{\"query\":")
        if var query = url?.query {
            query.withUTF8 { QueryPairs.write($0, to: writer) }
        } else {
            writer.append(url == nil ? "null" : "{}")
        }
        writer.append("}}")
    }
}

/// Rendered links, by identity: a changed link is another `Route`.
struct RouteCache {
    private var young: [ObjectIdentifier: RouteFragment] = [:]
    private var old: [ObjectIdentifier: RouteFragment] = [:]
    private let limit: Int

    /// Keeps up to `limit` links; two generations, so that the ones in use outlive a scan.
    init(limit: Int) { self.limit = max(2, limit / 2) }

    mutating func fragment(_ route: Route) -> RouteFragment {
        let key = ObjectIdentifier(route)
        if let known = young[key] { return known }
        let fragment = old[key] ?? RouteFragment(route)
        if young.count >= limit {
            old = young
            young.removeAll(keepingCapacity: true)
        }
        young[key] = fragment
        return fragment
    }
}
