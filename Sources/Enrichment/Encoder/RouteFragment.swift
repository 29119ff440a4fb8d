import ClickModel

/// A link: the event up to the destination, its own destination, and the details' part.
final class RouteFragment: Sendable {
    /// Kept, so that no other route gets its identity, which is the cache's key.
    let route: Route
    /// From `{"id":` to `"destination":`.
    let event: [UInt8]
    /// The destination, and the end of the event.
    let destination: [UInt8]
    /// From `{"shortUrl":` to `"query":`.
    let details: [UInt8]
    /// Whether the destination's own parameters say that clicks are paid for.
    let isPaid: Bool
    /// Of the domain, for telling visitors apart.
    let domainDigest: UInt64

    /// Bytes that were rendered.
    var byteCount: Int { event.count + destination.count + details.count }

    init(_ route: Route, _ writer: ByteWriter) {
        self.route = route
        event = Self.link(route, writer)
        writer.removeAll()
        var isPaid = false
        if var destination = route.destination {
            destination.withUTF8 { bytes in
                DestinationFragment.write(bytes, to: writer)
                isPaid = PaidClick.isMarked(url: bytes)
            }
        } else {
            DestinationFragment.writeNone(to: writer)
        }
        destination = Array(writer.bytes)
        self.isPaid = isPaid
        details = Self.details(route, writer)
        var domain = route.domain.raw ?? ""
        domainDigest = domain.withUTF8 { Visitor.digest($0) }
    }

    private static func link(_ route: Route, _ writer: ByteWriter) -> [UInt8] {
        writer.removeAll()
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
        return Array(writer.bytes)
    }

    private static func details(_ route: Route, _ writer: ByteWriter) -> [UInt8] {
        writer.removeAll()
        writer.append("{\"shortUrl\":")
        writer.append(jsonOrNull: route.shortURL)
        writer.append(",\"title\":")
        writer.append(jsonOrNull: route.details?.title)
        writer.append(",\"tags\":")
        if let tags = route.details?.tags {
            writer.append(0x5B)
            for (index, tag) in tags.enumerated() {
                if index > 0 { writer.append(0x2C) }
                writer.append(json: tag)
            }
            writer.append(0x5D)
        } else {
            writer.append("null")
        }
        writer.append(",\"createdAt\":")
        writer.append(jsonOrNull: route.details?.createdAt?.description)
        writer.append(",\"query\":")
        return Array(writer.bytes)
    }
}

/// A destination as JSON, with the two braces that end the event.
enum DestinationFragment {
    static func write(_ location: ByteView, to writer: ByteWriter) {
        writer.append("{\"raw\":")
        writer.append(json: location)
        if let url = PlainURL(location) {
            write(url.scheme, url.hostname, url.path, url.query ?? .none, to: writer)
        } else if let url = WebURL(bytes: location) {
            var (scheme, hostname, path) = (url.scheme, url.hostname, url.path)
            var query = url.query ?? ""
            scheme.withUTF8 { scheme in
                hostname.withUTF8 { hostname in
                    path.withUTF8 { path in
                        query.withUTF8 { write(scheme, hostname, path, $0, to: writer) }
                    }
                }
            }
        } else {
            writer.append(",\"protocol\":null,\"hostname\":null,\"path\":null,\"params\":")
            writer.append("{\"query\":null}}}}")
        }
    }

    static func writeNone(to writer: ByteWriter) {
        writer.append("{\"raw\":null,\"protocol\":null,\"hostname\":null,\"path\":null,\"params\":")
        writer.append("{\"query\":null}}}}")
    }

    private static func write(
        _ scheme: ByteView,
        _ hostname: ByteView,
        _ path: ByteView,
        _ query: ByteView,
        to writer: ByteWriter
    ) {
        writer.append(",\"protocol\":")
        writer.append(json: scheme)
        writer.append(",\"hostname\":")
        writer.append(json: hostname)
        writer.append(",\"path\":")
        writer.append(json: path)
        writer.append(",\"params\":{\"query\":")
        QueryPairs.write(query, to: writer)
        writer.append("}}}}")
    }
}
