import ArgumentParser

/// Who changed what.
struct Audit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Who changed what, newest first.",
        notes: "The operator who names no workspace sees what happened in all of them.",
        examples: [
            "clickstream audit --limit 20",
            "clickstream audit --workspace Acme --all --json | jq '.[] | select(.action==\"delete\")'",
        ]
    )

    @OptionGroup var portion: Portion
    @OptionGroup var service: ServiceOptions

    func run() async throws {
        let columns = [
            ("AT", "at"), ("WHO", "actor.name"), ("BY", "actor.type"), ("ACTION", "action"),
            ("WHAT", "target.type"), ("NAME", "target.name"), ("ID", "target.id"),
        ]
        try await Resource(path: "/v1/audit", columns: columns, pageSize: 100)
            .list(service, portion)
    }
}
