import ArgumentParser
import Foundation

/// Plans: what workspaces may have.
struct Plans: AsyncParsableCommand, ResourceCommands {
    static let configuration = CommandConfiguration(
        abstract: "Plans: what workspaces may have.",
        discussion: """
            What a plan doesn't allow is refused with a sentence that names those that do. Everybody may look; \
            the operator's key changes.
            """,
        subcommands: [
            List<Self>.self, Show<Self>.self, Create.self, Update.self, Delete<Self>.self,
            Count<Self>.self,
        ]
    )

    static let resource = Resource(
        path: "/v1/plans",
        command: "plans",
        noun: "plan",
        naming: .byService,
        columns: [
            ("ID", "id"), ("NAME", "name"), ("FEATURES", "features"), ("STREAMS", "limits.streams"),
            ("LINKS", "limits.links"), ("EVENTS A MONTH", "limits.events"), ("DEFAULT", "default"),
        ]
    )

    /// What a plan may include.
    enum Feature: String, ExpressibleByArgument, CaseIterable {
        /// Streams to webhooks.
        case clickstream
        /// Streams to the other kinds of destinations.
        case sinks
    }

    /// What a plan is made of.
    struct Parts: ParsableArguments {
        @Option(help: "What it includes. Give it again for each.") var feature: [Feature] = []
        @Flag(help: "It includes no feature.") var noFeatures = false
        @Option(help: "Most streams of a workspace, or none for no limit.") var streams: String?
        @Option(help: "Most links of a workspace, or none for no limit.") var links: String?
        @Option(help: "Most events of a workspace in a month, or none for no limit.")
        var events: String?
        @Flag(name: .customLong("default"), help: "New workspaces get it.") var isDefault = false

        func validate() throws {
            for (name, text) in limits {
                guard let text, text != "none", Int(text) == nil else { continue }
                throw ValidationError("--\(name) is a number or none.")
            }
            if noFeatures, !feature.isEmpty {
                throw ValidationError("--no-features and --feature exclude each other.")
            }
        }

        private var limits: [(name: String, text: String?)] {
            [("streams", streams), ("links", links), ("events", events)]
        }

        var body: [String: Any] {
            var body: [String: Any] = [:]
            if noFeatures || !feature.isEmpty {
                body["features"] = feature.map(\.rawValue)
            }
            let given = limits.compactMap { name, text in
                text.map { (name, Int($0) as Any? ?? NSNull()) }
            }
            if !given.isEmpty { body["limits"] = Dictionary(given) { $1 } }
            if isDefault { body["default"] = true }
            return body
        }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make one; without options it includes nothing and limits nothing.",
            examples: [
                "clickstream plans create Team --feature clickstream --streams 2 --events 100000"
            ]
        )
        @Argument(help: "Its name.") var name: String
        @OptionGroup var parts: Parts
        @OptionGroup var service: ServiceOptions

        func run() async throws {
            let body = parts.body.merging(["name": name]) { $1 }
            resource.print(try await resource.create(body, service), service)
        }
    }

    struct Update: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change one; streams that it leaves no room for are paused.",
            examples: [
                "clickstream plans update Team --streams none",
                "clickstream plans update Team --default",
            ]
        )
        @OptionGroup var which: Which<Plans>
        @Option(name: .customLong("name"), help: "Another name.") var newName: String?
        @OptionGroup var parts: Parts
        @OptionGroup var service: ServiceOptions

        func run() async throws {
            var body = parts.body
            body["name"] = newName
            guard !body.isEmpty else {
                throw ValidationError("Say what is to change: --name, a feature or a limit.")
            }
            try await resource.update(which.name, body, service)
        }
    }
}
