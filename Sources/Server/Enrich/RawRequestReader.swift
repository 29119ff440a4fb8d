import ClickModel

/// Why a raw request makes no event.
enum RawRequestRefusal: Error, Hashable {
    /// It can't be read.
    case unreadable(String)
    /// It is fine and no click: a HEAD, a POST.
    case skipped(String)
    /// The catalog, which knows the link, can't be read now.
    case unavailable
}

/// Reads raw requests: what an edge that isn't ours tells of a click.
///
/// `{"timestamp"?, "method"?, "url"?, "ip"?, "headers"?: {name: value or [values]}, "route"?}`; other members are
/// passed over, and null is as good as absent. Used by one thread at a time.
struct RawRequestReader {
    private static let headers = ClickHeader.allCases

    private var routes: RawRoutes
    /// The texts of the line in work, free of escapes; what is known of it are places in here.
    private let text = ByteWriter(capacity: 8192)
    private var headers = [Range<Int>?](repeating: nil, count: headers.count)

    /// Makes a reader.
    ///
    /// - Parameter links: The catalog that knows links by their URLs, where there is one.
    init(links: (any LinkSource)?) { routes = RawRoutes(links: links) }

    /// Adds a line's click to a group.
    ///
    /// - Parameters:
    ///   - line: The line.
    ///   - readAt: When it came: the time of a click that tells none.
    ///   - owner: The workspace that the click belongs to, whatever the line says; nil for the one that it names.
    ///   - group: Where the click goes.
    /// - Throws: Why there is none.
    mutating func read(
        _ line: ByteView,
        at readAt: Timestamp,
        of owner: WorkspaceIdentity? = nil,
        into group: inout ClickGroup
    ) throws(RawRequestRefusal) {
        text.removeAll()
        for index in headers.indices { headers[index] = nil }
        var members = Members()
        do throws(JSONScanner.Malformed) {
            guard var parts = JSONParts(line, 0x7B) else { throw JSONScanner.Malformed() }
            while let (name, value) = try parts.member() { members.note(name, value) }
        } catch {
            throw .unreadable("not a JSON object")
        }
        if let method = try string(members.method, "method"), !method.isEmpty {
            let bytes = text.bytes.view(method)
            guard bytes.equals("GET") else { throw .skipped("\(bytes.text) is no click") }
        }
        let timestamp = try timestamp(members.timestamp) ?? readAt
        let address = try address(members.ip)
        try readHeaders(members.headers)
        if let route = members.route, route.kind != .object {
            throw .unreadable("route is no object")
        }
        let url = try string(members.url, "url").map { RawURL(text.bytes.view($0)) }
        let route = try routes.route(members.route?.bytes ?? .none, url, of: owner)
        append(timestamp, address, route, url?.query, to: &group)
    }

    /// The members that are read, as they stand in the line.
    private struct Members {
        var timestamp: JSONScanner.Value?
        var method: JSONScanner.Value?
        var url: JSONScanner.Value?
        var ip: JSONScanner.Value?
        var headers: JSONScanner.Value?
        var route: JSONScanner.Value?

        mutating func note(_ name: JSONScanner.Value, _ value: JSONScanner.Value) {
            guard value.kind != .null else { return }
            if name.bytes.equals("timestamp") {
                timestamp = value
            } else if name.bytes.equals("method") {
                method = value
            } else if name.bytes.equals("url") {
                url = value
            } else if name.bytes.equals("ip") {
                ip = value
            } else if name.bytes.equals("headers") {
                headers = value
            } else if name.bytes.equals("route") {
                route = value
            }
        }
    }

    /// Keeps a text; nil when it is absent.
    private func string(
        _ value: JSONScanner.Value?,
        _ name: StaticString
    ) throws(RawRequestRefusal) -> Range<Int>? {
        guard let value else { return nil }
        guard value.kind == .string else { throw .unreadable("\(name) is no text") }
        return keep(value)
    }

    private func keep(_ value: JSONScanner.Value) -> Range<Int> {
        let start = text.count
        text.append(unescaped: value)
        return start..<text.count
    }

    private func timestamp(_ value: JSONScanner.Value?) throws(RawRequestRefusal) -> Timestamp? {
        guard let range = try string(value, "timestamp"), !range.isEmpty else { return nil }
        guard let time = Timestamp(text.bytes.view(range).text) else {
            throw .unreadable("timestamp is no RFC 3339 date and time")
        }
        return time
    }

    private func address(_ value: JSONScanner.Value?) throws(RawRequestRefusal) -> IPAddress? {
        guard let range = try string(value, "ip"), !range.isEmpty else { return nil }
        guard let address = IPAddress(text.bytes.view(range).text) else {
            throw .unreadable("ip is no IP address")
        }
        return address
    }

    // MARK: - Headers

    private mutating func readHeaders(_ value: JSONScanner.Value?) throws(RawRequestRefusal) {
        guard let value else { return }
        guard var parts = JSONParts(value.bytes, 0x7B) else {
            throw .unreadable("headers is no object")
        }
        // The line was checked to its end before: nothing malformed can come here.
        while let (name, value) = try? parts.member() {
            guard let header = header(name) else { continue }
            headers[Int(header.rawValue)] = try headerValue(value, header)
        }
    }

    private func header(_ name: JSONScanner.Value) -> ClickHeader? {
        guard name.hasEscapes else {
            return Self.headers.first { name.bytes.equalsIgnoringCase($0.name) }
        }
        let range = keep(name)
        return Self.headers.first { text.bytes.view(range).equalsIgnoringCase($0.name) }
    }

    /// Keeps a value, several joined by commas; a number is as good as its digits.
    private func headerValue(
        _ value: JSONScanner.Value,
        _ header: ClickHeader
    ) throws(RawRequestRefusal) -> Range<Int>? {
        switch value.kind {
        case .string, .number: return keep(value)
        case .null: return nil
        case .array:
            let start = text.count
            guard var parts = JSONParts(value.bytes, 0x5B) else { return nil }
            while let element = try? parts.element() {
                guard element.kind == .string else {
                    throw .unreadable(
                        "headers.\(header.name) is neither a text nor a list of texts"
                    )
                }
                if text.count > start { text.append(", ") }
                text.append(unescaped: element)
            }
            return start..<text.count
        case .object, .boolean:
            throw .unreadable("headers.\(header.name) is neither a text nor a list of texts")
        }
    }

    // MARK: - The click

    private func append(
        _ timestamp: Timestamp,
        _ address: IPAddress?,
        _ route: Route,
        _ query: ByteView?,
        to group: inout ClickGroup
    ) {
        let location = query.flatMap { RawRoutes.forwardedLocation(of: route, $0) }
        withUnsafeTemporaryAllocation(of: ByteView.self, capacity: headers.count) { views in
            for (index, range) in headers.enumerated() {
                // An empty text is a header that was there: it needs an address.
                let view = range.map { text.bytes.view($0) } ?? .none
                views.initializeElement(at: index, to: view)
            }
            let values = UnsafeBufferPointer(views)
            guard let location else {
                group.append(
                    receivedAt: timestamp,
                    route: route,
                    address: address,
                    query: query,
                    location: nil,
                    headers: values
                )
                return
            }
            location.withUnsafeBufferPointer {
                group.append(
                    receivedAt: timestamp,
                    route: route,
                    address: address,
                    query: query,
                    location: $0,
                    headers: values
                )
            }
        }
    }
}

extension UnsafeBufferPointer<UInt8> {
    func view(_ range: Range<Int>) -> ByteView { view(range.lowerBound, range.upperBound) }
}
