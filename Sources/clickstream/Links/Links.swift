import ArgumentParser
import Foundation
import NIOHTTP1

/// Short links.
struct Links: AsyncParsableCommand, ResourceCommands {
    static let configuration = CommandConfiguration(
        abstract: "Short links, and what belongs to them.",
        subcommands: [
            List.self, Show<Self>.self, Create.self, Update.self, Favourite.self, Delete.self,
            Count.self, LinkRules.self, LinkPreview.self, LinkApps.self, LinkTags.self,
            LinkScripts.self,
        ]
    )

    static let resource = Resource(
        path: "/v1/links",
        command: "links",
        noun: "link",
        naming: .shortLink,
        columns: [
            ("ID", "id"), ("SHORT LINK", "shortUrl"), ("DESTINATION", "destination"),
            ("TITLE", "title"),
        ]
    )

    /// How many the API takes at once.
    private static let mostAtOnce = 25

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List them, newest first.",
            examples: [
                "clickstream links list --domain go.acme.com --tag spring",
                "clickstream links list --order-by title --ascending --all --json",
                "clickstream links list --created-from 2026-11-01 --favourite",
            ]
        )
        @OptionGroup var filter: LinkFilter
        @Option(help: "What they are sorted by.") var orderBy: LinkOrder?
        @Flag(help: "From the first to the last, instead of the other way.") var ascending = false
        @OptionGroup var portion: Portion
        @OptionGroup var service: ServiceOptions

        func run() async throws {
            var query = try await filter.query(ServiceClient(service))
            query.append(("orderBy", orderBy?.rawValue))
            if ascending { query.append(("orderDir", "asc")) }
            try await resource.list(service, portion, query: query)
        }
    }

    struct Count: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say how many there are.",
            examples: ["clickstream links count --tag spring", "clickstream links count --json"]
        )
        @OptionGroup var filter: LinkFilter
        @OptionGroup var service: ServiceOptions

        func run() async throws {
            try await resource.count(service, query: filter.query(ServiceClient(service)))
        }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make one.",
            examples: [
                "clickstream links create https://www.acme.com/sale --slashtag sale --domain go.acme.com",
                "clickstream links create https://www.acme.com/sale --tag spring --tag sale --favourite",
            ]
        )
        @Argument(help: "Where it leads.") var destination: String
        @Option(help: "What stands after the domain; made up when left out.") var slashtag: String?
        @Option(help: "The domain, by its full name or id; the workspace's oldest when left out.")
        var domain: String?
        @OptionGroup var parts: LinkParts
        @OptionGroup var service: ServiceOptions

        func run() async throws {
            var body = parts.body
            body["destination"] = destination
            body["slashtag"] = slashtag
            if let domain {
                body["domain"] = [Resource.isID(domain) ? "id" : "fullName": domain]
            }
            resource.print(try await resource.create(body, service), service)
        }
    }

    struct Update: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change one; what isn't named stays.",
            examples: [
                "clickstream links update go.acme.com/sale --destination https://www.acme.com/summer",
                "clickstream links update go.acme.com/sale --title '' --tag summer --no-favourite",
            ]
        )
        @OptionGroup var which: Which<Links>
        @Option(help: "Where it leads.") var destination: String?
        @Option(help: "What stands after the domain.") var slashtag: String?
        @OptionGroup var parts: LinkParts
        @Flag(help: "Take all its tags away.") var noTags = false
        @Flag(help: "Take all its scripts away.") var noScripts = false
        @OptionGroup var service: ServiceOptions

        private var body: [String: Any] {
            var body = parts.body
            body["destination"] = destination
            body["slashtag"] = slashtag
            if noTags { body["tags"] = [String]() }
            if noScripts { body["scripts"] = [String]() }
            return body
        }

        func validate() throws {
            guard !body.isEmpty else {
                throw ValidationError(
                    "Say what is to change: --destination, --slashtag, --title, --tag ..."
                )
            }
            guard !(noTags && !parts.tag.isEmpty), !(noScripts && !parts.script.isEmpty) else {
                throw ValidationError(
                    "--no-tags excludes --tag, and --no-scripts excludes --script."
                )
            }
        }

        func run() async throws { try await resource.update(which.name, body, service) }
    }

    struct Favourite: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Mark one as a favourite.",
            examples: [
                "clickstream links favourite go.acme.com/sale",
                "clickstream links favourite go.acme.com/sale --off",
            ]
        )
        @OptionGroup var which: Which<Links>
        @Flag(help: "It is none any more.") var off = false
        @OptionGroup var service: ServiceOptions

        func run() async throws {
            let client = try ServiceClient(service)
            let path = "\(resource.path)/\(pathPart(try await which.id(client)))/favourite"
            let link = try await client.call(.POST, path, ["favourite": !off])
            resource.done(
                off ? "no favourite any more:" : "a favourite:",
                which.name,
                link,
                service
            )
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete one or several; their clicks stay.",
            examples: [
                "clickstream links delete go.acme.com/sale",
                "clickstream links list --tag old --all --json | jq -r '.[].id' | xargs clickstream links delete",
            ]
        )
        @Argument(help: "Their ids, or the short links themselves, such as go.acme.com/sale.")
        var links: [String]
        @OptionGroup var service: ServiceOptions

        func validate() throws {
            guard !links.contains(where: Resource.isBlank) else {
                throw ValidationError("The link has no empty name.")
            }
        }

        func run() async throws {
            guard links.count > 1 else { return try await resource.delete(links[0], service) }
            let client = try ServiceClient(service)
            var ids: Set<String> = []
            for link in links { ids.insert(try await resource.id(of: link, client)) }
            var (gone, rest) = (0, ids.sorted()[...])
            while !rest.isEmpty {
                let some = Array(rest.prefix(mostAtOnce))
                rest = rest.dropFirst(mostAtOnce)
                let answer = try await client.call(.DELETE, resource.path, ["links": some])
                gone += (answer as? [String: Any])?["count"] as? Int ?? 0
            }
            resource.done("deleted", "\(gone) links", ["count": gone], service)
            guard gone == ids.count else {
                throw Failed(
                    "\(ids.count - gone) of them were not there: see clickstream links list"
                )
            }
        }
    }
}
