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
            with the key masked, without that header and unsigned. The stream itself goes on as it is.

            A batch that the endpoint doesn't answer, or answers with 5xx or 429, is sent again after a second, two, \
            four, up to thirty; any other answer counts. Ctrl-C ends it.

            Examples:
              clickstream listen --stream ID --forward-to http://localhost:3000/clicks
              clickstream listen --stream ID --forward-to http://localhost:3000/clicks \\
                --envelope-key KEY --value secret --secret whsec_...
              clickstream listen --forward-to http://localhost:3000/ --types human --format extended
            """
    )

    @Option(help: "Where to send batches: an http or https URL.") var forwardTo: String
    @Option(help: "The signing secret (whsec_...), to sign as the stream does.") var secret: String?
    @Option(help: "The key in every batch.") var envelopeKey: String?
    @Option(help: "The authentication header's name. Default: the stream's.") var header: String?
    @Option(help: "The authentication header's value.") var value: String?
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
        if let secret,
            Data(base64Encoded: String(secret.dropFirst(6)))?.isEmpty ?? true
                || !secret.hasPrefix("whsec_")
        {
            throw ValidationError("--secret is whsec_ and base64.")
        }
    }

    func run() async throws {
        let client = try ServiceClient(service)
        var stream: [String: Any] = [:]
        if let id = selection.stream {
            stream = try await client.call(.GET, Streams.path(id)) as? [String: Any] ?? [:]
        }
        let name = format ?? stream["format"] as? String ?? EventFormat.rebrandly.rawValue
        guard let format = EventFormat(rawValue: name) else {
            throw ValidationError("--format is rebrandly, extended or cloudevents.")
        }
        var forwarder = BatchForwarder(
            format: format,
            key: envelopeKey ?? stream["key"] as? String ?? "",
            limits: Self.limits(of: stream),
            authentication: authentication(of: stream),
            secret: secret.map { SigningSecret($0) }
        )
        let endpoint = ForwardEndpoint(
            forwardTo,
            method: method ?? stream["method"] as? String ?? "POST",
            timeout: stream["timeout"] as? Double ?? 15
        )
        var feed = LiveFeed(client, parameters: selection.parameters(format: name))
        Printing.error("Forwarding to \(forwardTo). Ctrl-C ends it.")
        try await feed.follow { events in
            for batch in forwarder.batches(of: events) {
                try await endpoint.deliver(batch)
            }
        }
    }

    private func authentication(of stream: [String: Any]) -> (header: String, value: String)? {
        let own = (stream["authentication"] as? [String: Any])?["header"] as? String
        guard let name = header ?? own else { return nil }
        guard let value else {
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

    init(_ url: String, method: String, timeout: Double) {
        self.url = url
        self.method = method == "PUT" ? .PUT : .POST
        self.timeout = .milliseconds(Int64(timeout * 1000))
    }

    /// Sends a batch until the endpoint has answered it for good.
    func deliver(_ batch: ForwardedBatch) async throws {
        var attempt = 1
        while true {
            let (line, isDone) = await attemptOnce(batch, attempt)
            guard !isDone else { return print(line) }
            let pause = min(Self.longestPause, 1 << min(attempt - 1, 5))
            print("\(line): again in \(pause) s")
            try await Task.sleep(for: .seconds(pause))
            attempt += 1
        }
    }

    private func attemptOnce(
        _ batch: ForwardedBatch,
        _ attempt: Int
    ) async -> (line: String, isDone: Bool) {
        var request = HTTPClientRequest(url: url)
        request.method = method
        for (name, value) in batch.headers(attempt: attempt, at: .now) {
            request.headers.add(name: name, value: value)
        }
        request.body = .bytes(batch.body)
        let count = batch.sequences.count == 1 ? "1 event" : "\(batch.sequences.count) events"
        let started = ContinuousClock.now
        do {
            let response = try await Self.client.execute(request, timeout: timeout)
            let status = Int(response.status.code)
            // What it says isn't needed, but the connection is.
            for try await _ in response.body {}
            let took = Int(started.duration(to: .now).inSeconds * 1000)
            return ("\(count) -> \(status) in \(took) ms", status < 500 && status != 429)
        } catch {
            return ("\(count) -> no answer (\(ServiceClient.words(for: error)))", false)
        }
    }

    private func print(_ line: String) {
        let time = Timestamp.now.description.dropFirst(11).prefix(8)
        Swift.print("\(time) \(TerminalText.line(line))")
        fflush(nil)
    }
}
