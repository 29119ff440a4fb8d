import ArgumentParser
import NIOHTTP1

/// What networks show of a link.
struct LinkPreview: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "opengraph",
        abstract: "What networks show of a link (Open Graph).",
        subcommands: [Show.self, Set.self, Remove.self]
    )

    private static func call(
        _ method: HTTPMethod,
        _ which: Which<Links>,
        _ body: [String: Any]? = nil,
        _ service: ServiceOptions
    ) async throws -> Any {
        let client = try ServiceClient(service)
        let link = pathPart(try await which.id(client))
        return try await client.call(method, "\(Links.resource.path)/\(link)/opengraph", body)
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show it.",
            examples: ["clickstream links opengraph show go.acme.com/sale"]
        )
        @OptionGroup var which: Which<Links>
        @OptionGroup var service: ServiceOptions

        func run() async throws {
            let preview = try await call(.GET, which, nil, service)
            if (preview as? [String: Any])?.isEmpty == true, !service.json {
                Printing.error("This link has none: networks show what its destination says.")
                return
            }
            Links.resource.print(preview, service)
        }
    }

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set all of it.",
            examples: [
                "clickstream links opengraph set go.acme.com/sale --title 'Spring sale' --image https://www.acme.com/sale.png"
            ]
        )
        @OptionGroup var which: Which<Links>
        @Option(help: "The title.") var title: String
        @Option(help: "The description.") var description: String?
        @Option(help: "The image's URL.") var image: String?
        @Option(help: "The kind of thing, such as website.") var type: String?
        @Option(help: "The locale, such as en_IE.") var locale: String?
        @OptionGroup var service: ServiceOptions

        func run() async throws {
            let body =
                [
                    "title": title, "description": description, "image": image, "type": type,
                    "locale": locale,
                ].compactMapValues(\.self)
            Links.resource.print(try await call(.POST, which, body, service), service)
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take it away.",
            examples: ["clickstream links opengraph remove go.acme.com/sale"]
        )
        @OptionGroup var which: Which<Links>
        @OptionGroup var service: ServiceOptions

        func run() async throws {
            let answer = try await call(.DELETE, which, nil, service)
            Links.resource.done("removed the preview of", which.name, answer, service)
        }
    }
}
