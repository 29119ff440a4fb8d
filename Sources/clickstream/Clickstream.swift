import ArgumentParser
import Foundation

/// The command.
@main
struct Clickstream: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clickstream",
        abstract: "Every click on a short link becomes an event in its owner's own systems.",
        discussion: """
            Start with `clickstream serve --demo`. The commands that speak to a running service find it by \
            --url or CLICKSTREAM_URL, and take the key from --key, CLICKSTREAM_KEY, or admin.key in the data \
            folder. With --json they print JSON on standard output and nothing else; what is for people goes to \
            standard error. Exit status: 0 done, 1 failed, 64 wrong usage.
            """,
        version: "0.1.0",
        groupedSubcommands: [
            CommandGroup(name: "Service", subcommands: [Serve.self, CheckConfig.self]),
            CommandGroup(
                name: "Event",
                subcommands: [Enrich.self, Receive.self, Tail.self, Listen.self, Export.self]
            ),
            CommandGroup(
                name: "Link",
                subcommands: [Links.self, Domains.self, Tags.self, Scripts.self, Apps.self]
            ),
            CommandGroup(name: "Stream", subcommands: [Streams.self, Sinks.self]),
            CommandGroup(
                name: "Workspace",
                subcommands: [
                    Workspaces.self, Plans.self, Keys.self, Account.self, Audit.self,
                ]
            ),
        ]
    )

    /// Runs the command that is asked for.
    ///
    /// What a command finds wrong with its arguments only while it runs is told with its own usage, too.
    static func main() async {
        do {
            var command = try await asyncParseAsRoot()
            do {
                if var command = command as? any AsyncParsableCommand {
                    try await command.run()
                } else {
                    try command.run()
                }
            } catch let error as ValidationError {
                let usage = usageString(for: type(of: command))
                let name = usage.split(separator: " ").prefix { !"[<".contains($0.prefix(1)) }
                Printing.error(
                    """
                    Error: \(error.message)
                    Usage: \(usage)
                      See '\(name.joined(separator: " ")) --help' for more information.
                    """
                )
                Foundation.exit(ExitCode.validationFailure.rawValue)
            }
        } catch {
            Printing.flush()
            exit(withError: error)
        }
    }
}

extension CommandConfiguration {
    /// A command whose help shows how it is used.
    ///
    /// - Parameters:
    ///   - commandName: What is typed; the type's name when left out.
    ///   - abstract: What it does, in a sentence.
    ///   - notes: What else is to be known.
    ///   - examples: Lines to be typed.
    init(
        commandName: String? = nil,
        abstract: String,
        notes: String = "",
        examples: [String]
    ) {
        let shown = (["Examples:"] + examples.map(Self.folded)).joined(separator: "\n")
        self.init(
            commandName: commandName,
            abstract: abstract,
            discussion: notes.isEmpty ? shown : "\(notes)\n\n\(shown)"
        )
    }

    /// A line as it would be typed into a terminal of 80 columns: a long one goes on in the next.
    private static func folded(_ line: String) -> String {
        var (lines, current, piece) = ([String](), " ", "")
        func place() {
            if current.count + piece.count > 76, !current.allSatisfy({ $0 == " " }) {
                lines.append("\(current) \\")
                current = "     "
            }
            current += piece
            piece = ""
        }
        for word in line.split(separator: " ") {
            // An option stays together with its value.
            if word.hasPrefix("--") || word == "|" { place() }
            piece += " \(word)"
        }
        place()
        return (lines + [current]).joined(separator: "\n")
    }
}
