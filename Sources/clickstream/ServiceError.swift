import Foundation

/// An error of the API.
struct ServiceError {
    private let status: Int
    private let body: [String: Any]?
    private let text: String

    init(_ status: Int, _ body: Data) {
        self.status = status
        self.body = (try? JSONSerialization.jsonObject(with: body)) as? [String: Any]
        text = String(decoding: body.prefix(500), as: UTF8.self)
    }

    /// What is wrong, and what to do.
    var sentence: String {
        if status == 401 {
            return
                "the service doesn't know this key, or it has expired: check --key or CLICKSTREAM_KEY"
        }
        return problems + (advice.map { "\n\($0)" } ?? "")
    }

    private var problems: String {
        // A single problem is the message already.
        guard let errors = body?["errors"] as? [[String: Any]], errors.count > 1 else {
            return "\(status) \(body?["message"] as? String ?? text)"
        }
        let lines = errors.map { error in
            let property = Printing.cell(error["property"])
            return "\n  \(property): \(Printing.cell(error["message"] ?? error["code"]))"
        }
        return "\(status), \(errors.count) problems:" + lines.joined()
    }

    private static let listed = [
        "app", "domain", "key", "link", "plan", "script", "stream", "tag", "workspace",
    ]

    private var advice: String? {
        switch (status, body?["code"] as? String) {
        case (403, "Forbidden") where text.contains("scope"):
            "Use another key (--key, CLICKSTREAM_KEY), or have one made: clickstream keys create NAME"
        case (403, "AlreadyExists"): "Take another, or change or delete the one that has it."
        case (404, _):
            if let source = body?["source"] as? String {
                Self.listed.contains(source)
                    ? "clickstream \(source)s list shows those of this workspace; --workspace names another."
                    : nil
            } else {
                "The service may be older than this command: compare clickstream --version on both sides."
            }
        case (429, _): "The service's limit is control.rateLimit: wait a moment, and try again."
        case (500..., _): "The service's own log says why."
        default: nil
        }
    }
}
