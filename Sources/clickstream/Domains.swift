import ArgumentParser
import Foundation

/// Domains that point at this edge.
struct Domains: AsyncParsableCommand, ResourceCommands {
    static let configuration = CommandConfiguration(
        abstract: "Domains that point at this edge.",
        discussion: """
            Examples:
              clickstream domains create go.acme.com
            """,
        subcommands: [List<Self>.self, Show<Self>.self, Create.self, Delete<Self>.self]
    )

    static let resource = Resource(
        path: "/v1/domains",
        columns: [("ID", "id"), ("NAME", "fullName"), ("CREATED", "createdAt")]
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Register one.")
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
}
