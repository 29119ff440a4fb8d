import ArgumentParser
import AsyncHTTPClient
import ClickModel
import Foundation
import NIOCore
import NIOHTTP1
import Server

/// Live events to an endpoint on the developer's own machine.
struct Listen: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Forward live events to a local endpoint while developing.",
        discussion: """
            The endpoint gets what the stream would send: its method, envelope and format, what came together as one \
            batch. Key, authentication value and secret are known to their owner alone: give them, or requests come \
            with the key masked, without that header and unsigned. The stream itself goes on as it is. Every user of the \
            machine can read a command's arguments: @FILE names a file that has the secret.

            A batch that the endpoint doesn't answer, or answers with 5xx or 429, is sent again after a second, two, \
            four, up to thirty; any other answer counts. Ctrl-C ends it. \
            With --json each attempt is an object in a line.

            Examples:
              clickstream listen --stream ID --forward-to http://localhost:3000/clicks
              clickstream listen --stream ID --forward-to http://localhost:3000/clicks \\
                --envelope-key @key.txt --value @value.txt --secret @secret.txt
              clickstream listen --forward-to http://localhost:3000/ --types human --format extended
            """
    )

    @Option(help: "Where to send batches: an http or https URL.") var forwardTo: String
    @Option(help: "The signing secret (whsec_..., or @FILE), to sign as the stream does.")
    var secret: String?
    @Option(help: "The key in every batch, or @FILE.") var envelopeKey: String?
    @Option(help: "The authentication header's name. Default: the stream's.") var header: String?
    @Option(help: "The authentication header's value, or @FILE.") var value: String?
    @Option(
        help: "POST or PUT. Default: the stream's, else POST.",
        completion: .list(WebhookMethod.allCases.map(\.rawValue))
    )
    var method: String?
    @Option(
        help: "rebrandly, extended or cloudevents. Default: the stream's, else rebrandly.",
        completion: .list(EventFormat.allCases.map(\.rawValue))
    )
    var format: String?
    @OptionGroup var selection: EventSelection
    @OptionGroup var service: ServiceOptions

    func validate() throws {
        guard let url = URL(string: forwardTo), ["http", "https"].contains(url.scheme),
            url.host?.isEmpty == false
        else { throw ValidationError("--forward-to is an http or https URL.") }
        if let method, method != "POST", method != "PUT" {
            throw ValidationError("--method is POST or PUT.")
        }
        if let secret = try GivenSecret.text(secret, "--secret"),
            Data(base64Encoded: String(secret.dropFirst(6)))?.isEmpty ?? true
                || !secret.hasPrefix("whsec_")
        {
            throw ValidationError("--secret is whsec_ and base64.")
        }
    }

    mutating func run() async throws {
        let client = try ServiceClient(service)
        try await selection.resolveNames(client)
        var stream: [String: Any] = [:]
        if let id = selection.stream {
            stream = try await client.call(.GET, Streams.path(id)) as? [String: Any] ?? [:]
        }
        let name = format ?? stream["format"] as? String ?? EventFormat.rebrandly.rawValue
        guard let format = EventFormat(rawValue: name) else {
            throw ValidationError("--format is rebrandly, extended or cloudevents.")
        }
        var forwarder = try BatchForwarder(
            format: format,
            key: GivenSecret.text(envelopeKey, "--envelope-key") ?? stream["key"] as? String ?? "",
            limits: Self.limits(of: stream),
            authentication: authentication(of: stream),
            secret: GivenSecret.text(secret, "--secret").map { SigningSecret($0) }
        )
        let endpoint = ForwardEndpoint(
            forwardTo,
            method: method ?? stream["method"] as? String ?? "POST",
            timeout: stream["timeout"] as? Double ?? 15,
            isJSON: service.json
        )
        var feed = LiveFeed(client, parameters: selection.parameters(format: name))
        Printing.error("Forwarding to \(forwardTo). Ctrl-C ends it.")
        try await feed.follow { events in
            for batch in forwarder.batches(of: events) {
                try await endpoint.deliver(batch)
            }
        }
    }

    private func authentication(of stream: [String: Any]) throws -> (header: String, value: String)?
    {
        let own = (stream["authentication"] as? [String: Any])?["header"] as? String
        guard let name = header ?? own else { return nil }
        guard let value = try GivenSecret.text(value, "--value") else {
            Printing.error("The header \(name) is not sent: its value is given by --value.")
            return nil
        }
        return (name, value)
    }

    private static func limits(of stream: [String: Any]) -> BatchLimits {
        var limits = BatchLimits()
        let batch = stream["batch"] as? [String: Any]
        if let events = batch?["events"] as? Int { limits.events = events }
        if let bytes = batch?["bytes"] as? Int { limits.bytes = bytes }
        return limits
    }
}

/// The endpoint that batches are forwarded to.
private struct ForwardEndpoint {
    private static let longestPause = 30

    /// Redirects are not followed, as streams don't.
    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    private let url: String
    private let method: HTTPMethod
    private let timeout: TimeAmount
    /// Whether attempts are told as JSON.
    private let isJSON: Bool

    init(_ url: String, method: String, timeout: Double, isJSON: Bool) {
        self.url = url
        self.method = method == "PUT" ? .PUT : .POST
        self.timeout = .milliseconds(Int64(timeout * 1000))
        self.isJSON = isJSON
    }

    /// Sends a batch until the endpoint has answered it for good.
    func deliver(_ batch: ForwardedBatch) async throws {
        var attempt = 1
        while true {
            let started = (at: Timestamp.now, clock: ContinuousClock.now)
            let answer = await send(batch, attempt)
            let took = started.clock.duration(to: .now).inSeconds
            let isDone = answer.status.map { $0 < 500 && $0 != 429 } ?? false
            let pause = isDone ? nil : min(Self.longestPause, 1 << min(attempt - 1, 5))
            let events = batch.sequences.count
            if isJSON {
                let told: [String: Any] = [
                    "at": started.at.description, "events": events, "attempt": attempt,
                    "status": answer.status as Any? ?? NSNull(),
                    "error": answer.error as Any? ?? NSNull(),
                    "seconds": (took * 1000).rounded() / 1000,
                    "againIn": pause as Any? ?? NSNull(),
                ]
                Printing.say(Printing.line(ofJSON: told))
            } else {
                let said =
                    answer.status.map { "\($0) in \(Int(took * 1000)) ms" }
                    ?? "no answer (\(answer.error ?? ""))"
                let count = events == 1 ? "1 event" : "\(events) events"
                let again = pause.map { ": again in \($0) s" } ?? ""
                let time = Timestamp.now.description.dropFirst(11).prefix(8)
                Printing.say("\(time) \(TerminalText.line("\(count) -> \(said)\(again)"))")
            }
            guard let pause else { return }
            try await Task.sleep(for: .seconds(pause))
            attempt += 1
        }
    }

    /// The status of the endpoint's answer, or why there was none.
    private func send(_ batch: ForwardedBatch, _ attempt: Int) async
        -> (status: Int?, error: String?)
    {
        var request = HTTPClientRequest(url: url)
        request.method = method
        for (name, value) in batch.headers(attempt: attempt, at: .now) {
            request.headers.add(name: name, value: value)
        }
        request.body = .bytes(batch.body)
        do {
            let response = try await Self.client.execute(request, timeout: timeout)
            // What it says isn't needed, but the connection is.
            for try await _ in response.body {}
            return (Int(response.status.code), nil)
        } catch {
            return (nil, ServiceClient.words(for: error))
        }
    }
}
