import ArgumentParser
import NIOHTTP1

/// Kinds of destinations.
struct Sinks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The kinds of destinations that are served here, and their settings.",
        notes: """
            A webhook's settings have options of their own (clickstream streams create --help); those of \
            another kind are given by --sink KIND --setting name=value.
            """,
        examples: ["clickstream sinks", "clickstream sinks --json"]
    )

    /// A webhook's settings as the body of a stream's creation names them.
    private static let ofWebhooks = [
        "header": "authentication.header", "value": "authentication.value",
    ]

    @OptionGroup var service: ServiceOptions

    func run() async throws {
        let answer = try await ServiceClient(service).call(.GET, "/v1/sinks")
        let kinds = answer as? [[String: Any]] ?? []
        let rows = kinds.flatMap { kind -> [[String: Any]] in
            let name = kind["kind"] as? String ?? ""
            return (kind["fields"] as? [[String: Any]] ?? []).map { field in
                var row = field
                row["kind"] = name
                if name == "webhook", let known = Self.ofWebhooks[field["name"] as? String ?? ""] {
                    row["name"] = known
                }
                return row
            }
        }
        let columns = [
            ("KIND", "kind"), ("SETTING", "name"), ("REQUIRED", "required"), ("SECRET", "secret"),
            ("WHAT", "summary"),
        ]
        Resource(path: "/v1/sinks", columns: columns).show(service.json ? kinds : rows, service)
    }
}
