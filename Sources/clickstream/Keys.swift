import ArgumentParser
import Foundation

/// API keys of a workspace.
struct Keys: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "API keys of a workspace.",
        discussion: """
            Examples:
              clickstream keys create dashboard --scope reader
            """,
        subcommands: [List.self, Create.self, Delete.self]
    )

    private static let resource = Resource(
        path: "/v1/keys",
        columns: [("ID", "id"), ("NAME", "name"), ("SCOPE", "scope"), ("EXPIRES", "expiresAt")]
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List them, newest first.")
        @OptionGroup var service: ServiceOptions

        func run() async throws { try await resource.list(service) }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Delete one.")
        @OptionGroup var which: IDArgument
        @OptionGroup var service: ServiceOptions

        func run() async throws { try await resource.delete(which.id, service) }
    }

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
