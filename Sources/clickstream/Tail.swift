import ArgumentParser
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Server

/// Live events in the terminal.
struct Tail: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Follow events as they come, one line each.",
        discussion: """
            Examples:
              clickstream tail
              clickstream tail --last 10
              clickstream tail --format extended --json | jq .details
            """
    )

    @Option(help: "rebrandly or extended.") var format = "rebrandly"
    @Option(help: "Begin with up to this many of the latest events.") var last = 0
    @OptionGroup var service: ServiceOptions

    func run() async throws {
        let client = try ServiceClient(service)
        let line = EventLine(isColoured: Printing.isTerminal)
        let isRaw = service.json || !Printing.isTerminal
        var place = Place()
        if last > 0 { place.cursor = try await printLatest(client, line, isRaw) }
        while true {
            do {
                try await follow(client, line, isRaw, &place)
            } catch let error as Failed where !error.mayPass {
                throw error
            } catch {
                // A service that was there and is restarted comes back; one that never was may be elsewhere.
                guard let failures = place.failures else { throw error }
                guard failures < 30 else { throw Failed("the connection is lost: \(error)") }
                place.failures = failures + 1
            }
            try await Task.sleep(for: .seconds(1))
        }
    }

    /// Where a listener is.
    private struct Place {
        /// What it has got; nil before it has ever been connected.
        var cursor: String?
        /// Failures since it was connected last; nil if it never was.
        var failures: Int?
    }

    /// Reads server-sent events until the connection ends; remembers where it was.
    private func follow(
        _ client: ServiceClient,
        _ line: EventLine,
        _ isRaw: Bool,
        _ place: inout Place
    ) async throws {
        let headers = place.cursor.map { ["last-event-id": $0] } ?? [:]
        let response = try await client.open(
            .GET,
            "/v1/events/live?format=\(pathPart(format))",
            headers: headers,
            timeout: .hours(24 * 365)
        )
        place.failures = 0
        var buffer = ByteBuffer()
        for try await part in response.body {
            var part = part
            buffer.writeBuffer(&part)
            while let end = buffer.readableBytesView.firstIndex(of: 0x0A) {
                let length = end - buffer.readerIndex
                let text = buffer.readString(length: length) ?? ""
                buffer.moveReaderIndex(forwardBy: 1)
                if text.hasPrefix("id:") {
                    place.cursor = text.dropFirst(3).trimmingCharacters(in: .whitespaces)
                } else if text.hasPrefix("data:") {
                    show(String(text.dropFirst(5).drop { $0 == " " }), line, isRaw)
                }
            }
            buffer.discardReadBytes()
        }
    }

    /// Prints the latest events, and returns the cursor behind them.
    private func printLatest(_ client: ServiceClient, _ line: EventLine, _ isRaw: Bool) async throws
        -> String?
    {
        var latest: [String] = []
        var cursor: String?
        while true {
            let more = cursor.map { "&last=\(pathPart($0))" } ?? ""
            let response = try await client.open(
                .GET,
                "/v1/events?limit=1000&format=\(pathPart(format))\(more)"
            )
            let text = try await response.body.collect(upTo: 64 << 20)
            latest = Array(
                (latest + String(buffer: text).split(separator: "\n").map(String.init)).suffix(last)
            )
            cursor = response.headers.first(name: "x-last") ?? cursor
            guard response.headers.contains(name: "link") else { break }
        }
        for event in latest { show(event, line, isRaw) }
        return cursor
    }

    private func show(_ json: String, _ line: EventLine, _ isRaw: Bool) {
        print(isRaw ? json : line.text(of: Data(json.utf8)))
        fflush(nil)
    }
}
