import ClickModel
import Foundation

/// One request as a line of JSON: what an edge that isn't ours tells of a click.
///
/// `{"timestamp"?, "method"?, "url"?, "ip"?, "headers"?: {name: value or [values]}, "route"?}`
struct RawRequest {
    /// Why a line makes no event.
    enum Refusal: Error, Equatable {
        /// The line can't be read.
        case unreadable(String)
        /// The line is fine and no click: a HEAD, a POST.
        case skipped(String)
    }

    private let timestamp: Timestamp
    private let address: IPAddress?
    private var values = [[UInt8]?](repeating: nil, count: ClickHeader.allCases.count)
    private let route: Route
    private let query: [UInt8]?

    /// Reads a line.
    ///
    /// - Parameters:
    ///   - line: The JSON.
    ///   - now: The time of a click that has none.
    ///   - links: The catalog that knows the link by its URL, where there is one.
    /// - Throws: `Refusal`: why the line makes no click.
    init(
        _ line: Data,
        now: Timestamp,
        links: (any LinkSource)?
    ) throws(Refusal) {
        guard let parsed = try? JSONSerialization.jsonObject(with: line) else {
            throw .unreadable("not JSON")
        }
        guard let object = parsed as? [String: Any] else { throw .unreadable("not a JSON object") }
        let method = try Self.text(object, "method") ?? "GET"
        guard method == "GET" else { throw .skipped("\(method) is no click") }
        if let text = try Self.text(object, "timestamp") {
            guard let time = Timestamp(text) else {
                throw .unreadable("timestamp is no RFC 3339 date and time")
            }
            timestamp = time
        } else {
            timestamp = now
        }
        if let text = try Self.text(object, "ip"), !text.isEmpty {
            guard let read = IPAddress(text) else { throw .unreadable("ip is no IP address") }
            address = read
        } else {
            address = nil
        }
        let url = try Self.text(object, "url").flatMap { WebURL($0) }
        query = url?.query.map { Array($0.utf8) }
        route = try Self.route(object, url, links)
        try readHeaders(object)
    }

    /// Adds the click to a group.
    func append(to group: inout ClickGroup) {
        let count = values.count
        // Each value needs an address while the group copies it: one piece of memory holds them all.
        var joined: [UInt8] = []
        var ranges = [Range<Int>?](repeating: nil, count: count)
        for (index, value) in values.enumerated() {
            guard let value else { continue }
            ranges[index] = joined.count..<(joined.count + value.count)
            joined += value
        }
        let location = forwardedLocation.map { Array($0.utf8) }
        joined.append(0)
        joined.withUnsafeBufferPointer { bytes in
            let views = ranges.map { $0.map { bytes.view($0.lowerBound, $0.upperBound) } ?? .none }
            views.withUnsafeBufferPointer { headers in
                (query ?? []).withUnsafeBufferPointer { query in
                    (location ?? []).withUnsafeBufferPointer { location in
                        group.append(
                            receivedAt: timestamp,
                            route: route,
                            address: address,
                            query: self.query == nil ? nil : query,
                            location: forwardedLocation == nil ? nil : location,
                            headers: headers
                        )
                    }
                }
            }
        }
    }

    /// Where a link of the catalog that forwards parameters sent the visitor.
    private var forwardedLocation: String? {
        guard route.forwardsParameters, let destination = route.destination, let query,
            !query.isEmpty
        else { return nil }
        let fragmentStart = destination.firstIndex(of: "#") ?? destination.endIndex
        let base = destination[..<fragmentStart]
        let joint =
            base.contains("?") ? (base.hasSuffix("?") || base.hasSuffix("&") ? "" : "&") : "?"
        return base + joint + String(decoding: query, as: UTF8.self) + destination[fragmentStart...]
    }

    // MARK: - Members

    private static func text(_ object: [String: Any], _ name: String) throws(Refusal) -> String? {
        switch object[name] {
        case nil, is NSNull: return nil
        case let text as String: return text
        default: throw .unreadable("\(name) is no text")
        }
    }

    private static func object(
        _ object: [String: Any],
        _ name: String
    ) throws(Refusal) -> [String: Any]? {
        switch object[name] {
        case nil, is NSNull: return nil
        case let inner as [String: Any]: return inner
        default: throw .unreadable("\(name) is no object")
        }
    }

    private mutating func readHeaders(_ object: [String: Any]) throws(Refusal) {
        guard let headers = try Self.object(object, "headers") else { return }
        for (name, value) in headers {
            let lowered = name.lowercased()
            guard let header = ClickHeader.allCases.first(where: { "\($0.name)" == lowered }) else {
                continue
            }
            let text: String
            switch value {
            case let one as String: text = one
            case let several as [String]: text = several.joined(separator: ", ")
            case is NSNull: continue
            default: throw .unreadable("headers.\(name) is neither a text nor a list of texts")
            }
            values[Int(header.rawValue)] = Array(text.utf8)
        }
    }

    private static func route(
        _ object: [String: Any],
        _ url: WebURL?,
        _ links: (any LinkSource)?
    ) throws(Refusal) -> Route {
        let slashtag = url.map { String($0.path.dropFirst()) }?.removingPercentEncoding
        if let links, let url, let slashtag, let key = SlashtagKey(slashtag),
            let known = try? links.route(host: url.hostname, key: key)
        {
            return known
        }
        let given = try Self.object(object, "route") ?? [:]
        let creator = try Self.object(given, "creator") ?? [:]
        let workspace = try Self.object(creator, "workspace") ?? [:]
        let domain = try Self.object(given, "domain") ?? [:]
        let destination = try text(given, "destination")
        return Route(
            id: try text(given, "id"),
            slashtag: try text(given, "slashtag") ?? slashtag.flatMap { $0.isEmpty ? nil : $0 },
            creatorID: try text(creator, "id"),
            workspace: WorkspaceIdentity(
                number: 0,
                id: try text(workspace, "id"),
                name: try text(workspace, "name")
            ),
            domain: DomainIdentity(
                id: try text(domain, "id"),
                raw: try text(domain, "raw") ?? url?.hostname
            ),
            destination: destination.map(location)
        )
    }

    /// A destination as it would stand in `Location`: as given if it is visible ASCII.
    private static func location(_ destination: String) -> String {
        let isVisible = destination.utf8.allSatisfy { 0x21...0x7E ~= $0 }
        return isVisible ? destination : WebURL(destination)?.serialised ?? destination
    }
}
