import ArgumentParser

/// The commands of one kind of thing that the API has.
protocol ResourceCommands: Sendable {
    static var resource: Resource { get }
}

/// `list` of any kind.
struct List<Kind: ResourceCommands>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "list",
            abstract: "List them, newest first.",
            examples: [
                "clickstream \(Kind.resource.command) list",
                "clickstream \(Kind.resource.command) list --all --json",
            ]
        )
    }

    @OptionGroup var portion: Portion
    @OptionGroup var service: ServiceOptions

    func run() async throws { try await Kind.resource.list(service, portion) }
}

/// `show` of any kind.
struct Show<Kind: ResourceCommands>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        let line = "clickstream \(Kind.resource.command) show \(Kind.resource.example)"
        return CommandConfiguration(
            commandName: "show",
            abstract: "Show one.",
            examples: [line, "\(line) --json"]
        )
    }

    @OptionGroup var which: Which<Kind>
    @OptionGroup var service: ServiceOptions

    func run() async throws { try await Kind.resource.show(which.name, service) }
}

/// `count` of any kind.
struct Count<Kind: ResourceCommands>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "count",
            abstract: "Say how many there are.",
            examples: ["clickstream \(Kind.resource.command) count"]
        )
    }

    @OptionGroup var service: ServiceOptions

    func run() async throws { try await Kind.resource.count(service) }
}

/// `delete` of any kind.
struct Delete<Kind: ResourceCommands>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "delete",
            abstract: "Delete one.",
            examples: ["clickstream \(Kind.resource.command) delete \(Kind.resource.example)"]
        )
    }

    @OptionGroup var which: Which<Kind>
    @OptionGroup var service: ServiceOptions

    func run() async throws { try await Kind.resource.delete(which.name, service) }
}

/// A command on one thing of a kind, named by its id or, where it has one, its name.
struct Which<Kind: ResourceCommands>: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "\(Kind.resource.whichHelp)",
            valueName: "\(Kind.resource.noun)"
        )
    )
    var name: String

    func validate() throws {
        guard !Resource.isBlank(name) else {
            throw ValidationError("The \(Kind.resource.noun) has no empty name.")
        }
    }

    func id(_ client: ServiceClient) async throws -> String {
        try await Kind.resource.id(of: name, client)
    }
}

/// How much of a list.
struct Portion: ParsableArguments {
    private static let mostLimit = 1_000_000

    @Option(help: "How many to show at most.") var limit = 100
    @Flag(help: "Show all there are.") var all = false

    /// Nil for all.
    var most: Int? { all ? nil : limit }

    func validate() throws {
        guard (1...Self.mostLimit).contains(limit) else {
            throw ValidationError("--limit is a number from 1 to \(Self.mostLimit); or say --all.")
        }
    }
}
