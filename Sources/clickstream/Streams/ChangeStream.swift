import ArgumentParser
import Foundation
import NIOHTTP1

extension Streams {
    struct Update: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Change one; another endpoint or authentication counts once it has accepted a test delivery.",
            examples: [
                "clickstream streams update ID --batch-seconds 0.2 --filter '{\"types\":[\"human\"]}'",
                "clickstream streams update ID --endpoint https://example.com/new",
            ]
        )
        @OptionGroup var which: Which<Streams>
        @Option(help: "Where batches are sent.") var endpoint: String?
        @Option(help: "How they are sent.") var method: WebhookMethod?
        @Option(help: "The authentication header: its name.") var header: String?
        @Option(help: "The authentication header: its value, or @FILE.") var value: String?
        @OptionGroup var parts: StreamParts
        @OptionGroup var waiting: Waiting
        @OptionGroup var service: ServiceOptions

        func run() async throws {
            var body = try parts.body()
            body["endpoint"] = endpoint
            body["method"] = method?.rawValue
            let value = try GivenSecret.text(value, "--value")
            let authentication = ["header": header, "value": value].compactMapValues(\.self)
            if !authentication.isEmpty { body["authentication"] = authentication }
            guard !body.isEmpty else {
                throw ValidationError("Say what is to change: --endpoint, --filter, --format ...")
            }
            try await resource.update(which.name, body, service)
            try await waiting.confirm(which.name, service)
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send the test delivery again, and wait for what becomes of it.",
            examples: ["clickstream streams verify ID"]
        )
        @OptionGroup var which: Which<Streams>
        @OptionGroup var waiting: Waiting
        @OptionGroup var service: ServiceOptions

        func run() async throws { try await act("verify", which, waiting, service) }
    }

    struct Approve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a requested stream go ahead (the operator's).",
            examples: ["clickstream streams approve ID"]
        )
        @OptionGroup var which: Which<Streams>
        @OptionGroup var waiting: Waiting
        @OptionGroup var service: ServiceOptions

        func run() async throws { try await act("approve", which, waiting, service) }
    }

    /// Does what a test delivery follows, and waits for that.
    private static func act(
        _ action: String,
        _ which: Which<Streams>,
        _ waiting: Waiting,
        _ service: ServiceOptions
    ) async throws {
        let client = try ServiceClient(service)
        let stream = try await client.call(.POST, path(which.name, action))
        if service.json { Printing.say(Printing.text(ofJSON: stream)) }
        try await waiting.confirm(which.name, service)
    }
}

/// Whether a command waits for the test delivery.
struct Waiting: ParsableArguments {
    @Flag(help: "Don't wait for the test delivery: streams show tells what became of it.")
    var noWait = false

    func confirm(_ id: String, _ service: ServiceOptions) async throws {
        guard !noWait else { return }
        try await Confirmation(service).wait(for: id)
    }
}
