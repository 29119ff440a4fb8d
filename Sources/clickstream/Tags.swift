import ArgumentParser

/// Tags, which links are found and filtered by.
struct Tags: AsyncParsableCommand, ResourceCommands {
    static let configuration = CommandConfiguration(
        abstract: "Tags, which links are found and streams filtered by.",
        subcommands: [
            List<Self>.self, Show<Self>.self, Create.self, Update.self, Delete<Self>.self,
            Count<Self>.self,
        ]
    )

    static let resource = Resource(
        path: "/v1/tags",
        command: "tags",
        noun: "tag",
        naming: .member("name"),
        columns: [("ID", "id"), ("NAME", "name"), ("COLOR", "color")]
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make one.",
            examples: ["clickstream tags create spring --color 2d7ff9"]
        )
        @Argument(help: "Its name.") var name: String
        @Option(help: "Its colour: six hexadecimal digits.") var color: String?
        @OptionGroup var service: ServiceOptions

        func run() async throws {
            var body = ["name": name]
            body["color"] = color
            resource.print(try await resource.create(body, service), service)
        }
    }

    struct Update: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change its name or colour.",
            examples: ["clickstream tags update spring --name spring-2027"]
        )
        @OptionGroup var which: Which<Tags>
        @Option(name: .customLong("name"), help: "Another name.") var newName: String?
        @Option(help: "Another colour: six hexadecimal digits.") var color: String?
        @OptionGroup var service: ServiceOptions

        func validate() throws {
            guard newName != nil || color != nil else {
                throw ValidationError("Say what is to change: --name or --color.")
            }
        }

        func run() async throws {
            let body = ["name": newName, "color": color].compactMapValues(\.self)
            try await resource.update(which.name, body, service)
        }
    }
}
