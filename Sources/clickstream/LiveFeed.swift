import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// Follows a live stream of events, over lost connections and restarts of the service.
struct LiveFeed {
    private static let mostFailures = 30

    private let client: ServiceClient
    /// The parameters of the request, each with an ampersand before it.
    private let parameters: String
    /// What was taken; nil before the first connection.
    private var cursor: String?
    /// Failures since the last connection; nil if there never was one.
    private var failures: Int?

    init(_ client: ServiceClient, parameters: String, from cursor: String? = nil) {
        self.client = client
        self.parameters = parameters
        self.cursor = cursor
    }

    /// Calls `take` with the events that came together; the next ones are read when it returns.
    ///
    /// - Throws: What a service says that won't pass, and that there is none.
    mutating func follow(_ take: ([String]) async throws -> Void) async throws {
        while true {
            do {
                try await read(take)
            } catch let error as Failed where !error.mayPass {
                throw error
            } catch {
                // A service that was there and is restarted comes back; one that never was may be elsewhere.
                guard let failures else { throw error }
                guard failures < Self.mostFailures else {
                    throw Failed("the connection is lost: \(error)")
                }
                self.failures = failures + 1
            }
            try await Task.sleep(for: .seconds(1))
        }
    }

    /// Reads until the connection ends.
    private mutating func read(_ take: ([String]) async throws -> Void) async throws {
        let response = try await client.open(
            .GET,
            "/v1/events/live?" + parameters.dropFirst(),
            headers: cursor.map { ["last-event-id": $0] } ?? [:],
            timeout: .hours(24 * 365)
        )
        guard
            response.headers.first(name: "content-type")?.hasPrefix("text/event-stream") == true
        else { throw client.stranger }
        failures = 0
        var events = ServerSentEvents()
        for try await piece in response.body {
            let whole = events.take(piece)
            var messages: [String] = []
            for event in whole {
                switch event.kind {
                case "message":
                    // The greeting has no data.
                    if !event.data.isEmpty { messages.append(event.data) }
                case "trimmed", "damaged":
                    Printing.error("A part of the log is gone (\(event.kind)): \(event.data)")
                default: break
                }
            }
            if !messages.isEmpty { try await take(messages) }
            cursor = whole.last { $0.id != nil }?.id ?? cursor
        }
    }
}
