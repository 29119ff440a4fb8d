import ArgumentParser
import Foundation
import NIOHTTP1

extension Streams {
    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Stop deliveries; the stream keeps its place."
        )
        @OptionGroup var which: IDArgument
        @OptionGroup var service: ServiceOptions

        func run() async throws { try await Streams.act("pause", which, service) }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a paused, disabled or failing stream go on, at once."
        )
        @OptionGroup var which: IDArgument
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
            abstract: "Make a new signing secret; it is shown this once."
        )
        @OptionGroup var which: IDArgument
        @Option(help: "How long requests are signed with the old one, too: 0s to 7d.")
        var overlap = "24h"
        @OptionGroup var service: ServiceOptions

        func run() async throws {
            try await Streams.act("rotate-secret", which, service, ["overlap": overlap])
        }
    }

    struct Deliveries: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The stream's attempts, newest first."
        )
        @OptionGroup var which: IDArgument
        @Option(help: "How many, 1 to 100.") var limit = 25
        @OptionGroup var service: ServiceOptions

        func run() async throws {
            let columns = [
                ("AT", "at"), ("STATUS", "status"), ("ANSWER", "answer.status"),
                ("ATTEMPT", "attempt"), ("LANE", "lane"), ("FIRST", "firstSequence"),
                ("EVENTS", "events"), ("SECONDS", "duration"), ("BATCH", "batch"),
                ("ERROR", "error"),
            ]
            try await Resource(path: Streams.path(which.id, "deliveries"), columns: columns)
                .list(service, newest: limit)
        }
    }

    struct Parked: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The events that the endpoint refused, oldest first."
        )
        @OptionGroup var which: IDArgument
        @Option(help: "How many, 1 to 100.") var limit = 25
        @OptionGroup var service: ServiceOptions

        func run() async throws {
            let columns = [
                ("ID", "id"), ("PARKED", "parkedAt"), ("LANE", "lane"), ("SEQUENCE", "sequence"),
                ("ATTEMPTS", "attempts"), ("REASON", "reason"),
            ]
            try await Resource(path: Streams.path(which.id, "parked"), columns: columns)
                .list(service, newest: limit)
        }
    }

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Send a parked event again.")
        @OptionGroup var which: IDArgument
        @Argument(help: "The parked event's id.") var event: String
        @OptionGroup var service: ServiceOptions

        func run() async throws {
            let result = try await ServiceClient(service).call(
                .POST,
                Streams.path(which.id, "parked", event, "retry")
            )
            Streams.resource.print(result, service)
            guard (result as? [String: Any])?["status"] as? String == "delivered" else {
                throw Failed("the endpoint did not accept it: the event stays parked")
            }
        }
    }

    struct Discard: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a parked event up: it counts as expired."
        )
        @OptionGroup var which: IDArgument
        @Argument(help: "The parked event's id.") var event: String
        @OptionGroup var service: ServiceOptions

        func run() async throws {
            let path = Streams.path(which.id, "parked", event)
            let gone = try await ServiceClient(service).call(.DELETE, path)
            if service.json {
                print(Printing.text(ofJSON: gone))
            } else {
                print("discarded \(event)")
            }
        }
    }

    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send events again that were delivered, beside the live ones."
        )
        @OptionGroup var which: IDArgument
        @Option(help: "From this time on, such as 2026-11-23T10:00:00Z.") var from: String
        @Option(help: "Up to this time; now when left out.") var to: String?
        @OptionGroup var service: ServiceOptions

        func run() async throws {
            var body = ["from": from]
            body["to"] = to
            try await Streams.act("replay", which, service, body)
        }
    }

    /// The path of something that a stream has or does: each part may be any text.
    static func path(_ parts: String...) -> String {
        parts.reduce(resource.path) { "\($0)/\(pathPart($1))" }
    }

    /// Does something to a stream, and shows what the API says.
    fileprivate static func act(
        _ action: String,
        _ which: IDArgument,
        _ service: ServiceOptions,
        _ body: [String: Any]? = nil
    ) async throws {
        let answer = try await ServiceClient(service).call(
            .POST,
            path(which.id, action),
            body
        )
        resource.print(answer, service)
    }
}
