import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// The log's events, page by page, up to the log's end.
struct EventPages {
    struct Page {
        /// One event a line.
        let events: ByteBuffer
        /// Places of the log that were gone before they were read.
        let trimmed: Int
    }

    private static let largestPage = 64 << 20
    /// How often a page is asked for again when the service isn't there.
    private static let mostAttempts = 6

    private let client: ServiceClient
    /// The parameters of the request, each with an ampersand before it.
    private let parameters: String
    /// Behind what was read.
    private(set) var cursor: String?
    private var isAtEnd = false

    init(_ client: ServiceClient, parameters: String, after cursor: String? = nil) {
        self.client = client
        self.parameters = parameters
        self.cursor = cursor
    }

    /// The next page, which may have no events; nil at the log's end.
    mutating func next() async throws -> Page? {
        guard !isAtEnd else { return nil }
        let more = cursor.map { "&last=\(pathPart($0))" } ?? ""
        let (headers, events) = try await read("/v1/events?limit=1000\(parameters)\(more)")
        cursor = headers.first(name: "x-last") ?? cursor
        isAtEnd = !headers.contains(name: "link")
        let trimmed = headers.first(name: "x-trimmed").flatMap { Int($0) } ?? 0
        return Page(events: events, trimmed: trimmed)
    }

    private func read(_ path: String) async throws -> (HTTPHeaders, ByteBuffer) {
        var attempt = 1
        while true {
            do {
                let response = try await client.open(.GET, path)
                guard response.headers.contains(name: "x-last") else { throw client.stranger }
                let body = try await response.body.collect(upTo: Self.largestPage)
                return (response.headers, body)
            } catch let error as Failed where !error.mayPass {
                throw error
            } catch {
                // A service that never was there isn't waited for.
                guard cursor != nil, attempt < Self.mostAttempts else { throw error }
                try await Task.sleep(for: .seconds(1 << (attempt - 1)))
                attempt += 1
            }
        }
    }
}
