import ArgumentParser
import NIOHTTP1

/// A kind of thing that links can have.
protocol AttachedToLinks: ResourceCommands {
    /// What is shown of those that a link has.
    static var columnsOfLink: [(title: String, member: String)] { get }
}

extension AttachedToLinks {
    static var columnsOfLink: [(title: String, member: String)] { resource.columns }

    /// The path of those that a link has, or of one of them.
    fileprivate static func path(
        _ link: Which<Links>,
        _ one: Which<Self>? = nil,
        _ client: ServiceClient
    ) async throws -> String {
        let base = "\(Links.resource.path)/\(pathPart(try await link.id(client)))"
        let all = "\(base)/\(resource.command)"
        guard let one else { return all }
        return "\(all)/\(pathPart(try await one.id(client)))"
    }

    fileprivate static func example(_ verb: String, _ rest: String = "") -> String {
        "clickstream links \(resource.command) \(verb) \(Links.resource.example)\(rest)"
    }
}

extension Tags: AttachedToLinks {}
extension Scripts: AttachedToLinks {}
extension Apps: AttachedToLinks {
    static let columnsOfLink: [(title: String, member: String)] = [
        ("ID", "id"), ("NAME", "name"), ("PATH", "path"),
    ]
}

/// A link's tags.
struct LinkTags: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tags",
        abstract: "A link's tags.",
        subcommands: [ListAttached<Tags>.self, Attach<Tags>.self, Detach<Tags>.self]
    )
}

/// A link's scripts.
struct LinkScripts: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scripts",
        abstract: "A link's scripts.",
        subcommands: [ListAttached<Scripts>.self, Attach<Scripts>.self, Detach<Scripts>.self]
    )
}

/// The apps that a link opens.
struct LinkApps: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apps",
        abstract: "The apps that a link opens on phones.",
        subcommands: [ListAttached<Apps>.self, Add.self, Detach<Apps>.self]
    )

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let the link open an app.",
            examples: [Apps.example("add", " shop --path products/42")]
        )
        @OptionGroup var link: Which<Links>
        @OptionGroup var which: Which<Apps>
        @Option(help: "Where in the app: what {path} of its URLs becomes.") var path: String
        @OptionGroup var service: ServiceOptions

        func run() async throws {
            let client = try ServiceClient(service)
            let place = try await Apps.path(link, which, client)
            let app = try await client.call(.POST, place, ["path": path])
            Apps.resource.done("added", which.name, app, service)
        }
    }
}

/// `list` of what a link has.
struct ListAttached<Kind: AttachedToLinks>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "list",
            abstract: "List those that a link has.",
            examples: [Kind.example("list")]
        )
    }

    @OptionGroup var link: Which<Links>
    @OptionGroup var service: ServiceOptions

    func run() async throws {
        let client = try ServiceClient(service)
        let path = try await Kind.path(link, nil, client)
        let all = try await client.call(.GET, path) as? [[String: Any]] ?? []
        Resource(path: path, columns: Kind.columnsOfLink).show(all, service)
    }
}

/// `add` of what links have.
struct Attach<Kind: AttachedToLinks>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "add",
            abstract: "Give a link one that there is.",
            examples: [Kind.example("add", " \(Kind.resource.example)")]
        )
    }

    @OptionGroup var link: Which<Links>
    @OptionGroup var which: Which<Kind>
    @OptionGroup var service: ServiceOptions

    func run() async throws {
        let client = try ServiceClient(service)
        let added = try await client.call(.POST, try await Kind.path(link, which, client))
        Kind.resource.done("added", which.name, added, service)
    }
}

/// `remove` of what links have.
struct Detach<Kind: AttachedToLinks>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "remove",
            abstract: "Take one off a link.",
            examples: [Kind.example("remove", " \(Kind.resource.example)")]
        )
    }

    @OptionGroup var link: Which<Links>
    @OptionGroup var which: Which<Kind>
    @OptionGroup var service: ServiceOptions

    func run() async throws {
        let client = try ServiceClient(service)
        let removed = try await client.call(.DELETE, try await Kind.path(link, which, client))
        Kind.resource.done("removed", which.name, removed, service)
    }
}
