import ArgumentParser
import Foundation

/// Short links.
struct Links: AsyncParsableCommand, ResourceCommands {
    static let configuration = CommandConfiguration(
        abstract: "Short links.",
        discussion: """
            Examples:
              clickstream links create https://www.acme.com/sale --slashtag sale --domain go.acme.com
            """,
        subcommands: [
            List<Self>.self, Show<Self>.self, Create.self, Update.self, Delete<Self>.self,
        ]
    )

    static let resource = Resource(
        path: "/v1/links",
        columns: [("ID", "id"), ("SHORT LINK", "shortUrl"), ("DESTINATION", "destination")]
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make one.")
        @Argument(help: "Where it leads.") var destination: String
        @Option(help: "What stands after the domain; made up when left out.") var slashtag: String?
        @Option(help: "The domain's full name; the workspace's oldest when left out.") var domain:
            String?
        @Option(help: "A title.") var title: String?
        @Flag(help: "Append the short link's query to the destination's.") var forwardParameters =
            false
        @OptionGroup var service: ServiceOptions

        func run() async throws {
            var body: [String: Any] = [
                "destination": destination, "forwardParameters": forwardParameters,
            ]
            body["slashtag"] = slashtag
            body["title"] = title
            if let domain { body["domain"] = ["fullName": domain] }
            resource.print(try await resource.create(body, service), service)
        }
    }

    struct Update: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Change one.")
        @OptionGroup var which: IDArgument
        @Option(help: "Where it leads.") var destination: String?
        @Option(help: "What stands after the domain.") var slashtag: String?
        @Option(help: "A title.") var title: String?
        @OptionGroup var service: ServiceOptions

        func run() async throws {
            var body: [String: Any] = [:]
            body["destination"] = destination
            body["slashtag"] = slashtag
            body["title"] = title
            guard !body.isEmpty else {
                throw ValidationError(
                    "Nothing to change: give --destination, --slashtag or --title."
                )
            }
            try await resource.update(which.id, body, service)
        }
    }
}
