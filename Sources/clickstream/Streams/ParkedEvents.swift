import ArgumentParser
import Foundation
import NIOHTTP1

extension Streams {
    struct Parked: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The events that the endpoint refused, oldest first.",
            examples: [
                "clickstream streams parked ID", "clickstream streams parked ID --all --json",
            ]
        )
        @OptionGroup var which: Which<Streams>
        @OptionGroup var portion: Portion
        @OptionGroup var service: ServiceOptions

        func run() async throws {
            let columns = [
                ("ID", "id"), ("PARKED", "parkedAt"), ("LANE", "lane"), ("SEQUENCE", "sequence"),
                ("ATTEMPTS", "attempts"), ("REASON", "reason"),
            ]
            let path = Streams.path(which.name, "parked")
            try await Resource(path: path, columns: columns, pageSize: 100).list(service, portion)
        }
    }

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send a parked event again.",
            examples: ["clickstream streams retry ID 17"]
        )
        @OptionGroup var which: Which<Streams>
        @Argument(help: "The parked event's id.") var event: String
        @OptionGroup var service: ServiceOptions

        func run() async throws {
            let result = try await ServiceClient(service).call(
                .POST,
                Streams.path(which.name, "parked", event, "retry")
            )
            Streams.resource.print(result, service)
            guard (result as? [String: Any])?["status"] as? String == "delivered" else {
                throw Failed("the endpoint did not accept it: the event stays parked")
            }
        }
    }

    struct Discard: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a parked event up: it counts as expired.",
            examples: ["clickstream streams discard ID 17"]
        )
        @OptionGroup var which: Which<Streams>
        @Argument(help: "The parked event's id.") var event: String
        @OptionGroup var service: ServiceOptions

        func run() async throws {
            let path = Streams.path(which.name, "parked", event)
            let gone = try await ServiceClient(service).call(.DELETE, path)
            Streams.resource.done("discarded", event, gone, service)
        }
    }
}
