import Foundation
import NIOHTTP1

/// Waits until a stream's test delivery was answered, and says how.
struct Confirmation {
    /// What follows from a look at the stream.
    private enum Step {
        /// It is confirmed, or waits for a person.
        case done(String)
        case waits
        /// The endpoint said no.
        case refused(reason: String, isChange: Bool)
    }

    private static let pause = Duration.milliseconds(100)
    /// How long storing the outcome may take after the attempt's own time.
    private static let margin = Duration.seconds(15)

    private let options: ServiceOptions

    init(_ options: ServiceOptions) { self.options = options }

    /// Waits as long as an attempt may take, and a little longer.
    ///
    /// It is about the stream's own destination until that is confirmed, and then about the one that it is to have.
    ///
    /// - Throws: `Failed` when the endpoint didn't accept the test delivery, or nobody knows yet.
    func wait(for id: String) async throws {
        let client = try ServiceClient(options)
        var progress = WaitingLine()
        while true {
            let stream = try await client.call(.GET, Streams.path(id)) as? [String: Any] ?? [:]
            switch step(stream) {
            case .done(let sentence):
                progress.end()
                return Printing.error(sentence)
            case .refused(let reason, let isChange):
                progress.end()
                throw failure(id, stream, reason, isChange)
            case .waits: break
            }
            let attempt = Duration.seconds(stream["timeout"] as? Double ?? 15)
            guard progress.waited < attempt + Self.margin else { break }
            progress.show()
            try await Task.sleep(for: Self.pause)
        }
        progress.end()
        throw Failed("no answer to the test delivery yet: see clickstream streams show \(id)")
    }

    private func step(_ stream: [String: Any]) -> Step {
        let status = stream["status"] as? String ?? ""
        switch status {
        case "requested": return .done("The stream waits for the operator's approval.")
        case "verifying":
            return (stream["statusReason"] as? String).map {
                .refused(reason: $0, isChange: false)
            } ?? .waits
        default:
            guard let pending = stream["pending"] as? [String: Any] else {
                return .done("The stream is \(status).")
            }
            return (pending["reason"] as? String).map { .refused(reason: $0, isChange: true) }
                ?? .waits
        }
    }

    private func failure(
        _ id: String,
        _ stream: [String: Any],
        _ reason: String,
        _ isChange: Bool
    ) -> Failed {
        guard !["PlanLimit", "MonthlyLimit"].contains(reason) else {
            return Failed(
                "the workspace's plan has no room for this stream: see clickstream workspaces plan"
            )
        }
        let destination = isChange ? stream["pending"] as? [String: Any] ?? [:] : stream
        let advice = TestFailure(reason, endpoint: destination["endpoint"] as? String).advice
        return Failed(
            (isChange ? "the new settings don't count yet: " : "")
                + "the endpoint didn't accept the test delivery: \(reason)\n"
                + advice.map { "\($0)\n" }.joined()
                + "Mend it, then: clickstream streams verify \(id)"
                + (isChange
                    ? ""
                    : "\nor give it up, it counts for the plan: clickstream streams delete \(id)")
        )
    }
}

/// Shows that something is waited for: one line that is written over on a terminal, a line now and then otherwise.
private struct WaitingLine {
    /// Waits that are shorter need no words.
    private static let quiet = Duration.seconds(1)
    private static let pauseOfLines = Duration.seconds(5)

    private let began = ContinuousClock.now
    private var nextLine = Self.quiet
    private var shown = ""

    var waited: Duration { .now - began }

    mutating func show() {
        let waited = waited
        guard waited >= (Terminal.isWatched ? Self.quiet : nextLine) else { return }
        let words = "Waiting for the answer to the test delivery, \(waited.components.seconds) s"
        if Terminal.isWatched {
            if words != shown { Terminal.write("\r\(words)") }
            shown = words
        } else {
            Printing.error(words)
            nextLine = waited + Self.pauseOfLines
        }
    }

    /// Takes the line away.
    mutating func end() {
        if !shown.isEmpty { Terminal.write("\r\u{1B}[K") }
    }
}
