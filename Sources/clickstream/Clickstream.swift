import ArgumentParser

/// The command.
@main
struct Clickstream: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clickstream",
        abstract: "Every click on a short link becomes an event in its owner's own systems.",
        discussion: """
            Start with `clickstream serve --demo`. The commands that speak to a running service find it by \
            --url or CLICKSTREAM_URL, and take the key from --key, CLICKSTREAM_KEY, or admin.key in the data \
            folder.
            """,
        version: "0.1.0",
        subcommands: [
            Serve.self, CheckConfig.self, Enrich.self, Receive.self, Tail.self, Listen.self,
            Export.self, Plans.self,
            Workspaces.self,
            Domains.self, Links.self, Streams.self, Keys.self,
        ]
    )
}
