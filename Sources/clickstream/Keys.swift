import ArgumentParser
import ClickModel
import Foundation

/// API keys of a workspace.
struct Keys: AsyncParsableCommand, ResourceCommands {
    static let configuration = CommandConfiguration(
        abstract: "API keys of a workspace.",
        subcommands: [
            List<Self>.self, Show<Self>.self, Create.self, Delete<Self>.self, Count<Self>.self,
        ]
    )

    static let resource = Resource(
        path: "/v1/keys",
        command: "keys",
        noun: "key",
        naming: .member("name"),
        columns: [
            ("ID", "id"), ("NAME", "name"), ("SCOPE", "scope"), ("ENDS IN", "lastFour"),
            ("EXPIRES", "expiresAt"),
        ]
    )

    /// What a key's bearer may do.
    enum Scope: String, ExpressibleByArgument, CaseIterable {
        case owner, editor, reader
        case clickSender = "click-sender"
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make one; it is shown this once.",
            notes: """
                owner: everything in the workspace. editor: looks, and changes links and what belongs to them. \
                reader: looks only. click-sender: only brings clicks (POST /v1/clicks).
                """,
            examples: [
                "clickstream keys create dashboard --scope reader --expires 90d",
                "KEY=$(clickstream keys create worker --scope click-sender --json | jq -r .key)",
            ]
        )
        @Argument(help: "What it is for.") var name: String
        @Option(help: "What its bearer may do.") var scope = Scope.owner
        @Option(help: "When it stops working: 90d, 12h, or a moment such as 2027-01-31T00:00:00Z.")
        var expires: String?
        @OptionGroup var service: ServiceOptions

        func validate() throws {
            guard let expires, Self.moment(expires) == nil else { return }
            throw ValidationError(
                "--expires is a duration such as 90d, or a moment such as 2027-01-31T00:00:00Z."
            )
        }

        func run() async throws {
            var body = ["name": name, "scope": scope.rawValue]
            body["expiresAt"] = expires.flatMap(Self.moment)
            resource.print(try await resource.create(body, service), service)
            Printing.error("Keep the key: it is not shown again.")
        }

        private static func moment(_ text: String) -> String? {
            if let duration = AmountText.duration(text) {
                return Timestamp.now.advanced(by: duration).description
            }
            return Timestamp(text)?.description
        }
    }
}
