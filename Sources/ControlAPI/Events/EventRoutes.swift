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
    private static let cursorHeader = HTTPField.Name("x-last")
    private static let trimmedHeader = HTTPField.Name("x-trimmed")
    private static let linkHeader = HTTPField.Name("link")

    private let surroundings: Surroundings
    private let live: LiveEvents

    init(_ surroundings: Surroundings) {
        self.surroundings = surroundings
        live = LiveEvents(
            heartbeat: surroundings.heartbeat,
            patience: surroundings.listenerPatience
        )
    }

    func add(to routes: Routes) {
        routes.get("v1/events", .read) { try await page($0, $1) }
        routes.get("v1/events/live", .read) { try await listen($0, $1) }
    }

    /// Server-sent events, from the cursor, else from a time, else from now on.
    private func listen(_ request: Request, _ context: ControlContext) async throws -> Response {
        let query = try await EventQuery(request, context, isPage: false, in: surroundings)
        var start = surroundings.log.bounds.upperBound
        if let cursor = query.cursor {
            start = min(start, cursor.offset)
        } else if let from = query.from {
            start = min(start, try await surroundings.log.offset(at: from))
        }
        let caller = try context.requireCaller()
        return try live.response(query.reader, from: start, in: context) { [surroundings] in
            guard case .key(let key) = caller else { return true }
            return (try? await surroundings.catalog.isValid(key)) ?? true
        }
    }

    /// One page as NDJSON; `Link` leads to the next one, and is missing at the log's end.
    ///
    /// A page may hold fewer events than `limit`, even none, and still lead on.
    private func page(_ request: Request, _ context: ControlContext) async throws -> Response {
        let query = try await EventQuery(request, context, isPage: true, in: surroundings)
        let reader = query.reader
        let limit = try request.limit(atMost: Self.mostEvents, unless: Self.usualEvents)
        var page = Page(start: try await start(of: query))
        var reads = 0
        while page.count < limit, !page.isAtEnd, reads < Self.mostReads,
            page.body.count < Self.largestPage
        {
            reads += 1
            let step = try await reader.step(from: page.next) { event in
                reader.format.append(event, to: page.body)
                page.body.append(0x0A)
                page.count += 1
                return page.count < limit && page.body.count < Self.largestPage
            }
            page.take(step)
        }
        return answer(request, page)
    }

    /// What is gathered for one answer.
    private struct Page {
        let body = ByteWriter(capacity: 1 << 16)
        var count = 0
        var isAtEnd = false
        /// Where the next page begins.
        var next: Offset
        /// Places of the log that were trimmed before the page was asked for.
        var trimmed: Int64 = 0

        init(start: Offset) { next = start }

        mutating func take(_ step: EventReader.Step) {
            switch step {
            case .events(let next): self.next = next
            case .end(let end): (next, isAtEnd) = (end, true)
            case .lost(let lost):
                next = lost.range.upperBound
                if lost.cause == .trimmed { trimmed += lost.offsets }
            }
        }
    }

    private func start(of query: EventQuery) async throws(LogError) -> Offset {
        // A log that began anew has not come as far as an old cursor says.
        if let cursor = query.cursor {
            return min(cursor.offset, surroundings.log.bounds.upperBound)
        }
        guard let from = query.from else { return surroundings.log.bounds.lowerBound }
        return try await surroundings.log.offset(at: from)
    }

    private func answer(_ request: Request, _ page: Page) -> Response {
        var headers: HTTPFields = [
            .contentType: "application/x-ndjson", .cacheControl: "no-store",
        ]
        let last = EventCursor(page.next)
        if let name = Self.cursorHeader { headers[name] = last.text }
        if page.trimmed > 0, let name = Self.trimmedHeader { headers[name] = "\(page.trimmed)" }
        if !page.isAtEnd, let name = Self.linkHeader {
            headers[name] = "<\(Self.address(request, last: last))>; rel=\"next\""
        }
        return Response(
            status: .ok,
            headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: page.body.bytes))
        )
    }

    /// The same request, further on.
    private static func address(_ request: Request, last: EventCursor) -> String {
        let kept = request.queryPairs.compactMap { name, value in
            name == "last" || value.isEmpty ? nil : "\(encoded(name))=\(encoded(value))"
        }
        return "/v1/events?" + (kept + ["last=\(last.text)"]).joined(separator: "&")
    }

    private static func encoded(_ text: some StringProtocol) -> String {
        let hex = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            // Commas separate what is in a list.
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2C, 0x2D, 0x2E, 0x5F, 0x7E:
                bytes.append(byte)
            default:
                bytes += [0x25, hex[Int(byte >> 4)], hex[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
