import ArgumentParser
import Foundation
import NIOHTTP1

/// Rules by which some visitors of a link are led elsewhere.
struct LinkRules: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules",
        abstract:
            "Rules by which some visitors of a link are led elsewhere; the first that fits counts.",
        subcommands: [List.self, Show.self, Add.self, Update.self, Remove.self]
    )

    private static let rules = Resource(
        path: "",
        columns: [("ID", "id"), ("FOR", "for"), ("DESTINATION", "destination")]
    )

    private static func path(_ which: Which<Links>, _ rule: String?, _ client: ServiceClient)
        async throws -> String
    {
        let link = pathPart(try await which.id(client))
        return "\(Links.resource.path)/\(link)/rules" + (rule.map { "/\(pathPart($0))" } ?? "")
    }

    /// Calls the API about a link's rules, or one of them, and prints what it says.
    private static func call(
        _ method: HTTPMethod,
        _ which: Which<Links>,
        _ rule: String?,
        _ body: [String: Any]? = nil,
        _ service: ServiceOptions
    ) async throws {
        let client = try ServiceClient(service)
        let answer = try await client.call(method, path(which, rule, client), body)
        guard !service.json, var shown = answer as? [String: Any] else {
            return rules.print(answer, service)
        }
        shown["condition"] = RuleConditions.words(for: shown)
        rules.print(shown, service)
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List a link's rules in the order in which they are tried.",
            examples: ["clickstream links rules list go.acme.com/sale"]
        )
        @OptionGroup var which: Which<Links>
        @OptionGroup var service: ServiceOptions

        func run() async throws {
            let client = try ServiceClient(service)
            let all = try await client.call(.GET, path(which, nil, client)) as? [[String: Any]]
            let shown = (all ?? []).map { rule in
                service.json ? rule : rule.merging(["for": RuleConditions.words(for: rule)]) { $1 }
            }
            rules.show(shown, service)
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one.",
            examples: ["clickstream links rules show go.acme.com/sale RULE"]
        )
        @OptionGroup var which: Which<Links>
        @Argument(help: "The rule's id.") var rule: String
        @OptionGroup var service: ServiceOptions

        func run() async throws { try await call(.GET, which, rule, nil, service) }
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add a rule; every condition that is given has to hold.",
            examples: [
                "clickstream links rules add go.acme.com/sale https://www.acme.com/ie --country ie,gb",
                "clickstream links rules add go.acme.com/sale https://apps.acme.com/ --os ios --not-country us --order 1",
            ]
        )
        @OptionGroup var which: Which<Links>
        @Argument(help: "Where it leads.") var destination: String
        @OptionGroup var conditions: RuleConditions
        @Option(help: "Its place among the link's rules, from 1; the last when left out.")
        var order: Int?
        @OptionGroup var service: ServiceOptions

        func validate() throws {
            guard conditions.body != nil else {
                throw ValidationError(
                    "Say for whom: --country, --language, --os, --device, or --not-... of these."
                )
            }
        }

        func run() async throws {
            var body: [String: Any] = ["destination": destination]
            body["condition"] = conditions.body
            body["order"] = order
            try await call(.POST, which, nil, body, service)
        }
    }

    struct Update: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change a rule; conditions take the place of all it has.",
            examples: [
                "clickstream links rules update go.acme.com/sale RULE --country ie,gb,fr",
                "clickstream links rules update go.acme.com/sale RULE --order 1",
            ]
        )
        @OptionGroup var which: Which<Links>
        @Argument(help: "The rule's id.") var rule: String
        @Option(help: "Where it leads.") var destination: String?
        @OptionGroup var conditions: RuleConditions
        @Option(help: "Its place among the link's rules, from 1.") var order: Int?
        @OptionGroup var service: ServiceOptions

        func validate() throws {
            guard destination != nil || order != nil || conditions.body != nil else {
                throw ValidationError(
                    "Say what is to change: --destination, --order or a condition."
                )
            }
        }

        func run() async throws {
            var body: [String: Any] = [:]
            body["destination"] = destination
            body["condition"] = conditions.body
            body["order"] = order
            try await call(.POST, which, rule, body, service)
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove a rule.",
            examples: ["clickstream links rules remove go.acme.com/sale RULE"]
        )
        @OptionGroup var which: Which<Links>
        @Argument(help: "The rule's id.") var rule: String
        @OptionGroup var service: ServiceOptions

        func run() async throws {
            let client = try ServiceClient(service)
            let gone = try await client.call(.DELETE, path(which, rule, client))
            rules.done("removed", rule, gone, service)
        }
    }
}

/// Whom a rule is for.
struct RuleConditions: ParsableArguments {
    @Option(help: "Countries, such as ie,fr.") var country: [String] = []
    @Option(help: "All countries but these.") var notCountry: [String] = []
    @Option(help: "Languages, such as en,pt.") var language: [String] = []
    @Option(help: "All languages but these.") var notLanguage: [String] = []
    @Option(help: "Operating systems, as events name them, such as ios,android.")
    var os: [String] = []
    @Option(help: "All operating systems but these.") var notOs: [String] = []
    @Option(help: "Devices, as events name them, such as smartphone,tablet.")
    var device: [String] = []
    @Option(help: "All devices but these.") var notDevice: [String] = []

    /// Nil when none is given.
    var body: [String: Any]? {
        let given = [
            ("req.country", "in", country), ("req.country", "not in", notCountry),
            ("req.language", "in", language), ("req.language", "not in", notLanguage),
            ("req.os", "in", os), ("req.os", "not in", notOs),
            ("req.device", "in", device), ("req.device", "not in", notDevice),
        ]
        let parts = given.filter { !$0.2.isEmpty }.map { property, comparison, lists in
            let values = lists.flatMap { $0.split(separator: ",") }.map { text in
                text.trimmingCharacters(in: .whitespaces)
            }
            return ["property": property, "operator": comparison, "values": values] as [String: Any]
        }
        return parts.isEmpty ? nil : ["and": parts]
    }

    /// A rule's conditions: `country in ie,fr; os not in ios`.
    static func words(for rule: [String: Any]) -> String {
        let condition = rule["condition"] as? [String: Any]
        let parts = condition?["and"] as? [[String: Any]] ?? []
        return parts.map { part in
            let property = (part["property"] as? String ?? "").replacing("req.", with: "")
            let values = (part["values"] as? [String] ?? []).joined(separator: ",")
            return "\(property) \(part["operator"] as? String ?? "") \(values)"
        }.joined(separator: "; ")
    }
}
