import ArgumentParser
import Foundation

/// API keys of a workspace.
struct Keys: AsyncParsableCommand, ResourceCommands {
    static let configuration = CommandConfiguration(
        abstract: "API keys of a workspace.",
        discussion: """
            Examples:
              clickstream keys create dashboard --scope reader
            """,
        subcommands: [List<Self>.self, Create.self, Delete<Self>.self]
    )

    static let resource = Resource(
        path: "/v1/keys",
        columns: [("ID", "id"), ("NAME", "name"), ("SCOPE", "scope"), ("EXPIRES", "expiresAt")]
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make one; it is shown this once."
        )
        @Argument(help: "What it is for.") var name: String
        @Option(help: "owner (everything) or reader (looks only).") var scope = "owner"
        @OptionGroup var service: ServiceOptions

        func run() async throws {
            resource.print(
                try await resource.create(["name": name, "scope": scope], service),
                service
            )
        }
    }
}
