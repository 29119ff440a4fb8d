import ArgumentParser
import Foundation
import NIOHTTP1

/// Domains that point at this edge.
struct Domains: AsyncParsableCommand, ResourceCommands {
    static let configuration = CommandConfiguration(
        abstract: "Domains that point at this edge.",
        subcommands: [
            List<Self>.self, Show<Self>.self, Create.self, Update.self, Move.self,
            Delete<Self>.self, Count<Self>.self,
        ]
    )

    static let resource = Resource(
        path: "/v1/domains",
        command: "domains",
        noun: "domain",
        naming: .member("fullName"),
        columns: [("ID", "id"), ("NAME", "fullName"), ("CREATED", "createdAt")]
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Register one.",
            examples: [
                "clickstream domains create go.acme.com",
                "clickstream domains create go.acme.com --root-url https://www.acme.com/",
            ]
        )
        @Argument(help: "Its full name, such as go.acme.com.") var name: String
        @Option(help: "Where https://<domain>/ leads.") var rootURL: String?
        @Option(help: "Where an unknown link leads.") var fallbackURL: String?
        @OptionGroup var service: ServiceOptions

        func run() async throws {
            var body = ["fullName": name]
            body["rootURL"] = rootURL
            body["fallbackURL"] = fallbackURL
            resource.print(try await resource.create(body, service), service)
        }
    }

    struct Update: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change where its root and its unknown links lead.",
            examples: [
                "clickstream domains update go.acme.com --fallback-url https://www.acme.com/404",
                "clickstream domains update go.acme.com --root-url ''",
            ]
        )
        @OptionGroup var which: Which<Domains>
        @Option(help: "Where https://<domain>/ leads; empty for nowhere.") var rootURL: String?
        @Option(help: "Where an unknown link leads; empty for nowhere.") var fallbackURL: String?
        @OptionGroup var service: ServiceOptions

        func validate() throws {
            guard rootURL != nil || fallbackURL != nil else {
                throw ValidationError("Say what is to change: --root-url or --fallback-url.")
            }
        }

        func run() async throws {
            var body: [String: Any] = [:]
            body["rootURL"] = rootURL.map(Change.value)
            body["fallbackURL"] = fallbackURL.map(Change.value)
            try await resource.update(which.name, body, service)
        }
    }

    struct Move: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give one that has no links to another workspace (the operator's).",
            examples: ["clickstream domains move go.acme.com --workspace Main --to Acme"]
        )
        @OptionGroup var which: Which<Domains>
        @Option(help: "The workspace that gets it: its id or name.") var to: String
        @OptionGroup var service: ServiceOptions

        func run() async throws {
            let client = try ServiceClient(service)
            let domain = try await which.id(client)
            let workspace = try await Workspaces.resource.id(of: to, client)
            let path =
                "\(Workspaces.resource.path)/\(pathPart(workspace))/domains/\(pathPart(domain))"
            let moved = try await client.call(.POST, path)
            resource.done("moved", which.name, moved, service)
        }
    }
}

/// What a change sends.
enum Change {
    /// A member's new value: an empty text takes it away.
    static func value(_ text: String) -> Any { text.isEmpty ? NSNull() : text }
}
