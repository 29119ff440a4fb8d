import Catalog
import ClickModel
import Foundation
import Hummingbird
import Logging
import NIOCore

/// What `serve --demo` adds: a link to click, and a stream to a receiver in this terminal.
struct Demo: Sendable {
    private static let host = "localhost"
    private static let slashtag = "hello"
    private static let authentication = (header: "X-Demo", value: "demo")

    private let receiver: SampleReceiver
    private let receiverPort: Int

    /// Makes what is missing of the demo's workspace.
    ///
    /// - Parameters:
    ///   - catalog: Where domain, link and stream are declared.
    ///   - log: Whose end is where a new stream begins.
    ///   - provider: The kind of sink that the stream is of.
    ///   - receiverPort: Where the receiver listens.
    /// - Throws: What the catalog throws.
    init(
        _ catalog: Catalog,
        _ log: any EventLog,
        _ provider: any SinkProvider,
        receiverPort: Int
    ) async throws {
        let workspace = try await catalog.mainWorkspace()
        try await Self.makeLink(catalog, workspace)
        let stream = try await Self.stream(catalog, log, provider, workspace, receiverPort)
        var options = SampleReceiver.Options()
        options.header = Self.authentication.header
        options.value = Self.authentication.value
        options.secrets = stream.secrets.map(\.value)
        options.isColoured = isatty(STDOUT_FILENO) == 1
        receiver = try SampleReceiver(options)
        self.receiverPort = receiverPort
    }

    /// Starts the receiver; returns when it listens.
    ///
    /// - Returns: What it runs in; cancelling that stops it.
    func startReceiver() async throws -> Task<Void, any Error> {
        var logger = Logger(label: "clickstream.receiver")
        logger.logLevel = .critical
        let (listening, said) = AsyncStream.makeStream(of: Bool.self)
        let application = receiver.makeApplication(
            host: "127.0.0.1",
            port: receiverPort,
            logger: logger,
            onRunning: { _ in said.yield(true) }
        )
        // Lives as long as the service, which cancels it at its end.
        let running = Task {
            defer { said.finish() }
            try await application.run()
        }
        for await isListening in listening where isListening { return running }
        do {
            try await running.value
        } catch {
            let words = (error as? IOError).map { SystemError.words(for: $0.errnoCode) }
            throw StartError(
                "the demo's receiver can't listen on port \(receiverPort), one above control.port: "
                    + (words ?? "\(error)")
            )
        }
        return running
    }

    private static func makeLink(_ catalog: Catalog, _ workspace: Workspace) async throws {
        do {
            _ = try await catalog.createDomain(fullName: host, in: workspace)
        } catch CatalogError.duplicate {
            return
        }
        _ = try await catalog.createLink(
            LinkDraft(
                destination: "https://www.example.com/?utm_source=clickstream&utm_medium=demo",
                slashtag: slashtag,
                title: "Hello",
                forwardParameters: true,
                domain: .fullName(host)
            ),
            in: workspace,
            by: catalog.account()
        )
    }

    private static func stream(
        _ catalog: Catalog,
        _ log: any EventLog,
        _ provider: any SinkProvider,
        _ workspace: Workspace,
        _ port: Int
    ) async throws -> EventStream {
        let endpoint = "http://127.0.0.1:\(port)/"
        let streams = try await catalog.streams(in: workspace, Page())
        if let known = streams.first(where: {
            $0.stream.destination.settings["endpoint"] == endpoint
        }) {
            // Its receiver was not there yet when an earlier start was cut short: it is tested anew.
            return try await catalog.moveStream(
                id: known.stream.id,
                in: workspace,
                from: [.verifying],
                to: .verifying
            ).stream
        }
        let start = log.bounds.upperBound
        let draft = StreamDraft(
            destination: Destination(
                kind: provider.kind,
                settings: [
                    "endpoint": endpoint, "method": "POST", "header": authentication.header,
                    "value": authentication.value,
                ]
            ),
            secretFields: Set(provider.fields.filter(\.isSecret).map(\.name)),
            limits: BatchLimits(wait: .milliseconds(200)),
            key: StoredSecrets.randomText(32),
            secrets: [SigningSecret(StoredSecrets.newSigningSecret())],
            start: start,
            startTotal: try await log.total(of: workspace.number, before: start)
        )
        return try await catalog.createStream(draft, in: workspace).stream
    }

    /// The three lines for whoever started the demo.
    func greeting(edgePort: Int, controlPort: Int) -> String {
        """
        Click here:      http://\(Self.host):\(edgePort)/\(Self.slashtag)   (or: curl -i http://\(Self.host):\(edgePort)/\(Self.slashtag))
        The API is at:   http://127.0.0.1:\(controlPort)/v1   (its key: the file admin.key in the data folder)
        The sample receiver listens on port \(receiverPort); what it is sent appears below. Ctrl-C stops.
        """
    }
}
