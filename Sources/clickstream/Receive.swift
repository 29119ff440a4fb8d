import ArgumentParser
import ClickModel
import Foundation
import Hummingbird
import Logging
import NIOCore
import Server

/// A receiver to try streams with.
struct Receive: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Receive batches: check them, drop repeated ones, print or keep their events.",
        discussion: """
            Examples:
              clickstream receive --port 9000 --header X-Key --value secret
              clickstream receive --secret whsec_... --out clicks.ndjson --fail-rate 0.2
            """
    )

    @Option(help: "Where to listen.") var port = 9000
    @Option(help: "Address to listen on.") var host = "127.0.0.1"
    @Option(help: "The authentication header that must be there: its name.") var header: String?
    @Option(help: "The authentication header: its value.") var value: String?
    @Option(help: "Check signatures by this secret (whsec_...).") var secret: String?
    @Option(help: "Append events to this file, one a line, instead of printing them.") var out:
        String?
    @Option(help: "Share of deliveries to answer with 500, from 0 to 1.") var failRate = 0.0
    @Option(help: "How long an answer takes, such as 200ms.") var latency = "0s"
    @Option(help: "The status of every answer.") var status = 200

    func run() async throws {
        guard (0...1).contains(failRate) else {
            throw ValidationError("--fail-rate is from 0 to 1.")
        }
        guard (100...599).contains(status) else {
            throw ValidationError("--status is from 100 to 599.")
        }
        guard let pause = AmountText.duration(latency) else {
            throw ValidationError("--latency is a duration such as 200ms or 2s.")
        }
        guard (header == nil) == (value == nil) else {
            throw ValidationError("--header and --value go together.")
        }
        var options = SampleReceiver.Options()
        options.header = header
        options.value = value
        options.secret = secret
        options.out = out
        options.failRate = failRate
        options.latency = pause
        options.status = status
        options.isColoured = Printing.isTerminal
        var logger = Logger(label: "clickstream.receive")
        logger.logLevel = .error
        do {
            try await SampleReceiver(options).makeApplication(
                host: host,
                port: port,
                logger: logger,
                onRunning: { Printing.error("The receiver listens on http://\(host):\($0)/") }
            ).runService()
        } catch {
            let words = (error as? IOError).map { SystemError.words(for: $0.errnoCode) }
            throw Failed(
                "the receiver can't run on \(host):\(port) (--host, --port): \(words ?? "\(error)")"
            )
        }
    }
}
