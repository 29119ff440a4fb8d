import ClickModel
import NIOHTTP1
import TestKit
import Testing

@testable import Sinks

/// A store that speaks just enough of S3 to be told what to do.
private struct ScriptedStore: TestDestination {
    let endpoint: ScriptedEndpoint

    var settings: [String: String] {
        [
            "endpoint": "http://127.0.0.1:\(endpoint.port)", "region": "us-east-1",
            "bucket": "clicks", "prefix": "p/", "accessKey": "AKIA", "secretKey": "a-secret-key",
            "timeout": "5",
        ]
    }

    var accepted: [[UInt8]] { endpoint.accepted.map { Gunzip.bytes($0) ?? $0 } }

    func prepare(_ conduct: [DestinationConduct]) { endpoint.prepare(conduct) }
}

@Suite struct S3SinkTests {
    private static func outcome(
        _ status: HTTPResponseStatus,
        _ headers: HTTPHeaders = [:],
        _ body: String = ""
    ) async throws -> DeliveryOutcome {
        let endpoint = try await ScriptedEndpoint.start()
        endpoint.answer(status, headers, body)
        let sink = S3Provider(addressGuard: try .loopback())
            .sink(ScriptedStore(endpoint: endpoint).settings)
        let outcome = await sink.deliver(.fixture())
        await sink.close()
        try await endpoint.stop()
        return outcome
    }

    private static func error(_ code: String, _ message: String) -> String {
        "<?xml version=\"1.0\"?><Error><Code>\(code)</Code><Message>\(message)</Message></Error>"
    }

    @Test func `a store keeps every promise of a sink`() async throws {
        let endpoint = try await ScriptedEndpoint.start()
        let provider = S3Provider(addressGuard: try .loopback())
        try await SinkConformance(provider, ScriptedStore(endpoint: endpoint)).run()
        try await endpoint.stop()
    }

    @Test func `an object is put under its key, signed`() async throws {
        let endpoint = try await ScriptedEndpoint.start()
        let sink = S3Provider(addressGuard: try .loopback())
            .sink(ScriptedStore(endpoint: endpoint).settings)
        let outcome = await sink.deliver(.fixture(sequences: 3...4))
        let key =
            "p/year=2019/month=07/day=02/hour=14/"
            + "s1-00000000000000000003-00000000000000000004.ndjson.gz"
        #expect(outcome == .delivered(DeliveryAnswer(status: 200, text: key)))
        let host = "127.0.0.1:\(endpoint.port)"
        await sink.close()
        try await endpoint.stop()
        let head = try #require(endpoint.requests.first).head
        #expect(head.method == .PUT)
        #expect(head.uri == "/clicks/\(key.replacing("=", with: "%3D"))")
        #expect(head.headers["host"] == [host])
        #expect(head.headers["content-type"] == ["application/gzip"])
        #expect(head.headers["content-encoding"] == [])
        #expect(head.headers["x-amz-content-sha256"].first?.count == 64)
        #expect(head.headers["authorization"].first?.contains("Credential=AKIA/") ?? false)
    }

    @Test(arguments: [
        (
            HTTPResponseStatus.forbidden, "SignatureDoesNotMatch",
            "the store answered 403 (SignatureDoesNotMatch: why); is the secret key right?"
        ),
        (
            .forbidden, "InvalidAccessKeyId",
            "the store answered 403 (InvalidAccessKeyId: why); is the access key right?"
        ),
        (
            .forbidden, "AccessDenied",
            "the store answered 403 (AccessDenied: why); may the credentials write into the bucket?"
        ),
        (
            .forbidden, "RequestTimeTooSkewed",
            "the store answered 403 (RequestTimeTooSkewed: why); is this machine's clock right?"
        ),
        (
            .notFound, "NoSuchBucket",
            "the store answered 404 (NoSuchBucket: why); is the bucket's name right?"
        ),
        (.badRequest, "InvalidDigest", "the store answered 400 (InvalidDigest: why)"),
        (.gone, "Gone", "the store answered 410 (Gone: why)"),
    ])
    func `a store that says no is a failure with a hint, never a refusal`(
        _ status: HTTPResponseStatus,
        _ code: String,
        _ words: String
    ) async throws {
        let outcome = try await Self.outcome(status, [:], Self.error(code, "why"))
        #expect(outcome.isFailed)
        #expect(outcome.words == words)
        #expect(
            outcome.answer == DeliveryAnswer(status: Int(status.code), text: "\(code): why")
        )
    }

    @Test func `a store that is busy is asked again when it wants to be`() async throws {
        let outcome = try await Self.outcome(
            .serviceUnavailable,
            ["retry-after": "9"],
            Self.error("SlowDown", "Reduce your request rate.")
        )
        guard case .failed(let failure) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(failure.retryAfter == .seconds(9))
        #expect(failure.message.contains("SlowDown"))
    }

    @Test func `what is too large is a refusal`() async throws {
        let outcome = try await Self.outcome(
            .badRequest,
            [:],
            Self.error("EntityTooLarge", "too much")
        )
        guard case .refused(_, isTooLarge: true) = outcome else {
            Issue.record("\(outcome)")
            return
        }
    }

    @Test func `another region is named and not followed`() async throws {
        let outcome = try await Self.outcome(
            .movedPermanently,
            ["x-amz-bucket-region": "eu-west-1", "location": "http://127.0.0.1/"],
            Self.error("PermanentRedirect", "elsewhere")
        )
        #expect(outcome.words?.hasSuffix("; is the region eu-west-1?") ?? false)
    }

    @Test(arguments: [
        "", "not XML", "<Code>", "<Code></Code>", "</Code><Code>", "<Error><Code>a&lt;b</Code>",
        "<Code>\u{1B}[2J</Code>", "<Message>a-secret-key</Message><Code>a-secret-key</Code>",
    ])
    func `any body of an answer is read without harm and without secrets`(
        _ body: String
    ) async throws {
        let outcome = try await Self.outcome(.internalServerError, [:], body)
        #expect(outcome.isFailed)
        let words = try #require(outcome.words)
        #expect(!words.contains("a-secret-key") && !words.contains("\u{1B}"))
    }

    @Test func `an upload whose end fails in a body is a failure, and is thrown away`()
        async throws
    {
        let endpoint = try await ScriptedEndpoint.start()
        endpoint.answer(.ok, [:], "<R><UploadId>u/1&amp;2</UploadId></R>")
        endpoint.answer(.ok, ["etag": "\"one\""])
        endpoint.answer(.ok, ["etag": "\"two\""])
        endpoint.answer(.ok, [:], Self.error("InternalError", "after the head"))
        let settings = ScriptedStore(endpoint: endpoint).settings
            .merging(["gzip": "false", "timeout": "30"]) { $1 }
        let sink = S3Provider(addressGuard: try .loopback()).sink(settings)
        let body = String(repeating: "x", count: 9 << 20)
        let outcome = await sink.deliver(.fixture(body: body))
        #expect(outcome.words == "the store answered 200 (InternalError: after the head)")
        #expect(outcome.isFailed)
        while endpoint.requests.count < 5 { await Task.yield() }
        await sink.close()
        try await endpoint.stop()

        let requests = endpoint.requests
        #expect(requests.map(\.head.method) == [.POST, .PUT, .PUT, .POST, .DELETE])
        let queries = requests.map { $0.head.uri.split(separator: "?").last.map(String.init) }
        let upload = "uploadId=u%2F1%262"
        #expect(
            queries == [
                "uploads=", "partNumber=1&\(upload)", "partNumber=2&\(upload)", upload, upload,
            ]
        )
        #expect(requests[1].body.count == 8 << 20)
        #expect(requests[2].body.count == 1 << 20)
        let end = String(decoding: requests[3].body, as: UTF8.self)
        #expect(
            end.contains(
                "<Part><PartNumber>2</PartNumber><ETag>&quot;two&quot;</ETag></Part>"
            )
        )
    }
}
