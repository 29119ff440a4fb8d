import ArgumentParser
import Foundation

/// Workspaces: a team's own links, domains and streams.
struct Workspaces: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Workspaces: a team's own links, domains and streams.",
        discussion: """
            Examples:
              clickstream workspaces create Acme
            """,
        subcommands: [List.self, Show.self, Create.self, Update.self, Delete.self]
    )

    private static let resource = Resource(
        path: "/v1/workspaces",
        columns: [("ID", "id"), ("NAME", "name"), ("CREATED", "createdAt")]
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List them, newest first.")
        @OptionGroup var service: ServiceOptions

        func run() async throws { try await resource.list(service) }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show one.")
        @OptionGroup var which: IDArgument
        @OptionGroup var service: ServiceOptions

        func run() async throws { try await resource.show(which.id, service) }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Delete one.")
        @OptionGroup var which: IDArgument
        @OptionGroup var service: ServiceOptions

        func run() async throws { try await resource.delete(which.id, service) }
    }

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
