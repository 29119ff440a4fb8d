/// Why a request is not taken for a batch.
///
/// Carries nothing of what was sent: it can be logged and answered as it is.
public enum ReceiverError: Error, Equatable, Sendable {
    /// There is no secret, or one isn't `whsec_` and base64.
    case invalidSecret
    /// A header that has to be there isn't; its name in lower case.
    case missingHeader(String)
    /// A header came twice or its value can't be read; its name in lower case.
    case malformedHeader(String)
    /// `webhook-timestamp` is further away than is tolerated: by so many seconds, negative when it
    /// is ahead.
    case staleTimestamp(secondsAgo: Int64)
    /// No signature was made with one of the secrets over this id, timestamp and body.
    case wrongSignature
    /// The body is neither `{"data":[event, ...],"key":"..."}` nor an array of events.
    case malformedBody
    /// An event isn't of the documented shape: its place in the batch, from 0.
    case malformedEvent(index: Int)

    private static let signed: Set = ["webhook-id", "webhook-timestamp", "webhook-signature"]

    /// Whether the request doesn't prove who sent it: the answer is 401.
    ///
    /// Everything else is answered 400, and `invalidSecret` is a mistake in the receiver's own
    /// settings.
    public var isUnauthenticated: Bool {
        switch self {
        case .missingHeader(let name), .malformedHeader(let name): Self.signed.contains(name)
        case .staleTimestamp, .wrongSignature: true
        case .invalidSecret, .malformedBody, .malformedEvent: false
        }
    }
}

extension ReceiverError: CustomStringConvertible {
    /// A sentence for the answer and the log.
    public var description: String {
        switch self {
        case .invalidSecret: "a secret is whsec_ and base64, and there is at least one"
        case .missingHeader(let name): "\(name) is missing"
        case .malformedHeader(let name): "\(name) came twice or can't be read"
        case .staleTimestamp(let seconds) where seconds < 0:
            "webhook-timestamp is \(seconds.magnitude) seconds ahead"
        case .staleTimestamp(let seconds): "webhook-timestamp is \(seconds) seconds old"
        case .wrongSignature: "the signature is wrong"
        case .malformedBody: #"the body is not {"data":[...],"key":"..."} or an array of events"#
        case .malformedEvent(let index): "event \(index) is not of the documented shape"
        }
    }
}
