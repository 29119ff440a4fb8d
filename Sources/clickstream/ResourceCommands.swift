import ArgumentParser

/// The commands of one kind of thing that the API has.
protocol ResourceCommands {
    static var resource: Resource { get }
}

/// `list` of any kind.
struct List<Kind: ResourceCommands>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: "list", abstract: "List them, newest first.")
    }

    @OptionGroup var service: ServiceOptions

    func run() async throws { try await Kind.resource.list(service) }
}

/// `show` of any kind.
struct Show<Kind: ResourceCommands>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: "show", abstract: "Show one.")
    }

    @OptionGroup var which: IDArgument
    @OptionGroup var service: ServiceOptions

    func run() async throws { try await Kind.resource.show(which.id, service) }
}

/// `delete` of any kind.
struct Delete<Kind: ResourceCommands>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: "delete", abstract: "Delete one.")
    }

    @OptionGroup var which: IDArgument
    @OptionGroup var service: ServiceOptions

    func run() async throws { try await Kind.resource.delete(which.id, service) }
}

/// A command on one thing of a kind, named by its id.
struct IDArgument: ParsableArguments {
    @Argument(help: "The id.")
    var id: String
}
