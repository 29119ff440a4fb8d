import ArgumentParser
import NIOHTTP1

/// Who the key acts for.
struct Account: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Who the key acts for, and what its workspace's plan allows.",
        examples: ["clickstream account", "clickstream account --workspace Acme --json"]
    )

    /// What the API says where there is no limit, for clients that expect a number: the largest of 32 bits.
    private static let noLimit = Int(Int32.max)

    @OptionGroup var service: ServiceOptions

    func run() async throws {
        let answer = try await ServiceClient(service).call(.GET, "/v1/account")
        guard !service.json, let account = answer as? [String: Any] else {
            Printing.say(Printing.text(ofJSON: answer))
            return
        }
        let subscription = account["subscription"] as? [String: Any]
        Printing.pairs([
            ("id", Printing.cell(account["id"])), ("name", Printing.cell(account["fullName"])),
            ("plan", Printing.cell(subscription?["category"])),
        ])
        Printing.say()
        let limits = subscription?["limits"] as? [String: [String: Any]] ?? [:]
        Printing.table(
            ["OF", "USED", "ALLOWED"],
            limits.sorted { $0.key < $1.key }.map { name, limit in
                let most = limit["max"] as? Int
                return [
                    name, Printing.cell(limit["used"]),
                    most == Self.noLimit ? "no limit" : Printing.cell(most),
                ]
            }
        )
    }
}
