import ClickModel
import Foundation
import NIOHTTP1

/// What a store answered, read.
enum S3Answer {
    /// The text of an element of an answer's XML; nil when it isn't there.
    ///
    /// A search, not a parser: answers are short and flat, and only the first element of a name counts.
    static func text(of element: String, in body: [UInt8]) -> String? {
        let text = String(decoding: body, as: UTF8.self)
        guard let start = text.range(of: "<\(element)>"),
            let end = text.range(of: "</\(element)>", range: start.upperBound..<text.endIndex)
        else { return nil }
        return unescaped(String(text[start.upperBound..<end.lowerBound]))
    }

    /// Text as it stands in XML.
    static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }

    private static func unescaped(_ text: String) -> String {
        text.replacing("&lt;", with: "<").replacing("&gt;", with: ">")
            .replacing("&quot;", with: "\"").replacing("&apos;", with: "'")
            .replacing("&#34;", with: "\"").replacing("&#39;", with: "'")
            .replacing("&amp;", with: "&")
    }

    /// What an answer other than success means.
    static func outcome(_ answer: GuardedAnswer, _ redaction: Redaction) -> DeliveryOutcome {
        let limit = DeliveryAnswer.longestText
        let code = text(of: "Code", in: answer.body) ?? ""
        let reason = text(of: "Message", in: answer.body) ?? ""
        let shown = redaction.line("\(code): \(reason)".utf8, limit: limit)
        // Only the code and the message: the rest can hold what was signed.
        let told = DeliveryAnswer(status: answer.status, text: code.isEmpty ? "" : shown)
        var message = "the store answered \(answer.status)"
        if !code.isEmpty { message += " (\(shown))" }
        if let hint = hint(answer, code) { message += "; \(hint)" }
        let failure = DeliveryFailure(
            answer: told,
            message: message,
            retryAfter: answer.headers.first(name: "retry-after").flatMap(RetryAfter.read)
        )
        return code == "EntityTooLarge" ? .refused(failure, isTooLarge: true) : .failed(failure)
    }

    /// What a person can do about it.
    private static func hint(_ answer: GuardedAnswer, _ code: String) -> String? {
        switch (answer.status, code) {
        case (_, "RequestTimeTooSkewed"): return "is this machine's clock right?"
        case (_, "NoSuchBucket"): return "is the bucket's name right?"
        case (_, "SignatureDoesNotMatch"): return "is the secret key right?"
        case (_, "InvalidAccessKeyId"): return "is the access key right?"
        case (300..<400, _), (400, "AuthorizationHeaderMalformed"):
            let region = answer.headers.first(name: "x-amz-bucket-region")
            guard let region = region ?? text(of: "Region", in: answer.body) else {
                return "are the endpoint and the region right?"
            }
            return "is the region \(TerminalText.line(String(region.prefix(64))))?"
        case (401, _), (403, _): return "may the credentials write into the bucket?"
        case (404, _): return "are the endpoint and the bucket right?"
        default: return nil
        }
    }
}
