import ArgumentParser
import Foundation

/// Plans: what workspaces may have.
struct Plans: AsyncParsableCommand, ResourceCommands {
    static let configuration = CommandConfiguration(
        abstract: "Plans: what workspaces may have.",
        discussion: """
            Examples:
              clickstream plans create Team --feature clickstream --streams 2
              clickstream plans update Team --streams none
              clickstream workspaces update ID --plan Team
            """,
        subcommands: [
            List<Self>.self, Show<Self>.self, Create.self, Update.self, Delete<Self>.self,
        ]
    )

    static let resource = Resource(
        path: "/v1/plans",
        columns: [
            ("ID", "id"), ("NAME", "name"), ("FEATURES", "features"), ("STREAMS", "limits.streams"),
            ("LINKS", "limits.links"), ("DEFAULT", "default"),
        ]
    )

    /// What a plan is made of.
    struct Parts: ParsableArguments {
        @Option(help: "What it includes: clickstream, sinks. Give it again for each.")
        var feature: [String] = []
        @Flag(help: "It includes no feature.") var noFeatures = false
        @Option(help: "Most streams of a workspace, or none for no limit.") var streams: String?
        @Option(help: "Most links of a workspace, or none for no limit.") var links: String?
        @Flag(name: .customLong("default"), help: "New workspaces get it.") var isDefault = false

        func validate() throws {
            for (name, text) in [("streams", streams), ("links", links)] {
                guard let text, text != "none", Int(text) == nil else { continue }
                throw ValidationError("--\(name) is a number or none.")
            }
            if noFeatures, !feature.isEmpty {
                throw ValidationError("--no-features and --feature exclude each other.")
            }
        }

        var body: [String: Any] {
            var body: [String: Any] = [:]
            if noFeatures || !feature.isEmpty { body["features"] = feature }
            var limits: [String: Any] = [:]
            if let streams { limits["streams"] = Int(streams) ?? NSNull() }
            if let links { limits["links"] = Int(links) ?? NSNull() }
            if !limits.isEmpty { body["limits"] = limits }
            if isDefault { body["default"] = true }
            return body
        }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make one; without options it includes nothing and limits nothing."
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
            abstract: "Change one; streams that it leaves no room for are paused."
        )
        @Argument(help: "Its id or name.") var plan: String
        @Option(help: "Another name.") var name: String?
        @OptionGroup var parts: Parts
        @OptionGroup var service: ServiceOptions

        func run() async throws {
            var body = parts.body
            body["name"] = name
            try await resource.update(plan, body, service)
        }
    }
}
