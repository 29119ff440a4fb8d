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

    @Option(
        help: "rebrandly, extended or cloudevents. Default: the stream's, else rebrandly.",
        completion: .list(EventFormat.allCases.map(\.rawValue))
    )
    var format: String?
    @Option(help: "Begin with up to this many of the latest events.") var last = 0
    @OptionGroup var selection: EventSelection
    @OptionGroup var service: ServiceOptions

    func run() async throws {
        let client = try ServiceClient(service)
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
        var latest: [String] = []
        var pages = EventPages(client, parameters: selection.parameters(format: format))
        while let page = try await pages.next() {
            let events = String(buffer: page.events).split(separator: "\n").map(String.init)
            latest = Array((latest + events).suffix(last))
        }
        for event in latest { show(event, line, isRaw) }
        return pages.cursor
    }

    private func show(_ json: String, _ line: EventLine, _ isRaw: Bool) {
        print(isRaw ? json : line.text(of: Data(json.utf8)))
        fflush(nil)
    }
}
