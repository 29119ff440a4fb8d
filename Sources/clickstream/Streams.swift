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
            List<Self>.self, Show<Self>.self, Create.self, Update.self, Verify.self, Approve.self,
            Pause.self,
            Resume.self, RotateSecret.self, Deliveries.self, Parked.self, Retry.self, Discard.self,
            Replay.self,
            Delete<Self>.self,
        ]
    )

    static let resource = Resource(
        path: "/v1/streams",
        columns: [
            ("ID", "id"), ("STATUS", "status"), ("KIND", "sink"), ("METHOD", "method"),
            ("ENDPOINT", "endpoint"),
            ("REASON", "statusReason"),
        ]
    )

    /// What a stream is made of beside where it sends, and can be changed of it.
    struct Parts: ParsableArguments {
        @Option(help: "The key in every batch; made up when left out.") var envelopeKey: String?
        @Option(help: "rebrandly, extended or cloudevents.") var format: String?
        @Option(help: "Most events in a batch.") var batchEvents: Int?
        @Option(help: "Most bytes in a batch's body.") var batchBytes: Int?
        @Option(help: "Seconds that a batch waits to fill.") var batchSeconds: Double?
        @Option(help: "How long an event is tried, such as 72h.") var maxAge: String?
        @Option(help: "Most requests a second.") var maxRequestsPerSecond: Double?
        @Option(help: "Seconds that an attempt may take, 1 to 60.") var timeout: Double?
        @Option(help: "Which events, as JSON: {\"types\":[\"human\"],\"countries\":[\"br\"]}.")
        var filter: String?
        @Flag(inversion: .prefixedNo, help: "Compress the batches.") var gzip: Bool?
        @Option(
            help: "A setting of another kind of destination: name=value. Give it again for each."
        )
        var setting: [String] = []

        func body() throws -> [String: Any] {
            var body: [String: Any] = [:]
            body["key"] = envelopeKey
            body["format"] = format
            body["maxAge"] = maxAge
            body["maxRequestsPerSecond"] = maxRequestsPerSecond
            body["timeout"] = timeout
            body["gzip"] = gzip
            if let filter {
                guard let object = try? JSONSerialization.jsonObject(with: Data(filter.utf8)) else {
                    throw ValidationError("--filter is no JSON.")
                }
                body["filter"] = object
            }
            var batch: [String: Any] = [:]
            batch["events"] = batchEvents
            batch["bytes"] = batchBytes
            batch["seconds"] = batchSeconds
            if !batch.isEmpty { body["batch"] = batch }
            var settings: [String: String] = [:]
            for text in setting {
                guard let equals = text.firstIndex(of: "=") else {
                    throw ValidationError("--setting \(text) is not name=value.")
                }
                settings[String(text[..<equals])] = String(text[text.index(after: equals)...])
            }
            if !settings.isEmpty { body["settings"] = settings }
            return body
        }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Order one: the destination gets a test delivery, and clicks once it has accepted that.",
            discussion: """
                Examples:
                  clickstream streams create https://example.com/clicks --header X-Key --value secret
                  clickstream streams create --sink s3 --setting bucket=clicks --setting region=eu-west-1 \\
                    --setting accessKey=... --setting secretKey=...
                """
        )
        @Argument(help: "Where batches are sent; not with --sink.") var endpoint: String?
        @Option(help: "POST or PUT.") var method = "POST"
        @Option(help: "The authentication header: its name.") var header: String?
        @Option(help: "The authentication header: its value.") var value: String?
        @Option(help: "Another kind of destination than a webhook, such as s3.") var sink: String?
        @Option(help: "now, or a time such as 2026-11-23T10:00:00Z.") var startFrom: String?
        @Option(
            help: "How many batches are under way at once, each link's events in order: 1 to 16."
        )
        var lanes: Int?
        @OptionGroup var parts: Parts
        @OptionGroup var service: ServiceOptions

        func validate() throws {
            if sink != nil {
                guard endpoint == nil, header == nil, value == nil else {
                    throw ValidationError(
                        "With --sink the destination is told by --setting name=value, not by an endpoint."
                    )
                }
            } else if endpoint == nil || header == nil || value == nil {
                throw ValidationError("A webhook needs an endpoint, --header and --value.")
            }
        }

        func run() async throws {
            var body = try parts.body()
            if let sink {
                body["sink"] = sink
            } else {
                body["endpoint"] = endpoint
                body["method"] = method
                body["authentication"] = ["header": header, "value": value].compactMapValues(\.self)
            }
            body["startFrom"] = startFrom
            body["lanes"] = lanes
            let made = try await resource.create(body, service)
            resource.print(made, service)
            if !service.json { print("Keep key and secret: they are not shown again.") }
            try await Confirmation(service).wait(for: made["id"] as? String ?? "")
        }
    }

    struct Update: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Change one; another endpoint or authentication counts once it has accepted a test delivery."
        )
        @OptionGroup var which: IDArgument
        @Option(help: "Where batches are sent.") var endpoint: String?
        @Option(help: "POST or PUT.") var method: String?
        @Option(help: "The authentication header: its name.") var header: String?
        @Option(help: "The authentication header: its value.") var value: String?
        @OptionGroup var parts: Parts
        @OptionGroup var service: ServiceOptions

        func run() async throws {
            var body = try parts.body()
            body["endpoint"] = endpoint
            body["method"] = method
            let authentication = ["header": header, "value": value].compactMapValues(\.self)
            if !authentication.isEmpty { body["authentication"] = authentication }
            guard !body.isEmpty else { throw ValidationError("Say what is to change.") }
            try await resource.update(which.id, body, service)
            try await Confirmation(service).waitForPending(of: which.id)
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Send the test delivery again.")
        @OptionGroup var which: IDArgument
        @OptionGroup var service: ServiceOptions

        func run() async throws {
            _ = try await ServiceClient(service).call(.POST, Streams.path(which.id, "verify"))
            try await Confirmation(service).wait(for: which.id)
            try await Confirmation(service).waitForPending(of: which.id)
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
