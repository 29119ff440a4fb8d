import Catalog
import ClickModel
import HTTPTypes
import Hummingbird
import NIOCore

/// `GET /v1/events`, page by page, and `GET /v1/events/live`, as they come.
struct EventRoutes {
    private static let usualEvents = 100
    private static let mostEvents = 1000
    /// A page ends after so many reads of the log even if it holds fewer events than asked for.
    private static let mostReads = 64
    private static let largestPage = 4 << 20
    /// Filters belong to a later version; until then they are refused, not ignored.
    private static let filters = [
        "links", "domains", "tags", "countries", "types", "origins", "orphans",
    ]
    private static let cursorHeader = HTTPField.Name("x-last")
    private static let linkHeader = HTTPField.Name("link")

    private let surroundings: Surroundings
    private let live: LiveEvents

    init(_ surroundings: Surroundings) {
        self.surroundings = surroundings
        live = LiveEvents(heartbeat: surroundings.heartbeat)
    }

    func add(to routes: Routes) {
        routes.get("v1/events", .read) { try await page($0, $1) }
        routes.get("v1/events/live", .read) { request, context in
            let reader = try await reader(request, context)
            var start = surroundings.log.bounds.upperBound
            let last = request.text(header: "last-event-id") ?? request.text(query: "last")
            if let last {
                guard let cursor = EventCursor(last) else {
                    throw APIError.invalid("last", "is no cursor of this list")
                }
                start = min(start, cursor.offset)
            }
            return try live.response(reader, from: start, on: context.channel)
        }
    }

    private func reader(
        _ request: Request,
        _ context: ControlContext
    ) async throws -> EventReader {
        let workspace = try await surroundings.workspace(of: request, context)
        let name = request.text(query: "format") ?? EventFormat.rebrandly.rawValue
        guard let format = EventFormat(rawValue: name) else {
            throw APIError.invalid("format", "must be rebrandly or extended")
        }
        for filter in Self.filters where request.text(query: filter) != nil {
            throw APIError.invalid([
                SettingProblem(
                    property: filter,
                    code: "NotSupported",
                    message: "is not supported yet"
                )
            ])
        }
        return EventReader(log: surroundings.log, workspace: workspace.number, format: format)
    }

    /// One page as NDJSON; `Link` leads to the next one, and is missing at the log's end.
    ///
    /// A page may hold fewer events than `limit`, even none, and still lead on.
    private func page(_ request: Request, _ context: ControlContext) async throws -> Response {
        var reader = try await reader(request, context)
        let limit = try request.limit(atMost: Self.mostEvents, unless: Self.usualEvents)
        let from = try request.moment(query: "from")
        let to = try request.moment(query: "to")
        if from != nil || to != nil {
            let first = from ?? Timestamp(microseconds: .min)
            reader.times = first..<max(first, to ?? Timestamp(microseconds: .max))
        }
        var position = try await start(request, from: from)
        let body = ByteWriter(capacity: 1 << 16)
        var count = 0
        var isAtEnd = false
        var reads = 0
        while count < limit, !isAtEnd, reads < Self.mostReads, body.count < Self.largestPage {
            reads += 1
            let step = try await reader.step(from: position) { event in
                reader.format.append(event, to: body)
                body.append(0x0A)
                count += 1
                return count < limit && body.count < Self.largestPage
            }
            switch step {
            case .events(let next): position = next
            case .end(let end): (position, isAtEnd) = (end, true)
            }
        }
        return answer(request, body, next: EventCursor(position), isAtEnd: isAtEnd)
    }

    private func start(_ request: Request, from: Timestamp?) async throws -> Offset {
        if let last = request.text(query: "last") {
            guard let cursor = EventCursor(last) else {
                throw APIError.invalid("last", "is no cursor of this list")
            }
            return cursor.offset
        }
        guard let from else { return surroundings.log.bounds.lowerBound }
        return try await surroundings.log.offset(at: from)
    }

    private func answer(
        _ request: Request,
        _ body: ByteWriter,
        next: EventCursor,
        isAtEnd: Bool
    ) -> Response {
        var headers: HTTPFields = [
            .contentType: "application/x-ndjson", .cacheControl: "no-store",
        ]
        if let name = Self.cursorHeader { headers[name] = next.text }
        if !isAtEnd, let name = Self.linkHeader {
            headers[name] = "<\(Self.address(request, last: next))>; rel=\"next\""
        }
        return Response(
            status: .ok,
            headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body.bytes))
        )
    }

    /// The same request, further on.
    private static func address(_ request: Request, last: EventCursor) -> String {
        let kept = ["from", "to", "limit", "format", "workspace"].compactMap { name in
            request.text(query: name).map { "\(name)=\(encoded($0))" }
        }
        return "/v1/events?" + (kept + ["last=\(last.text)"]).joined(separator: "&")
    }

    private static func encoded(_ text: String) -> String {
        let hex = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
                bytes.append(byte)
            default:
                bytes += [0x25, hex[Int(byte >> 4)], hex[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
