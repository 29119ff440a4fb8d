import ArgumentParser
import Foundation
import NIOHTTP1

/// Workspaces: a team's own links, domains and streams.
struct Workspaces: AsyncParsableCommand, ResourceCommands {
    static let configuration = CommandConfiguration(
        abstract: "Workspaces: a team's own links, domains and streams.",
        subcommands: [
            List<Self>.self, Show<Self>.self, Create.self, Update.self, Plan.self, Usage.self,
            Export.self, Delete.self, Count<Self>.self,
        ]
    )

    static let resource = Resource(
        path: "/v1/workspaces",
        command: "workspaces",
        noun: "workspace",
        naming: .member("name"),
        columns: [
            ("ID", "id"), ("NAME", "name"), ("PLAN", "plan.name"), ("LINKS", "links"),
            ("EVENTS THIS MONTH", "usage.events"), ("CREATED", "createdAt"),
        ]
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make one.",
            examples: [
                "clickstream workspaces create Acme",
                "clickstream workspaces create Acme --plan Team",
            ]
        )
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
            abstract: "Give one another name or plan; streams beyond the plan are paused.",
            examples: ["clickstream workspaces update Acme --name 'Acme Inc.' --plan Team"]
        )
        @OptionGroup var which: Which<Workspaces>
        @Option(name: .customLong("name"), help: "Its name.") var newName: String?
        @Option(help: "Its plan, by id or name.") var plan: String?
        @OptionGroup var service: ServiceOptions

        func validate() throws {
            guard newName != nil || plan != nil else {
                throw ValidationError("Say what is to change: --name or --plan.")
            }
        }

        func run() async throws {
            let body = ["name": newName, "plan": plan].compactMapValues(\.self)
            try await resource.update(which.name, body, service)
        }
    }

    struct Plan: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the plan of one.",
            examples: ["clickstream workspaces plan Acme", "clickstream workspaces plan"]
        )
        @OptionGroup var which: WorkspaceOrOwn
        @OptionGroup var service: ServiceOptions

        func run() async throws {
            let workspace = try await which.find(ServiceClient(service))
            let plan = (workspace["plan"] as? [String: Any])?["id"] as? String ?? ""
            try await Plans.resource.show(plan, service)
        }
    }

    struct Usage: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show how many events each month brought one.",
            examples: ["clickstream workspaces usage Acme", "clickstream workspaces usage --json"]
        )
        @OptionGroup var which: WorkspaceOrOwn
        @OptionGroup var service: ServiceOptions

        func run() async throws {
            let client = try ServiceClient(service)
            let id = try await which.find(client)["id"] as? String ?? ""
            let path = "\(resource.path)/\(pathPart(id))/usage"
            let months = try await client.call(.GET, path) as? [[String: Any]] ?? []
            Resource(path: path, columns: [("MONTH", "month"), ("EVENTS", "events")])
                .show(months, service)
        }
    }
}

/// A workspace, or, when none is named, the one that the command is about anyway.
struct WorkspaceOrOwn: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "Its id or name; when left out, --workspace or the key's own.",
            valueName: "workspace"
        )
    )
    var name: String?

    func find(_ client: ServiceClient) async throws -> [String: Any] {
        let resource = Workspaces.resource
        if let name = name ?? client.workspace {
            let id = try await resource.id(of: name, client)
            let found = try await client.call(.GET, "\(resource.path)/\(pathPart(id))")
            return found as? [String: Any] ?? [:]
        }
        // The admin key sees all of them, and means the first; another key sees its own alone.
        var own: [String: Any] = [:]
        try await resource.pages(client) { page in
            let first = page.first { $0["default"] as? Bool == true }
            own = first ?? page.first ?? own
            return first == nil
        }
        return own
    }
}
