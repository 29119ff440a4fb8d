import ArgumentParser
import Foundation

/// Workspaces: a team's own links, domains and streams.
struct Workspaces: AsyncParsableCommand, ResourceCommands {
    static let configuration = CommandConfiguration(
        abstract: "Workspaces: a team's own links, domains and streams.",
        discussion: """
            Examples:
              clickstream workspaces create Acme
            """,
        subcommands: [
            List<Self>.self, Show<Self>.self, Create.self, Update.self, Delete<Self>.self,
        ]
    )

    static let resource = Resource(
        path: "/v1/workspaces",
        columns: [("ID", "id"), ("NAME", "name"), ("CREATED", "createdAt")]
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make one.")
        @Argument(help: "Its name.") var name: String
        @OptionGroup var service: ServiceOptions

        func run() async throws {
            resource.print(try await resource.create(["name": name], service), service)
        }
    }

    struct Update: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Give one another name.")
        @OptionGroup var which: IDArgument
        @Option(help: "Its name.") var name: String
        @OptionGroup var service: ServiceOptions

        func run() async throws { try await resource.update(which.id, ["name": name], service) }
    }
}
