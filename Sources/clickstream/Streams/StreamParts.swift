import ArgumentParser
import ClickModel
import Foundation

/// How batches are sent to a webhook.
enum WebhookMethod: String, ExpressibleByArgument, CaseIterable {
    case post = "POST"
    case put = "PUT"

    init?(argument: String) { self.init(rawValue: argument.uppercased()) }
}

extension EventFormat: ExpressibleByArgument {}

/// What a stream is made of beside where it sends, and can be changed of it.
struct StreamParts: ParsableArguments {
    @Option(help: "The key in every batch, or @FILE; made up when left out.") var envelopeKey:
        String?
    @Option(help: "The form of events.") var format: EventFormat?
    @Option(help: "Most events in a batch.") var batchEvents: Int?
    @Option(help: "Most bytes in a batch's body.") var batchBytes: Int?
    @Option(help: "Seconds that a batch waits to fill.") var batchSeconds: Double?
    @Option(help: "How long an event is tried, such as 72h.") var maxAge: String?
    @Option(help: "Most requests a second, or none for no limit.")
    var maxRequestsPerSecond: String?
    @Option(help: "Seconds that an attempt may take, 1 to 60.") var timeout: Double?
    @Option(help: "Which events, as JSON: {\"types\":[\"human\"],\"countries\":[\"br\"]}.")
    var filter: String?
    @Flag(inversion: .prefixedNo, help: "Compress the batches.") var gzip: Bool?
    @Option(help: "A file with the authorities (PEM) that are trusted.", completion: .file())
    var tlsCa: String?
    @Option(help: "A file with the certificate (PEM) that is shown.", completion: .file())
    var tlsCertificate: String?
    @Option(help: "A file with that certificate's key (PEM).", completion: .file())
    var tlsPrivateKey: String?
    @Option(help: "An http proxy; empty for none.") var proxy: String?
    @Option(
        help: "A setting of another kind of destination: name=value. Give it again for each."
    )
    var setting: [String] = []

    func validate() throws {
        for (name, number) in [("batch-seconds", batchSeconds), ("timeout", timeout)] {
            guard number?.isFinite ?? true else {
                throw ValidationError("--\(name) is a number of seconds.")
            }
        }
        if let rate = maxRequestsPerSecond, rate != "none", Double(rate)?.isFinite != true {
            throw ValidationError("--max-requests-per-second is a number or none.")
        }
        if let filter, object(filter) == nil {
            throw ValidationError(
                "--filter is no JSON object: try '{\"types\":[\"human\"]}'."
            )
        }
        for text in setting where !text.contains("=") {
            throw ValidationError("--setting \(text) is not name=value.")
        }
    }

    func body() throws -> [String: Any] {
        var body: [String: Any] = [:]
        body["key"] = try GivenSecret.text(envelopeKey, "--envelope-key")
        body["format"] = format?.rawValue
        body["maxAge"] = maxAge
        body["maxRequestsPerSecond"] = maxRequestsPerSecond.map { Double($0) as Any? ?? NSNull() }
        body["timeout"] = timeout
        body["gzip"] = gzip
        body["filter"] = filter.flatMap(object)
        body["proxy"] = proxy.map(Change.value)
        let tls = try tls()
        if !tls.isEmpty { body["tls"] = tls }
        var batch: [String: Any] = [:]
        batch["events"] = batchEvents
        batch["bytes"] = batchBytes
        batch["seconds"] = batchSeconds
        if !batch.isEmpty { body["batch"] = batch }
        if !setting.isEmpty { body["settings"] = settings }
        return body
    }

    private var settings: [String: String] {
        let pairs = setting.map { text in
            text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        }
        return Dictionary(pairs.map { (String($0[0]), String($0[1])) }) { $1 }
    }

    private func tls() throws -> [String: String] {
        let files = [
            "ca": tlsCa, "certificate": tlsCertificate, "privateKey": tlsPrivateKey,
        ]
        return try files.compactMapValues(\.self).mapValues { path in
            guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
                throw Failed("\(path) can't be read: see --tls-ca and the like")
            }
            return text
        }
    }

    private func object(_ text: String) -> [String: Any]? {
        (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any]
    }
}
