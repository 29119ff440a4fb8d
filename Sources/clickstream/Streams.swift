import ArgumentParser
import Foundation
import NIOHTTP1

/// Streams: standing orders to push a workspace's clicks somewhere.
struct Streams: AsyncParsableCommand, ResourceCommands {
    static let configuration = CommandConfiguration(
        abstract: "Streams: standing orders to push a workspace's clicks somewhere.",
        discussion: """
            Examples:
              clickstream streams create https://example.com/clicks --header X-Key --value secret
              clickstream streams resume ID --from now
              clickstream streams retry ID 17
            """,
        subcommands: [
            List<Self>.self, Show<Self>.self, Create.self, Verify.self, Approve.self, Pause.self,
            Resume.self, RotateSecret.self, Deliveries.self, Parked.self, Retry.self, Discard.self,
            Replay.self,
            Delete<Self>.self,
        ]
    )

    static let resource = Resource(
        path: "/v1/streams",
        columns: [
            ("ID", "id"), ("STATUS", "status"), ("METHOD", "method"), ("ENDPOINT", "endpoint"),
            ("REASON", "statusReason"),
        ]
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Order one: the endpoint gets a test delivery, and clicks once it has accepted that."
        )
        @Argument(help: "Where batches are sent.") var endpoint: String
        @Option(help: "POST or PUT.") var method = "POST"
        @Option(help: "The authentication header: its name.") var header: String
        @Option(help: "The authentication header: its value.") var value: String
        @Option(help: "The key in every batch; made up when left out.") var envelopeKey: String?
        @Option(help: "rebrandly, extended or cloudevents.") var format: String?
        @Option(help: "now, or a time such as 2026-11-23T10:00:00Z.") var startFrom: String?
        @Option(help: "Most events in a batch.") var batchEvents: Int?
        @Option(help: "Seconds that a batch waits to fill.") var batchSeconds: Double?
        @Option(help: "How long an event is tried, such as 72h.") var maxAge: String?
        @Option(help: "Most requests a second.") var maxRequestsPerSecond: Double?
        @Option(help: "Which events, as JSON: {\"types\":[\"human\"],\"countries\":[\"br\"]}.")
        var filter: String?
        @Option(
            help: "How many batches are under way at once, each link's events in order: 1 to 16."
        )
        var lanes: Int?
        @Flag(help: "Compress the batches.") var gzip = false
        @OptionGroup var service: ServiceOptions

        func run() async throws {
            var body: [String: Any] = [
                "endpoint": endpoint, "method": method,
                "authentication": ["header": header, "value": value],
            ]
            body["key"] = envelopeKey
            body["format"] = format
            body["startFrom"] = startFrom
            body["maxAge"] = maxAge
            body["maxRequestsPerSecond"] = maxRequestsPerSecond
            body["lanes"] = lanes
            if gzip { body["gzip"] = true }
            if let filter {
                guard let object = try? JSONSerialization.jsonObject(with: Data(filter.utf8)) else {
                    throw ValidationError("--filter is no JSON.")
                }
                body["filter"] = object
            }
            var batch: [String: Any] = [:]
            batch["events"] = batchEvents
            batch["seconds"] = batchSeconds
            if !batch.isEmpty { body["batch"] = batch }
            let made = try await resource.create(body, service)
            resource.print(made, service)
            if !service.json { print("Keep key and secret: they are not shown again.") }
            try await Confirmation(service).wait(for: made["id"] as? String ?? "")
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Send the test delivery again.")
        @OptionGroup var which: IDArgument
        @OptionGroup var service: ServiceOptions

        func run() async throws {
            _ = try await ServiceClient(service).call(.POST, Streams.path(which.id, "verify"))
            try await Confirmation(service).wait(for: which.id)
        }
    }

    struct Approve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a requested stream go ahead."
        )
        @OptionGroup var which: IDArgument
        @OptionGroup var service: ServiceOptions

        func run() async throws {
            _ = try await ServiceClient(service).call(.POST, Streams.path(which.id, "approve"))
            try await Confirmation(service).wait(for: which.id)
        }
    }
}
