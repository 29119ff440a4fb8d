import ArgumentParser
import Foundation
import NIOHTTP1

extension Streams {
    struct Deliveries: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The stream's attempts, newest first.",
            notes: """
                With --follow those that come are shown as they come, from now on, until the command is stopped; \
                as JSON, one a line.
                """,
            examples: [
                "clickstream streams deliveries ID --limit 20",
                "clickstream streams deliveries ID --follow",
                "clickstream streams deliveries ID --all --json | jq '.[] | select(.status!=\"delivered\")'",
            ]
        )
        private static let columns = [
            ("AT", "at"), ("STATUS", "status"), ("ANSWER", "answer.status"),
            ("ATTEMPT", "attempt"), ("LANE", "lane"), ("FIRST", "firstSequence"),
            ("EVENTS", "events"), ("SECONDS", "duration"), ("BATCH", "batch"),
            ("ERROR", "error"),
        ]
        private static let mostAtOnce = 100

        @OptionGroup var which: Which<Streams>
        @OptionGroup var portion: Portion
        @Flag(help: "Go on with those that come.") var follow = false
        @OptionGroup var service: ServiceOptions

        func run() async throws {
            let path = Streams.path(which.name, "deliveries")
            let attempts = Resource(
                path: path,
                columns: Self.columns,
                pageSize: Self.mostAtOnce
            )
            guard follow else { return try await attempts.list(service, portion) }
            try await follow(attempts, ServiceClient(service))
        }

        /// Looks every second for attempts that are newer than those that were seen.
        private func follow(_ attempts: Resource, _ client: ServiceClient) async throws {
            var last = try await newer(than: nil, attempts, client).first.map(Self.number) ?? 0
            if !service.json { Printing.error("Attempts from now on; Ctrl-C ends it.") }
            while true {
                try await Task.sleep(for: .seconds(1))
                for attempt in try await newer(than: last, attempts, client).reversed() {
                    last = Self.number(attempt)
                    Printing.say(service.json ? Printing.line(ofJSON: attempt) : Self.line(attempt))
                }
            }
        }

        /// Attempts after one, newest first; the newest alone where there is none.
        private func newer(than last: Int?, _ attempts: Resource, _ client: ServiceClient)
            async throws -> [[String: Any]]
        {
            var found: [[String: Any]] = []
            try await attempts.pages(client, atMost: last == nil ? 1 : nil) { page in
                let new = page.prefix { Self.number($0) > last ?? 0 }
                found += new
                return new.count == page.count
            }
            return found
        }

        private static func number(_ attempt: [String: Any]) -> Int {
            (attempt["id"] as? String).flatMap(Int.init) ?? 0
        }

        private static func line(_ attempt: [String: Any]) -> String {
            let cells = ["at", "status", "events", "duration", "batch", "error"].map { name in
                Printing.cell(attempt[name])
            }
            return Printing.lines(cells.joined(separator: "  "))
        }
    }

    struct Stats: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "How a stream does: its accounting, and its attempts.",
            examples: ["clickstream streams stats ID", "clickstream streams stats ID --json"]
        )
        @OptionGroup var which: Which<Streams>
        @OptionGroup var service: ServiceOptions

        func run() async throws {
            let path = Streams.path(which.name, "stats")
            resource.print(try await ServiceClient(service).call(.GET, path), service)
        }
    }
}
