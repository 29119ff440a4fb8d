import ClickModel
import Foundation

/// The short link's URL in a raw request, cut in two.
struct RawURL {
    /// Up to the query.
    let base: ByteView
    /// The query as sent, without the question mark; nil when there is none.
    let query: ByteView?

    init(_ url: ByteView) {
        let end = url.firstIndex(of: 0x23) ?? url.count
        let mark = url.view(0, end).firstIndex(of: 0x3F)
        base = url.view(0, mark ?? end)
        query = mark.map { url.view($0 + 1, end) }
    }
}

/// Finds the link that a raw request is about, and makes one `Route` of equal descriptions.
///
/// Encoders know a link by its route's identity, so the same object must come for the same link.
struct RawRoutes {
    private static let limit = 8192
    /// A longer description is understood each time: what is kept must not grow with the input.
    private static let longestKey = 4096
    /// How long a link of the catalog counts before it is asked for again.
    private static let lifetime = Duration.seconds(1)

    private let links: (any LinkSource)?
    private var known = ByteKeyedTable<Route>(limit: limit)
    private var since = ContinuousClock.now
    private let key = ByteWriter(capacity: 1024)

    init(links: (any LinkSource)?) { self.links = links }

    /// The link: as the catalog has it, else as `given` describes it, filled up from the URL.
    ///
    /// - Parameters:
    ///   - given: The JSON of the member `route`; no bytes when there is none.
    ///   - url: The short link's URL.
    ///   - owner: The workspace that the click belongs to, whatever `given` says, and whose links alone are known; nil
    ///     for the one that `given` or the catalog's link names.
    /// - Returns: The link; what nobody knows of it is nil.
    /// - Throws: What can't be read in `given`.
    mutating func route(
        _ given: ByteView,
        _ url: RawURL?,
        of owner: WorkspaceIdentity?
    ) throws(RawRequestRefusal) -> Route {
        if links != nil, since.duration(to: .now) > Self.lifetime {
            known = ByteKeyedTable(limit: Self.limit)
            since = .now
        }
        key.removeAll()
        key.append(given)
        key.append(0)
        if let url { key.append(url.base) }
        if let owner {
            key.append(0)
            key.append(decimal: owner.number)
        }
        let hash = ByteKeyedTable<Route>.hash(key.bytes)
        if let route = known.find(key.bytes, hash) { return route }
        let route = try make(given, url, owner)
        if key.count <= Self.longestKey { known.insert(route, key: Array(key.bytes), hash) }
        return route
    }

    private func make(
        _ given: ByteView,
        _ url: RawURL?,
        _ owner: WorkspaceIdentity?
    ) throws(RawRequestRefusal) -> Route {
        let place = url.flatMap { Self.place(of: $0) }
        if let links, let place, let key = SlashtagKey(place.slashtag) {
            let found: Route?
            do { found = try links.route(host: place.host, key: key) } catch { throw .unavailable }
            if let found, owner.map({ $0.number == found.workspace.number }) ?? true {
                return found
            }
        }
        let route = try RawObject(given, "route")
        let creator = try route.object("creator")
        let workspace = try creator.object("workspace")
        let domain = try route.object("domain")
        let workspaceID = try workspace.text("id")
        let told = WorkspaceIdentity(
            number: Self.number(of: workspaceID),
            id: workspaceID,
            name: try workspace.text("name")
        )
        let asked = place.flatMap { $0.slashtag.isEmpty ? nil : $0.slashtag }
        return Route(
            id: try route.text("id"),
            slashtag: try route.text("slashtag") ?? asked,
            creatorID: try creator.text("id"),
            workspace: owner ?? told,
            domain: DomainIdentity(
                id: try domain.text("id"),
                raw: try domain.text("raw") ?? place?.host
            ),
            destination: try route.text("destination").map(Self.location)
        )
    }

    /// Host and slashtag of a short link; nil when it is no http or https URL.
    private static func place(of url: RawURL) -> (host: String, slashtag: String)? {
        guard let parsed = WebURL(bytes: url.base) else { return nil }
        var host = parsed.hostname
        if host.hasSuffix(".") { host.removeLast() }
        var slashtag = String(parsed.path.dropFirst())
        if slashtag.hasSuffix("/") { slashtag.removeLast() }
        return (host, slashtag.removingPercentEncoding ?? slashtag)
    }

    /// Keeps the sessions of workspaces apart that no catalog numbered.
    private static func number(of workspace: String?) -> WorkspaceNumber {
        guard var workspace else { return 0 }
        let hash = workspace.withUTF8 { ByteKeyedTable<Route>.hash($0) }
        return Int64(bitPattern: hash | 1 << 63)
    }

    /// A destination as it would stand in `Location`: as given if it is visible ASCII.
    private static func location(_ destination: String) -> String {
        let isVisible = destination.utf8.allSatisfy { 0x21...0x7E ~= $0 }
        return isVisible ? destination : WebURL(destination)?.serialised ?? destination
    }

    /// Where a link of the catalog that forwards parameters sent the visitor; nil for no other place.
    static func forwardedLocation(of route: Route, _ query: ByteView) -> [UInt8]? {
        guard route.forwardsParameters, !query.isEmpty, let destination = route.destination else {
            return nil
        }
        let writer = ByteWriter(capacity: destination.utf8.count + query.count + 16)
        Array(destination.utf8).withUnsafeBufferPointer {
            ForwardedQuery.append(query, to: $0, into: writer)
        }
        return Array(writer.bytes)
    }
}

/// An object inside a raw request; one without members where it is absent.
private struct RawObject {
    private var members: [(name: String, value: JSONScanner.Value)] = []
    private let path: String

    init(_ bytes: ByteView, _ path: String) throws(RawRequestRefusal) {
        self.path = path
        guard !bytes.isEmpty else { return }
        guard var parts = JSONParts(bytes, 0x7B) else { throw .unreadable("\(path) is no object") }
        // The line was checked to its end before: nothing malformed can come here.
        while let (name, value) = try? parts.member() {
            if value.kind != .null { members.append((name.bytes.text, value)) }
        }
    }

    private func value(_ name: String) -> JSONScanner.Value? {
        members.last { $0.name == name }?.value
    }

    func text(_ name: String) throws(RawRequestRefusal) -> String? {
        guard let value = value(name) else { return nil }
        guard value.kind == .string else { throw .unreadable("\(path).\(name) is no text") }
        let writer = ByteWriter(capacity: value.bytes.count)
        writer.append(unescaped: value)
        return writer.bytes.text
    }

    func object(_ name: String) throws(RawRequestRefusal) -> RawObject {
        guard let value = value(name) else { return try RawObject(.none, "\(path).\(name)") }
        guard value.kind == .object else { throw .unreadable("\(path).\(name) is no object") }
        return try RawObject(value.bytes, "\(path).\(name)")
    }
}
