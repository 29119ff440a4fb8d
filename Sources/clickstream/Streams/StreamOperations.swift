import ArgumentParser
import Foundation
import NIOHTTP1

extension Streams {
    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Stop deliveries; the stream keeps its place.",
            examples: ["clickstream streams pause ID"]
        )
        @OptionGroup var which: Which<Streams>
        @OptionGroup var service: ServiceOptions

        func run() async throws { try await Streams.act("pause", which, service) }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a paused, disabled or failing stream go on, at once.",
            examples: [
                "clickstream streams resume ID", "clickstream streams resume ID --from now",
            ]
        )
        @OptionGroup var which: Which<Streams>
        @Option(
            help:
                "Where: checkpoint, now, or a time such as 2026-11-23T10:00:00Z. What is skipped expires."
        )
        var from = "checkpoint"
        @OptionGroup var service: ServiceOptions

        func run() async throws { try await Streams.act("resume", which, service, ["from": from]) }
    }

    struct RotateSecret: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a new signing secret; it is shown this once.",
            examples: ["clickstream streams rotate-secret ID --overlap 24h"]
        )
        @OptionGroup var which: Which<Streams>
        @Option(help: "How long requests are signed with the old one, too: 0s to 7d.")
        var overlap = "24h"
        @OptionGroup var service: ServiceOptions

        func run() async throws {
            try await Streams.act("rotate-secret", which, service, ["overlap": overlap])
            Printing.error("Keep the secret: it is not shown again.")
        }
    }

    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send events again that were delivered, beside the live ones.",
            examples: ["clickstream streams replay ID --from 2026-11-23T10:00:00Z"]
        )
        @OptionGroup var which: Which<Streams>
        @Option(help: "From this time on, such as 2026-11-23T10:00:00Z.") var from: String
        @Option(help: "Up to this time; now when left out.") var to: String?
        @OptionGroup var service: ServiceOptions

        func run() async throws {
            var body = ["from": from]
            body["to"] = to
            try await Streams.act("replay", which, service, body)
        }
    }

    struct Replays: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A stream's replays, and how far they are, newest first.",
            examples: ["clickstream streams replays ID"]
        )
        @OptionGroup var which: Which<Streams>
        @Option(help: "How many to show at most, 1 to 100.") var limit = 25
        @OptionGroup var service: ServiceOptions

        func validate() throws {
            guard 1...100 ~= limit else { throw ValidationError("--limit is from 1 to 100.") }
        }

        func run() async throws {
            let columns = [
                ("ID", "id"), ("CREATED", "createdAt"), ("FINISHED", "finishedAt"),
                ("FIRST", "first"), ("AT", "checkpoint"), ("END", "end"),
            ]
            let path = Streams.path(which.name, "replays")
            let all = try await ServiceClient(service).call(.GET, "\(path)?limit=\(limit)")
            Resource(path: path, columns: columns).show(all as? [[String: Any]] ?? [], service)
        }
    }

    /// Does something to a stream, and shows what the API says.
    fileprivate static func act(
        _ action: String,
        _ which: Which<Streams>,
        _ service: ServiceOptions,
        _ body: [String: Any]? = nil
    ) async throws {
        let answer = try await ServiceClient(service).call(
            .POST,
            path(which.name, action),
            body
        )
        resource.print(answer, service)
    }
}
