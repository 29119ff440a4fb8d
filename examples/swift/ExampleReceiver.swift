import ArgumentParser
import ClickstreamReceiver
import Foundation
import HTTPTypes
import Hummingbird
import Logging

/// A receiver of Clickstream's batches.
///
///     swift run example-receiver --port 9000 --secret whsec_... --out batches.ndjson
///
/// It checks signatures, drops batches that come again, and keeps each batch as one line of a file:
/// `{"id": "<webhook-id>", "events": [event, ...]}`, the events byte for byte as they were sent.
/// Put it behind what ends TLS.
@main struct ExampleReceiver: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "example-receiver",
        abstract: "Receives Clickstream's batches."
    )

    private static let largestBody = 16 << 20

    @Option(help: "Where to listen.") var port = 9000
    @Option(help: "The stream's secret (whsec_...); two while it is exchanged.")
    var secret: [String]
    @Option(help: "The file that batches are appended to.") var out: String

    func run() async throws {
        let verifier = try SignatureVerifier(secrets: secret)
        let batches = try BatchFile(path: out)
        let router = Router()
        let take: @Sendable (Request, BasicRequestContext) async throws -> Response = {
            request,
            _ in
            guard request.headers[.contentEncoding] == nil else {
                return Self.answer(415, "compressed batches are not taken here")
            }
            let body = Data(
                try await request.body.collect(upTo: Self.largestBody).readableBytesView
            )
            let headers = DeliveryHeaders(request.headers.map { ($0.name.rawName, $0.value) })
            let batch: Batch
            do {
                try verifier.verify(headers, body: body, now: Date())
                batch = try Batch(headers: headers, body: body)
            } catch let error as ReceiverError {
                return Self.answer(error.isUnauthenticated ? 401 : 400, "\(error)")
            }
            // The set-up's test has a sample event: it is no click.
            if batch.isTest { return Self.answer(200, "test") }
            return Self.answer(200, try await batches.keep(batch) ? "kept" : "repeated")
        }
        for path: RouterPath in ["/", "**"] {
            router.on(path, method: .post, use: take)
            router.on(path, method: .put, use: take)
        }
        var logger = Logger(label: "example-receiver")
        logger.logLevel = .error
        let application = Application(
            router: router,
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)),
            logger: logger
        )
        try await application.runService()
    }

    private static func answer(_ status: Int, _ text: String) -> Response {
        Response(
            status: HTTPResponse.Status(code: status),
            headers: [.contentType: "text/plain; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text))
        )
    }
}
