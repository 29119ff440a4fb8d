import Catalog
import ClickModel
import Hummingbird

/// What a request for events asks for: whose, which, in what form, and from where on.
struct EventQuery {
    /// The parameters of pages and of live streams.
    private static let shared = FilterQuery.names.union([
        "workspace", "workspace[id]", "stream", "format", "from", "last",
    ])
    /// Those of pages alone.
    private static let ofPages: Set = ["to", "limit"]

    let reader: EventReader
    /// Where the client was, if it says so.
    let cursor: EventCursor?
    let from: Timestamp?

    /// Reads a request.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - context: Who asks.
    ///   - isPage: Whether it asks for a page; a live stream takes fewer parameters.
    ///   - surroundings: Where events and streams are.
    /// - Throws: 403 for what can't be, a parameter that isn't known too; 404 for a stream that isn't there.
    init(
        _ request: Request,
        _ context: ControlContext,
        isPage: Bool,
        in surroundings: Surroundings
    ) async throws {
        let workspace = try await surroundings.workspace(of: request, context)
        let known = isPage ? Self.shared.union(Self.ofPages) : Self.shared
        let unknown = request.uri.queryParameters.map { String($0.key) }
            .filter { !$0.isEmpty && !known.contains($0) }
        guard unknown.isEmpty else {
            throw APIError.invalid(
                Array(Set(unknown)).sorted().prefix(50).map {
                    SettingProblem(property: $0, code: "InvalidFormat", message: "is not known")
                }
            )
        }
        var stream: EventStream?
        if let id = request.text(query: "stream") {
            stream = try await surroundings.catalog.stream(
                id: EventStream.ID(id),
                in: workspace
            ).stream
        }
        var reader = EventReader(
            log: surroundings.log,
            workspace: workspace.number,
            format: try Self.format(request) ?? stream?.format ?? .rebrandly,
            filters: try Self.filters(request, stream)
        )
        from = try request.moment(query: "from")
        let to = isPage ? try request.moment(query: "to") : nil
        if from != nil || to != nil {
            let first = from ?? Timestamp(microseconds: .min)
            reader.times = first..<max(first, to ?? Timestamp(microseconds: .max))
        }
        self.reader = reader
        let last = isPage ? nil : request.text(header: "last-event-id")
        cursor = try (last ?? request.text(query: "last")).map { text throws(APIError) in
            guard let cursor = EventCursor(text) else {
                throw .invalid("last", "is no cursor of this list")
            }
            return cursor
        }
    }

    private static func format(_ request: Request) throws(APIError) -> EventFormat? {
        guard let name = request.text(query: "format") else { return nil }
        guard let format = EventFormat(rawValue: name) else {
            let names = EventFormat.allCases.map(\.rawValue).joined(separator: ", ")
            throw .invalid("format", "must be one of \(names)")
        }
        return format
    }

    /// The stream's filter, if there is one, and the parameters' own: an event has to pass both.
    private static func filters(
        _ request: Request,
        _ stream: EventStream?
    ) throws(APIError) -> [EventMatcher] {
        let own = try FilterQuery(request)
        guard let stream else { return [EventMatcher(own.filter)] }
        guard !own.isEmpty else { return [EventMatcher(stream.filter)] }
        var filter = own.filter
        // A stream that wants orphans gets them, unless the parameters say that it shan't.
        if !own.namesOrphans { filter.orphans = stream.filter.orphans }
        return [EventMatcher(stream.filter), EventMatcher(filter)]
    }
}
