import ArgumentParser
import ClickModel
import Foundation
import NIOCore
import NIOHTTP1
import Server

/// Events from the log, to a file or a pipe.
struct Export: AsyncParsableCommand {
    enum Form: String, ExpressibleByArgument, CaseIterable {
        case ndjson, csv
    }

    static let configuration = CommandConfiguration(
        abstract: "Write events from the log: as they are pushed, one a line, or as CSV.",
        discussion: """
            NDJSON has each event byte for byte as streams send it. CSV has a column for each value, named by its path \
            (client.agent.browser.name); what is null is an empty field, and maps and lists are JSON.

            At its end it tells the cursor behind the last event: with --after it goes on from there, later or when it \
            was broken off; --out then adds to the file. With --out and --json it \
            prints file, events and cursor ("after") as JSON.

            Examples:
              clickstream export --out clicks.ndjson
              clickstream export --from 2026-11-01T00:00:00Z --to 2026-12-01T00:00:00Z --format csv --out november.csv
              clickstream export --types human --countries br | gzip > br.ndjson.gz
              clickstream export \\
                | duckdb -c "COPY (FROM read_ndjson('/dev/stdin', sample_size=-1)) TO 'clicks.parquet' (FORMAT parquet)"
            """
    )

    @Option(help: "From this time on, such as 2026-11-23T10:00:00Z.") var from: String?
    @Option(help: "Up to this time; the log's end when left out.") var to: String?
    @Option(help: "The form.") var format = Form.ndjson
    @Option(
        help: "rebrandly, extended or cloudevents. Default: the stream's, else rebrandly.",
        completion: .list(EventFormat.allCases.map(\.rawValue))
    )
    var eventFormat: String?
    @Option(help: "The file to write; standard output when left out.", completion: .file())
    var out: String?
    @Option(help: "Go on behind this cursor.") var after: String?
    @OptionGroup var selection: EventSelection
    @OptionGroup var service: ServiceOptions

    func validate() throws {
        guard !service.json || out != nil || format == .ndjson else {
            throw ValidationError("--json excludes CSV on standard output: name a file by --out.")
        }
    }

    mutating func run() async throws {
        let client = try ServiceClient(service)
        try await selection.resolveNames(client)
        let table = format == .csv ? try await columns(client) : nil
        let times = [("from", from), ("to", to)].map { name, value in
            value.map { "&\(name)=\(pathPart($0))" } ?? ""
        }
        var pages = EventPages(
            client,
            parameters: times.joined() + selection.parameters(format: eventFormat),
            after: after
        )
        var output = ExportOutput(out, isContinued: after != nil)
        do {
            while let page = try await pages.next() {
                if page.trimmed > 0 {
                    output.note("\(page.trimmed) places of the log are gone: retention was faster.")
                }
                try output.write(page, table, upTo: pages.cursor)
            }
        } catch {
            throw Failed(output.farewell(after: error))
        }
        try output.finish()
        if service.json, out != nil { Printing.say(Printing.line(ofJSON: output.summary)) }
    }

    /// The columns of the format that events come in.
    private func columns(_ client: ServiceClient) async throws -> EventCSV {
        var name = eventFormat
        if name == nil, let stream = selection.stream {
            let shown = try await client.call(.GET, Streams.path(stream))
            name = (shown as? [String: Any])?["format"] as? String
        }
        let format = name.map { EventFormat(rawValue: $0) } ?? .rebrandly
        guard let format, let table = EventCSV(format) else {
            throw ValidationError("CSV is of the formats rebrandly and extended: --event-format.")
        }
        return table
    }
}
