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
            What is odd about a batch (repeated, numbers missing or coming again) is told on standard error, \
            and so is a summary at the end. Shares are from 0 to 1, and at most 1 together; the test delivery \
            of a stream's set-up is spared.

            Examples:
              clickstream receive --port 9000 --header X-Key --value secret
              clickstream receive --secret whsec_... --out clicks.ndjson --fail-rate 0.2 --retry-after 2
              clickstream receive --reset 0.1 --lose-answers 0.1
            """
    )

    @Option(help: "Where to listen.") var port = 9000
    @Option(help: "Address to listen on.") var host = "127.0.0.1"
    @Option(help: "The authentication header that must be there: its name.") var header: String?
    @Option(help: "The authentication header: its value, or @FILE.") var value: String?
    @Option(
        help: "Check signatures by this secret (whsec_..., or @FILE); several while secrets rotate."
    ) var secret: [String] = []
    @Option(
        help: "Append events to this file, one a line, instead of printing them.",
        completion: .file()
    )
    var out: String?
    @Option(help: "Share of deliveries to answer with 500.") var failRate = 0.0
    @Option(help: "Share of deliveries whose connection to reset without an answer.") var reset =
        0.0
    @Option(help: "Share of deliveries to take and then reset: the answer is lost.")
    var loseAnswers = 0.0
    @Option(help: "Seconds that failing answers ask to wait (Retry-After).") var retryAfter: Int?
    @Option(help: "Give accepting answers a body that trickles: bytes a second.")
    var slowBody: Int?
    @Option(help: "How long an answer takes, such as 200ms.") var latency = "0s"
    @Option(help: "The status of every answer.") var status = 200

    func run() async throws {
        var rehearsal = Rehearsal()
        rehearsal.status = status
        rehearsal.failShare = failRate
        rehearsal.resetShare = reset
        rehearsal.loseShare = loseAnswers
        rehearsal.slowBody = slowBody
        rehearsal.retryAfter = retryAfter
        guard let pause = AmountText.duration(latency) else {
            throw ValidationError("--latency is a duration such as 200ms or 2s.")
        }
        rehearsal.latency = pause
        if let problem = rehearsal.problem { throw ValidationError(problem) }
        guard (header == nil) == (value == nil) else {
            throw ValidationError("--header and --value go together.")
        }
        var options = SampleReceiver.Options()
        options.header = header
        options.value = try GivenSecret.text(value, "--value")
        options.secrets = try secret.compactMap { try GivenSecret.text($0, "--secret") }
        options.out = out
        options.rehearsal = rehearsal
        options.isColoured = Printing.isTerminal
        options.note = { Printing.error($0) }
        try await receive(SampleReceiver(options))
    }

    /// Runs until it is stopped, and then sums up.
    private func receive(_ receiver: SampleReceiver) async throws {
        var logger = Logger(label: "clickstream.receive")
        logger.logLevel = .error
        do {
            try await receiver.makeApplication(
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
        Printing.error(await receiver.summary.line)
    }
}
