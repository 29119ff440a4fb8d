import ClickModel
import NIOHTTP1

/// Signed requests to one bucket, all of them before one deadline.
struct S3Client: Sendable {
    /// Why a request came to nothing.
    enum Failure: Error {
        case answered(GuardedAnswer)
        case unanswered(GuardedClient.Failure)
    }

    private let settings: S3Settings
    private let signer: S3Signer
    private let client: GuardedClient

    init(_ settings: S3Settings, addressGuard: AddressGuard) {
        self.settings = settings
        signer = S3Signer(credentials: settings.credentials, region: settings.region)
        client = GuardedClient(
            Connector(endpoint: settings.endpoint, proxy: nil, tls: .system),
            addressGuard: addressGuard
        )
    }

    func close() { client.close() }

    /// Puts an object in one request.
    func put(
        _ object: S3Object,
        until deadline: ContinuousClock.Instant
    ) async throws(Failure) -> GuardedAnswer {
        try await send(.PUT, object, body: object.body, type: object.contentType, deadline)
    }

    /// Begins an object in parts, and gives its upload's id.
    func beginParts(
        _ object: S3Object,
        until deadline: ContinuousClock.Instant
    ) async throws(Failure) -> String {
        let query = [(name: "uploads", value: "")]
        let answer = try await send(.POST, object, query, type: object.contentType, deadline)
        guard let id = S3Answer.text(of: "UploadId", in: answer.body), !id.isEmpty else {
            throw .unanswered(.failed("the store began an upload and gave it no id"))
        }
        return id
    }

    /// Puts a part, counted from 1, and gives its tag.
    func put(
        part number: Int,
        _ bytes: ArraySlice<UInt8>,
        of object: S3Object,
        upload: String,
        until deadline: ContinuousClock.Instant
    ) async throws(Failure) -> String {
        let query = [(name: "partNumber", value: "\(number)"), (name: "uploadId", value: upload)]
        let answer = try await send(.PUT, object, query, body: Array(bytes), deadline)
        guard let tag = answer.headers.first(name: "etag") else {
            throw .unanswered(.failed("the store took a part and gave it no tag"))
        }
        return tag
    }

    /// Joins the parts: only now there is an object.
    func complete(
        _ object: S3Object,
        upload: String,
        tags: [String],
        until deadline: ContinuousClock.Instant
    ) async throws(Failure) -> GuardedAnswer {
        var text = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
        for (index, tag) in tags.enumerated() {
            text += "<Part><PartNumber>\(index + 1)</PartNumber>"
            text += "<ETag>\(S3Answer.escaped(tag))</ETag></Part>"
        }
        text += "</CompleteMultipartUpload>"
        let query = [(name: "uploadId", value: upload)]
        let answer = try await send(
            .POST,
            object,
            query,
            body: Array(text.utf8),
            type: "application/xml",
            deadline
        )
        // The head comes before the parts are joined, and a failure after it is told in the body.
        guard answer.isWhole, S3Answer.text(of: "Code", in: answer.body) == nil else {
            throw .answered(answer)
        }
        return answer
    }

    /// Throws the parts of an upload away.
    func abort(
        _ object: S3Object,
        upload: String,
        until deadline: ContinuousClock.Instant
    ) async throws(Failure) {
        _ = try await send(.DELETE, object, [(name: "uploadId", value: upload)], deadline)
    }

    private func send(
        _ method: HTTPMethod,
        _ object: S3Object,
        _ query: [(name: String, value: String)] = [],
        body: [UInt8] = [],
        type: String? = nil,
        _ deadline: ContinuousClock.Instant
    ) async throws(Failure) -> GuardedAnswer {
        let path = settings.path(of: object.key)
        var headers = [(name: "host", value: settings.endpoint.authority)]
        if let type { headers.append(("content-type", type)) }
        let signed = signer.signed(
            S3Signer.Subject(
                method: method.rawValue,
                path: path,
                query: query,
                headers: headers,
                body: body
            ),
            at: .now
        )
        let request = GuardedRequest(
            method: method,
            target: query.isEmpty ? path : "\(path)?\(S3Signer.encoded(query))",
            // `Host` is the client's to add.
            headers: HTTPHeaders(
                signed.filter { $0.name != "host" } + [("user-agent", "clickstream")]
            ),
            body: body
        )
        let left = deadline - .now
        guard left > .zero else { throw .unanswered(.failed("the time for the attempt is up")) }
        switch await client.send(request, within: left) {
        case .failure(let failure): throw .unanswered(failure)
        case .success(let answer):
            guard 200..<300 ~= answer.status else { throw .answered(answer) }
            return answer
        }
    }
}
