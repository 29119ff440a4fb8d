import ArgumentParser
import Foundation

extension Streams {
    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Order one: the destination gets a test delivery, and clicks once it has accepted that.",
            notes: """
                On a terminal it asks for what a webhook needs and isn't given; the header's value is not shown then. \
                The command ends when the destination has accepted the test delivery; if it doesn't, it says why and \
                ends with 1, and the stream is there, verifying. The other kinds of destinations: clickstream sinks.
                """,
            examples: [
                "clickstream streams create",
                "clickstream streams create https://example.com/clicks --header X-Key --value secret",
                "clickstream streams create --sink s3 --setting bucket=clicks --setting region=eu-west-1 ...",
            ]
        )
        @Argument(help: "Where batches are sent; not with --sink.") var endpoint: String?
        @Option(help: "How they are sent: POST unless said.") var method: WebhookMethod?
        @Option(help: "The authentication header: its name.") var header: String?
        @Option(help: "The authentication header: its value, or @FILE.") var value: String?
        @Option(
            help: "Another kind of destination than a webhook.",
            completion: .list(["s3", "file"])
        )
        var sink: String?
        @Option(help: "now, or a time such as 2026-11-23T10:00:00Z.") var startFrom: String?
        @Option(
            help: "How many batches are under way at once, each link's events in order: 1 to 16."
        )
        var lanes: Int?
        @OptionGroup var parts: StreamParts
        @OptionGroup var waiting: Waiting
        @OptionGroup var service: ServiceOptions

        private var isComplete: Bool { endpoint != nil && header != nil && value != nil }

        func validate() throws {
            if sink != nil {
                guard endpoint == nil, header == nil, value == nil else {
                    throw ValidationError(
                        "With --sink the destination is told by --setting name=value, not by an endpoint."
                    )
                }
            } else if !isComplete, !Terminal.canAsk {
                throw ValidationError("A webhook needs an endpoint, --header and --value.")
            }
        }

        func run() async throws {
            var body = try parts.body()
            if let sink {
                body["sink"] = sink
            } else {
                body.merge(try webhook()) { $1 }
            }
            body["startFrom"] = startFrom
            body["lanes"] = lanes
            let made = try await resource.create(body, service)
            resource.print(made, service)
            Printing.error("Keep key and secret: they are not shown again.")
            try await waiting.confirm(made["id"] as? String ?? "", service)
        }

        /// Where a webhook's batches go, and what shows that they are ours.
        private func webhook() throws -> [String: Any] {
            let url = try endpoint ?? Terminal.ask("Endpoint (https://...)")
            let verb = try method ?? (endpoint == nil ? askMethod() : .post)
            let name = try header ?? Terminal.ask("Authentication header, its name", usual: "X-Key")
            let secret =
                try GivenSecret.text(value, "--value")
                ?? Terminal.askSecret("Authentication header, its value")
            return [
                "endpoint": url, "method": verb.rawValue,
                "authentication": ["header": name, "value": secret],
            ]
        }

        private func askMethod() throws -> WebhookMethod {
            while true {
                let answer = try Terminal.ask("Method, POST or PUT", usual: "POST")
                if let method = WebhookMethod(argument: answer) { return method }
            }
        }
    }
}
