import ArgumentParser
import ClickModel
import Foundation
import Server

/// Raw requests in, events out.
struct Enrich: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Turn raw requests (JSON Lines on standard input) into events on standard output.",
        discussion: """
            A raw request is {"timestamp"?, "method"?, "url"?, "ip"?, "headers"?, "route"?}. A line that \
            can't be read becomes {"error":...,"line":n} on standard error, and the exit status is 1.

            Example:
              echo '{"ip":"200.160.2.3","headers":{"user-agent":"curl/8.5.0"}}' | clickstream enrich
            """
    )

    @Option(help: "rebrandly is the bare event, extended has id, offset and details, too.")
    var format = EventFormat.rebrandly

    @Option(help: "A data folder whose catalog fills in the links.", completion: .directory)
    var data: String?

    @Argument(
        parsing: .allUnrecognized,
        help: ArgumentHelp("Keys of the configuration as flags.", valueName: "--key value")
    )
    var settings: [String] = []

    func run() throws {
        let loaded = LoadedConfiguration(arguments: settings, file: nil)
        try loaded.requireUsable()
        let isClean: Bool
        do {
            var tool = try EnrichTool(loaded.settings, dataDirectory: data, format: format)
            isClean = try tool.run(
                input: .standardInput,
                output: .standardOutput,
                errors: .standardError
            )
        } catch {
            throw Failed("clickstream enrich can't go on: \(error)")
        }
        if !isClean { throw ExitCode(1) }
    }
}
