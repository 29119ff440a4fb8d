import ArgumentParser

/// Which events: a stream's, or those that a filter lets through.
struct EventSelection: ParsableArguments {
    @Option(help: "A stream's id: what it would be sent, by its filter and in its format.")
    var stream: String?
    @Option(help: "Links, by id or by themselves (go.acme.com/sale), separated by commas.")
    var links: [String] = []
    @Option(help: "Domains, by id or name.") var domains: [String] = []
    @Option(help: "Names of links' tags: one of them is enough.") var tags: [String] = []
    @Option(help: "Countries as events have them, such as br,de.") var countries: [String] = []
    @Option(help: "human or bot.", completion: .list(["human", "bot"])) var types: [String] = []
    @Option(help: "Origins by type or name, such as social,google.") var origins: [String] = []
    @Flag(help: "Requests for links that don't exist, too.") var orphans = false

    /// Puts ids in the place of names.
    ///
    /// - Throws: `Failed` for a name of nothing: it would let no event through, and say nothing.
    mutating func resolveNames(_ client: ServiceClient) async throws {
        links = try await Self.resolve(links, by: "/", Links.resource, client)
        domains = try await Self.resolve(domains, by: ".", Domains.resource, client)
    }

    private static func resolve(
        _ values: [String],
        by mark: Character,
        _ resource: Resource,
        _ client: ServiceClient
    ) async throws -> [String] {
        var ids: [String] = []
        for name in values.flatMap({ $0.split(separator: ",") }).map(String.init) {
            ids.append(name.contains(mark) ? try await resource.id(of: name, client) : name)
        }
        return ids
    }

    /// The parameters of a request for events, each with an ampersand before it.
    func parameters(format: String?) -> String {
        let lists = [
            ("links", links), ("domains", domains), ("tags", tags), ("countries", countries),
            ("types", types), ("origins", origins),
        ].flatMap { name, values in values.map { (name, $0) } }
        let single = [("stream", stream), ("format", format), ("orphans", orphans ? "true" : nil)]
            .compactMap { name, value in value.map { (name, $0) } }
        return (single + lists).map { "&\($0)=\(pathPart($1))" }.joined()
    }
}
