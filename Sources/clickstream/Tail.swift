import ArgumentParser
import AsyncHTTPClient
import ClickModel
import Foundation
import NIOCore
import NIOHTTP1
import Server

/// Live events in the terminal.
struct Tail: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Follow events as they come, one line each.",
        discussion: """
            Lists of a filter are separated by commas; an event has to pass every condition. Ctrl-C ends it.

            Examples:
              clickstream tail
              clickstream tail --last 10 --types human --countries br,pt
              clickstream tail --stream ID
              clickstream tail --format extended --json | jq .details
            """
    )

    /// Of how much time the latest events are looked for, first; and how much more of it when there are fewer.
    private static let firstSpan = Duration.seconds(300)
    private static let widening = 8

    @Option(
        help: "rebrandly, extended or cloudevents. Default: the stream's, else rebrandly.",
        completion: .list(EventFormat.allCases.map(\.rawValue))
    )
    var format: String?
    @Option(help: "Begin with up to this many of the latest events.") var last = 0
    @OptionGroup var selection: EventSelection
    @OptionGroup var service: ServiceOptions

    mutating func run() async throws {
        let client = try ServiceClient(service)
        try await selection.resolveNames(client)
        let line = EventLine(isColoured: Printing.isTerminal)
        let isRaw = service.json || !Printing.isTerminal
        let cursor = last > 0 ? try await printLatest(client, line, isRaw) : nil
        let parameters = selection.parameters(format: format)
        var feed = LiveFeed(client, parameters: parameters, from: cursor)
        try await feed.follow { events in
            for event in events { show(event, line, isRaw) }
        }
    }

    /// Prints the latest events, and returns the cursor behind them.
    private func printLatest(_ client: ServiceClient, _ line: EventLine, _ isRaw: Bool) async throws
        -> String?
    {
        let oldest = try await oldestEvent(client)
        var span = Self.firstSpan
        while true {
            let start = Timestamp.now.advanced(by: .zero - span)
            // A span that reaches behind the log's start has all there is.
            let isAll = oldest.map { start <= $0 } ?? true
            let from = isAll ? "" : "&from=\(pathPart(start.description))"
            var latest: [String] = []
            var pages = EventPages(client, parameters: selection.parameters(format: format) + from)
            while let page = try await pages.next() {
                let events = String(buffer: page.events).split(separator: "\n").map(String.init)
                latest = Array((latest + events).suffix(last))
            }
            guard isAll || latest.count >= last else {
                span *= Self.widening
                continue
            }
            for event in latest { show(event, line, isRaw) }
            return pages.cursor
        }
    }

    /// When the log's first event came; nil when the beginning of the log has none.
    private func oldestEvent(_ client: ServiceClient) async throws -> Timestamp? {
        let answer = try await client.open(.GET, "/v1/events?limit=1&format=rebrandly&orphans=true")
        let body = String(buffer: try await answer.body.collect(upTo: 1 << 20))
        return body.firstMatch(of: /"timestamp":"([^"]*)"/).flatMap { Timestamp(String($0.1)) }
    }

    private func show(_ json: String, _ line: EventLine, _ isRaw: Bool) {
        Printing.say(isRaw ? json : line.text(of: Data(json.utf8)))
    }
}
