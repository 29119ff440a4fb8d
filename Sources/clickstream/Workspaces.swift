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
        columns: [
            ("ID", "id"), ("NAME", "name"), ("PLAN", "plan.name"), ("CREATED", "createdAt"),
        ]
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make one.")
        @Argument(help: "Its name.") var name: String
        @Option(help: "Its plan, by id or name; the default one when left out.") var plan: String?
        @OptionGroup var service: ServiceOptions

        func run() async throws {
            var body: [String: Any] = ["name": name]
            body["plan"] = plan
            resource.print(try await resource.create(body, service), service)
        }
    }

    struct Update: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give one another name or plan; streams beyond the plan are paused."
        )
        @OptionGroup var which: IDArgument
        @Option(help: "Its name.") var name: String?
        @Option(help: "Its plan, by id or name.") var plan: String?
        @OptionGroup var service: ServiceOptions

        func validate() throws {
            guard name != nil || plan != nil else {
                throw ValidationError("Say what is to change: --name or --plan.")
            }
        }

        func run() async throws {
            var body: [String: Any] = [:]
            body["name"] = name
            body["plan"] = plan
            try await resource.update(which.id, body, service)
        }
    }
}
