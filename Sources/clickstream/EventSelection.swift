import ArgumentParser

/// Which events: a stream's, or those that a filter lets through.
struct EventSelection: ParsableArguments {
    @Option(help: "A stream's id: what it would be sent, by its filter and in its format.")
    var stream: String?
    @Option(help: "Ids of links, separated by commas.") var links: [String] = []
    @Option(help: "Ids of domains.") var domains: [String] = []
    @Option(help: "Names of links' tags: one of them is enough.") var tags: [String] = []
    @Option(help: "Countries as events have them, such as br,de.") var countries: [String] = []
    @Option(help: "human or bot.", completion: .list(["human", "bot"])) var types: [String] = []
    @Option(help: "Origins by type or name, such as social,google.") var origins: [String] = []
    @Flag(help: "Requests for links that don't exist, too.") var orphans = false

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
