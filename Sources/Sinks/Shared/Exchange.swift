import NIOCore
import NIOHTTP1
import Synchronization

/// A request to one endpoint; `Host` and `Content-Length` are added to its headers.
struct GuardedRequest: Sendable {
    let method: HTTPMethod
    /// Path and query.
    let target: String
    var headers: HTTPHeaders
    let body: [UInt8]
}

/// What came back, as far as it was read.
struct GuardedAnswer: Sendable {
    /// How much of a body is read, in bytes.
    static let longestBody = 16 << 10

    let status: Int
    let headers: HTTPHeaders
    var body: [UInt8] = []
    /// Whether that is all of the body.
    var isWhole = false
}

/// One request on its way, and what is known of its answer, also when the time is up before its end.
final class Exchange: Sendable {
    private struct State {
        var answer: GuardedAnswer?
        var isResolved = false
        var connectionUntil: ContinuousClock.Instant?
    }

    let head: HTTPRequestHead
    let body: ByteBuffer
    private let state = Mutex(State())

    init(_ request: GuardedRequest, host: String) {
        var headers = HTTPHeaders([("host", host)])
        headers.add(contentsOf: request.headers)
        headers.replaceOrAdd(name: "content-length", value: "\(request.body.count)")
        head = HTTPRequestHead(
            version: .http1_1,
            method: request.method,
            uri: request.target,
            headers: headers
        )
        body = ByteBuffer(bytes: request.body)
    }

    /// The answer, once its head has come.
    var answer: GuardedAnswer? { state.withLock { $0.answer } }

    /// Whether the endpoint's name has led to an address that may be called.
    var isResolved: Bool { state.withLock { $0.isResolved } }

    /// Until when its connection can take another one; nil when it can't.
    var connectionUntil: ContinuousClock.Instant? { state.withLock { $0.connectionUntil } }

    func noteResolution() { state.withLock { $0.isResolved = true } }

    func note(_ head: HTTPResponseHead) {
        let answer = GuardedAnswer(status: Int(head.status.code), headers: head.headers)
        state.withLock { $0.answer = answer }
    }

    /// Keeps what fits of a piece of the body, and says whether more is wanted.
    func add(_ part: ByteBuffer) -> Bool {
        state.withLock { state in
            let room = GuardedAnswer.longestBody - (state.answer?.body.count ?? 0)
            state.answer?.body.append(contentsOf: part.readableBytesView.prefix(room))
            return room > part.readableBytes
        }
    }

    func noteEnd() { state.withLock { $0.answer?.isWhole = true } }

    func leaveConnection(for time: Duration) {
        state.withLock { $0.connectionUntil = .now + time }
    }
}
