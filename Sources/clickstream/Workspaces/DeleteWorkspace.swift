import ArgumentParser
import Foundation
import NIOHTTP1

extension Workspaces {
    /// Takes a workspace away, once somebody has said that it is meant.
    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete one, with everything in it.",
            notes: """
                Its domains, links, streams and keys go with it, and its events can't be read any more. Write it down \
                first (clickstream workspaces export). On a terminal its name has to be typed.
                """,
            examples: [
                "clickstream workspaces delete Acme", "clickstream workspaces delete Acme --yes",
            ]
        )
        @OptionGroup var which: Which<Workspaces>
        @Flag(help: "Delete it without asking.") var yes = false
        @OptionGroup var service: ServiceOptions

        func validate() throws {
            guard yes || Terminal.canAsk else {
                throw ValidationError(
                    "Nobody is there to be asked whether the workspace may go with everything in it: "
                        + "export it (clickstream workspaces export), then say --yes."
                )
            }
        }

        func run() async throws {
            let client = try ServiceClient(service)
            let id = try await which.id(client)
            if !yes { try await confirm(id, client) }
            let gone = try await client.call(.DELETE, "\(resource.path)/\(pathPart(id))")
            resource.done("deleted", which.name, gone, service)
        }

        private func confirm(_ id: String, _ client: ServiceClient) async throws {
            let path = "\(resource.path)/\(pathPart(id))"
            let workspace = try await client.call(.GET, path) as? [String: Any] ?? [:]
            let name = workspace["name"] as? String ?? id
            var options = service
            options.workspace = id
            let inside = try ServiceClient(options)
            var parts: [String] = []
            for kind in [Links.resource, Domains.resource, Streams.resource, Keys.resource] {
                let answer = try await inside.call(.GET, "\(kind.path)/count")
                let count = (answer as? [String: Any])?["count"] as? Int ?? 0
                parts.append("\(count) \(count == 1 ? kind.noun : kind.command)")
            }
            Printing.error(
                """
                \(name) goes with \(parts.joined(separator: ", ")), and its events can't be read any more.
                To keep what it has: clickstream workspaces export \(id) --out FILE
                """
            )
            guard try Terminal.ask("Type its name to delete it") == name else {
                throw Failed("that is not its name: nothing was deleted")
            }
        }
    }
}
