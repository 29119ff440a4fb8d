import ArgumentParser
import Foundation
import NIOHTTP1

/// Streams: standing orders to push a workspace's clicks somewhere.
struct Streams: AsyncParsableCommand, ResourceCommands {
    static let configuration = CommandConfiguration(
        abstract: "Streams: standing orders to push a workspace's clicks somewhere.",
        subcommands: [
            List<Self>.self, Show<Self>.self, Create.self, Update.self, Delete<Self>.self,
            Count<Self>.self,
        ],
        groupedSubcommands: [
            CommandGroup(
                name: "Operation",
                subcommands: [
                    Verify.self, Approve.self, Pause.self, Resume.self, RotateSecret.self,
                ]
            ),
            CommandGroup(
                name: "Delivery",
                subcommands: [
                    Stats.self, Deliveries.self, Parked.self, Retry.self, Discard.self,
                    Replay.self, Replays.self,
                ]
            ),
        ]
    )

    static let resource = Resource(
        path: "/v1/streams",
        command: "streams",
        noun: "stream",
        columns: [
            ("ID", "id"), ("STATUS", "status"), ("KIND", "sink"), ("METHOD", "method"),
            ("ENDPOINT", "endpoint"),
            ("REASON", "statusReason"),
        ]
    )

    /// The path of something that a stream has or does: each part may be any text.
    static func path(_ parts: String...) -> String {
        parts.reduce(resource.path) { "\($0)/\(pathPart($1))" }
    }
}
