import ArgumentParser
import ClickModel
import Foundation

/// What a link has beside where it leads.
struct LinkParts: ParsableArguments {
    @Option(help: "A title; empty to take it away.") var title: String?
    @Option(help: "A description; empty to take it away.") var description: String?
    @Option(help: "A tag's name. Give it again for each: they take the place of those it has.")
    var tag: [String] = []
    @Option(help: "A script's name. Give it again for each: they take the place of those it has.")
    var script: [String] = []
    @Flag(inversion: .prefixedNo, help: "Mark it as a favourite.") var favourite: Bool?
    @Flag(inversion: .prefixedNo, help: "Append the short link's query to the destination's.")
    var forwardParameters: Bool?
    @Option(help: "How long it stays from now on, such as 12h or 90d; none for ever.")
    var ttl: String?

    func validate() throws {
        guard let ttl, ttl != "none", AmountText.duration(ttl) == nil else { return }
        throw ValidationError("--ttl is a duration such as 12h or 90d, or none.")
    }

    var body: [String: Any] {
        var body: [String: Any] = [:]
        body["title"] = title.map(Change.value)
        body["description"] = description.map(Change.value)
        if !tag.isEmpty { body["tags"] = tag }
        if !script.isEmpty { body["scripts"] = script }
        body["favourite"] = favourite
        body["forwardParameters"] = forwardParameters
        if let ttl {
            body["ttl"] = AmountText.duration(ttl).map { Int($0.inSeconds) } ?? NSNull()
        }
        return body
    }
}

/// What links are sorted by.
enum LinkOrder: String, ExpressibleByArgument, CaseIterable {
    case createdAt, updatedAt, title, slashtag
}

/// Which links.
struct LinkFilter: ParsableArguments {
    @Option(help: "Those of this domain: its full name or id.") var domain: String?
    @Option(help: "Those with this slashtag.") var slashtag: String?
    @Option(help: "Those with this tag. Give it again: those with any of them.")
    var tag: [String] = []
    @Option(help: "Those made by this account: its id.") var creator: String?
    @Flag(inversion: .prefixedNo, help: "Favourites only, or none of them.") var favourite: Bool?
    @Option(help: "Those made from this day (or moment) on, such as 2026-11-01.")
    var createdFrom: String?
    @Option(help: "Those made until this day (or moment).") var createdTo: String?

    func query(_ client: ServiceClient) async throws -> [(name: String, value: String?)] {
        let domain = try await domainQuery(client)
        return [
            domain, ("slashtag", slashtag),
            ("tags", tag.isEmpty ? nil : tag.joined(separator: ",")), ("creator.id", creator),
            ("favourite", favourite.map { "\($0)" }), ("dateFrom", createdFrom),
            ("dateTo", createdTo),
        ]
    }

    /// A domain that isn't there is told, instead of an empty list.
    private func domainQuery(_ client: ServiceClient) async throws -> (String, String?) {
        guard let domain else { return ("domain.id", nil) }
        return ("domain.id", try await Domains.resource.id(of: domain, client))
    }
}
