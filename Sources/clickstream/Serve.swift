import ArgumentParser
import Foundation
import Server

/// The service.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the service.",
        discussion: """
            Every key of the configuration is a flag too (--edge-port 9000), an environment variable
            (CLICKSTREAM_EDGE_PORT) and a key of the file (edge: { port: 9000 }); flags win over the
            environment, the environment over the file. `clickstream check-config` shows what counts.

            Examples:
              clickstream serve --demo
              clickstream serve --config /etc/clickstream.yaml
              clickstream serve --edge-port 80 --data-directory /var/lib/clickstream

            Keys:
            \(ConfigurationHelp.text)
            """
    )

    @Option(help: "A YAML file with the configuration.", completion: .file())
    var config: String?

    @Flag(help: "Add a demo link, and a receiver that shows its events in this terminal.")
    var demo = false

    @Argument(
        parsing: .allUnrecognized,
        help: ArgumentHelp("Keys of the configuration as flags.", valueName: "--key value")
    )
    var settings: [String] = []

    func run() async throws {
        let loaded = LoadedConfiguration(arguments: settings, file: config)
        try loaded.requireUsable()
        do {
            try await ClickstreamServer.run(loaded.settings, isDemo: demo)
        } catch {
            throw Failed("clickstream can't run: \(error)")
        }
    }
}

/// What is wrong with the configuration, all at once.
struct CheckConfig: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check the configuration: every problem at once, and the values that count.",
        discussion: "Example:\n  clickstream check-config --config /etc/clickstream.yaml"
    )

    @Option(help: "A YAML file with the configuration.", completion: .file())
    var config: String?

    @Flag(help: "Print JSON.")
    var json = false

    @Argument(
        parsing: .allUnrecognized,
        help: ArgumentHelp("Keys as flags.", valueName: "--key value")
    )
    var settings: [String] = []

    func run() throws {
        let loaded = LoadedConfiguration(arguments: settings, file: config)
        let problems =
            loaded.problems.map(\.description)
            + [loaded.settings.problemWithTables()].compactMap(\.self)
        if json {
            let values = loaded.settings.resolved.map {
                ["key": $0.key, "value": $0.value, "source": $0.source.description]
            }
            let answer: [String: Any] = [
                "values": values, "problems": problems,
                "warnings": loaded.warnings.map(\.description),
            ]
            Printing.say(Printing.text(ofJSON: answer))
        } else {
            Printing.table(
                ["KEY", "VALUE", "FROM"],
                loaded.settings.resolved.map { [$0.key, $0.value, $0.source.description] }
            )
            for warning in loaded.warnings { Printing.say("warning: \(warning)") }
            for problem in problems { Printing.say("problem: \(problem)") }
            if problems.isEmpty { Printing.say("The configuration is fine.") }
        }
        if !problems.isEmpty { throw ExitCode(1) }
    }
}

/// The configuration as this process finds it.
struct LoadedConfiguration {
    let settings: ServerSettings
    let problems: [SettingIssue]
    let warnings: [SettingIssue]
    private let hasUnknownFlag: Bool

    init(arguments: [String], file: String?) {
        let input = ConfigurationInput(
            arguments: arguments,
            environment: ProcessInfo.processInfo.environment,
            file: file
        )
        (settings, problems) = ServerSettings.read(input)
        warnings = input.warnings
        hasUnknownFlag = input.problems.contains { $0.key.hasPrefix("-") }
    }

    /// Tells every warning and problem, and ends the command when there is a problem.
    func requireUsable() throws {
        for warning in warnings { Printing.error("warning: \(warning)") }
        guard !problems.isEmpty else { return }
        for problem in problems { Printing.error("problem: \(problem)") }
        throw ExitCode(hasUnknownFlag ? 64 : 1)
    }
}
