import ClickModel
import Foundation
import Testing

@testable import Sinks

/// Against a store that somebody else wrote, in a process of its own.
@Suite(
    .serialized,
    .enabled(if: MotoServer.isThere, "no moto in .data/venv: run scripts/setup --tests")
)
struct S3StoreTests {
    private static let list = """
        keys = s3.list_objects_v2(Bucket="clicks").get("Contents", [])
        for one in keys: print(one["Key"], one["Size"])
        print(len(s3.list_multipart_uploads(Bucket="clicks").get("Uploads", [])))
        """

    private static func settings(
        _ server: MotoServer,
        _ changes: [String: String] = [:]
    ) -> [String: String] {
        [
            "endpoint": "http://127.0.0.1:\(server.port)", "region": "us-east-1",
            "bucket": "clicks", "accessKey": "admin", "secretKey": "admin-secret", "timeout": "20",
        ].merging(changes) { $1 }
    }

    private static func digest(_ key: String) -> String {
        """
        import hashlib
        body = s3.get_object(Bucket="clicks", Key="\(key)")["Body"].read()
        print(len(body), hashlib.sha256(body).hexdigest())
        """
    }

    private static let key =
        "year=2019/month=07/day=02/hour=14/s1-00000000000000000001-00000000000000000002.ndjson"

    /// Twenty MiB that differ all over.
    private static let large: OutgoingBatch = {
        let line = String(repeating: "abcdefghij", count: 6)
        return .fixture(body: (0..<(20 << 20) / 70).map { "\($0 + 1_000_000) \(line)\n" }.joined())
    }()

    @Test func `batches are objects, each once, small and in parts`() async throws {
        let server = try await MotoServer.start()
        _ = try server.ask("s3.create_bucket(Bucket='clicks')")
        let provider = S3Provider(addressGuard: try .loopback())
        let sink = provider.sink(Self.settings(server))
        let small = OutgoingBatch.fixture(body: "{\"n\":1}\n{\"n\":2}\n")
        for _ in 0..<2 {
            let outcome = await sink.deliver(small)
            #expect(outcome.answer?.text == "\(Self.key).gz", "\(outcome)")
        }
        #expect(await sink.deliver(.fixture(sequences: nil)).isDelivered)
        await sink.close()

        let parts = provider.sink(Self.settings(server, ["gzip": "false"]))
        for _ in 0..<2 {
            let outcome = await parts.deliver(Self.large)
            #expect(outcome.answer?.text == Self.key, "\(outcome)")
        }
        await parts.close()

        let packed = try Gzip.compressed(small.body).count
        #expect(
            try server.ask(Self.list).split(separator: "\n").sorted() == [
                "0", "clickstream-test.ndjson \(OutgoingBatch.fixture().body.count)",
                "\(Self.key) \(Self.large.body.count)", "\(Self.key).gz \(packed)",
            ]
        )
        let code = """
            import gzip
            body = s3.get_object(Bucket="clicks", Key="\(Self.key).gz")["Body"].read()
            print(gzip.decompress(body).decode(), end="")
            """
        #expect(try server.ask(code) == "{\"n\":1}\n{\"n\":2}")
        let hash = S3SinkHash.of(Self.large.body)
        #expect(try server.ask(Self.digest(Self.key)) == "\(Self.large.body.count) \(hash)")
        server.kill()
    }

    @Test func `a store that dies under an upload gets the same object later`() async throws {
        let server = try await MotoServer.start()
        _ = try server.ask("s3.create_bucket(Bucket='clicks')")
        let provider = S3Provider(addressGuard: try .loopback())
        let sink = provider.sink(Self.settings(server, ["gzip": "false"]))
        let upload = Task { await sink.deliver(Self.large) }
        // Once the upload has begun: that is seen from outside.
        for _ in 0..<20 {
            guard try server.ask(Self.list) == "0" else { break }
        }
        server.kill()
        let outcome = await upload.value
        let dead = await sink.deliver(Self.large)
        #expect(dead.words == "could not connect: Connection refused")

        try await server.restart()
        let missing = await sink.deliver(Self.large)
        #expect(missing.words?.contains("NoSuchBucket") ?? false, "\(missing)")
        _ = try server.ask("s3.create_bucket(Bucket='clicks')")
        #expect(await sink.deliver(Self.large).isDelivered)
        // Whether the kill came before the upload's end or after it is a matter of luck.
        #expect(outcome.isFailed || outcome.isDelivered)
        let hash = S3SinkHash.of(Self.large.body)
        #expect(try server.ask(Self.digest(Self.key)) == "\(Self.large.body.count) \(hash)")
        await sink.close()
        server.kill()
    }

    @Test func `a store that checks signatures takes ours, and no wrong ones`() async throws {
        let server = try await MotoServer.start()
        let keys = try server.ask(
            """
            s3.create_bucket(Bucket="clicks")
            iam = boto3.client("iam", **plain)
            iam.create_user(UserName="sink")
            allowed = {"Version": "2012-10-17", "Statement":
                [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
            iam.put_user_policy(UserName="sink", PolicyName="p", PolicyDocument=json.dumps(allowed))
            key = iam.create_access_key(UserName="sink")["AccessKey"]
            print(key["AccessKeyId"], key["SecretAccessKey"])
            # From now on every request has to be signed by a key that is known.
            urllib.request.urlopen(urllib.request.Request(
                at + "/moto-api/reset-auth", b"0", {"Content-Type": "text/plain"}))
            """
        ).split(separator: " ").map(String.init)
        let (access, secret) = try (#require(keys.first), #require(keys.last))
        let provider = S3Provider(addressGuard: try .loopback())
        func outcome(_ changes: [String: String], _ batch: OutgoingBatch) async -> DeliveryOutcome {
            let sink = provider.sink(Self.settings(server, changes))
            defer { Task { await sink.close() } }
            return await sink.deliver(batch)
        }

        // This store's check forgets how keys are encoded: one with `=` it refuses from any client.
        let right = ["accessKey": access, "secretKey": secret, "prefix": "of tests/"]
        let test = await outcome(right, .fixture(sequences: nil))
        #expect(test.isDelivered, "\(test)")

        let settings = try S3Settings.read(Self.settings(server, right)).get()
        let client = S3Client(settings, addressGuard: try .loopback())
        let object = S3Object(key: "parts.ndjson", contentType: "text/plain", body: [])
        let deadline = ContinuousClock.now + .seconds(20)
        let upload = try await client.beginParts(object, until: deadline)
        let bytes = Array(repeating: UInt8(ascii: "x"), count: 5 << 20)
        var tags: [String] = []
        for part in [bytes[...], bytes[..<7]] {
            tags.append(
                try await client.put(
                    part: tags.count + 1,
                    part,
                    of: object,
                    upload: upload,
                    until: deadline
                )
            )
        }
        let end = try await client.complete(object, upload: upload, tags: tags, until: deadline)
        #expect(end.status == 200)
        client.close()

        let wrong = await outcome(
            ["accessKey": access, "secretKey": "not-\(secret)"],
            .fixture(sequences: nil)
        )
        #expect(wrong.answer?.status == 403, "\(wrong)")
        #expect(wrong.words?.contains("SignatureDoesNotMatch") ?? false, "\(wrong)")
        let unknown = await outcome([:], .fixture(sequences: nil))
        #expect(unknown.answer?.status == 403, "\(unknown)")
        #expect(unknown.words?.contains("is the access key right?") ?? false, "\(unknown)")
        server.kill()
    }
}

private enum S3SinkHash {
    static func of(_ bytes: [UInt8]) -> String {
        let signer = S3Signer(
            credentials: S3Credentials(accessKey: "a", secretKey: "b"),
            region: "c"
        )
        let subject = S3Signer.Subject(method: "PUT", path: "/", headers: [], body: bytes)
        let headers = signer.signed(subject, at: .now)
        return headers.first { $0.name == "x-amz-content-sha256" }?.value ?? ""
    }
}
