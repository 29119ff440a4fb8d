import ClickModel
import Testing

@testable import Sinks

@Suite struct S3SettingsTests {
    private static func settings(_ changes: [String: String] = [:]) -> [String: String] {
        [
            "bucket": "clicks", "region": "eu-central-1", "accessKey": "AKIA",
            "secretKey": "s3cret",
        ].merging(changes) { $1 }
    }

    @Test(arguments: [
        ([:], "https://clicks.s3.eu-central-1.amazonaws.com", "/a%20b"),
        (["pathStyle": "true"], "https://s3.eu-central-1.amazonaws.com", "/clicks/a%20b"),
        (["bucket": "my.clicks"], "https://s3.eu-central-1.amazonaws.com", "/my.clicks/a%20b"),
        (["endpoint": "http://Store.test:9000/"], "http://store.test:9000/", "/clicks/a%20b"),
        (
            ["endpoint": "https://store.test", "pathStyle": "false"],
            "https://clicks.store.test", "/a%20b"
        ),
        (["endpoint": "http://8.8.8.8:9000"], "http://8.8.8.8:9000", "/clicks/a%20b"),
    ])
    func `a bucket stands in the path or in the name`(
        _ changes: [String: String],
        _ url: String,
        _ path: String
    ) throws {
        let settings = try S3Settings.read(Self.settings(changes)).get()
        #expect(settings.endpoint.url == url)
        #expect(settings.path(of: "a b") == path)
    }

    @Test(arguments: [
        ("bucket", "ab", "InvalidFormat"), ("bucket", "a/b/c", "InvalidFormat"),
        ("bucket", "-abc", "InvalidFormat"), ("bucket", "a..b", "InvalidFormat"),
        ("region", "eu central", "InvalidFormat"), ("region", "eu/central", "InvalidFormat"),
        ("accessKey", "with space", "InvalidFormat"), ("secretKey", "a\nb", "InvalidFormat"),
        ("prefix", "/clicks", "InvalidFormat"), ("prefix", "a/../b/", "InvalidFormat"),
        ("prefix", "a//b", "InvalidFormat"), ("prefix", "a\u{0}", "InvalidFormat"),
        ("endpoint", "https://store.test/path", "InvalidFormat"),
        ("endpoint", "http://127.0.0.1:9000", "AddressRefused"),
        ("endpoint", "http://me:pw@store.test", "AddressRefused"),
        ("pathStyle", "yes", "InvalidFormat"), ("gzip", "yes", "InvalidFormat"),
        ("timeout", "301", "InvalidFormat"), ("secretkey", "a typo", "InvalidFormat"),
    ])
    func `what can't be used is refused by name`(
        _ property: String,
        _ value: String,
        _ code: String
    ) async {
        let provider = S3Provider(addressGuard: AddressGuard(allowed: []))
        let problems = await provider.problems(with: Self.settings([property: value]))
        #expect(problems.map(\.property) == [property])
        #expect(problems.map(\.code) == [code])
    }

    @Test func `an address can't have the bucket in its name`() async {
        let provider = S3Provider(addressGuard: AddressGuard(allowed: []))
        let problems = await provider.problems(
            with: Self.settings(["endpoint": "http://8.8.8.8", "pathStyle": "false"])
        )
        #expect(problems.map(\.property) == ["pathStyle"])
    }

    @Test func `a key tells the hour, the stream and the events, and sorts by them`() throws {
        let settings = try S3Settings.read(Self.settings(["prefix": "clicks/"])).get()
        let stream = EventStream.ID("s/1")
        let batch = OutgoingBatch.fixture(sequences: 7...123)
        let object = try S3Object(batch, of: stream, settings)
        #expect(
            object.key == "clicks/year=2019/month=07/day=02/hour=14/"
                + "s_1-00000000000000000007-00000000000000000123.ndjson.gz"
        )
        #expect(object.contentType == "application/gzip")
        #expect(Gunzip.bytes(object.body) == batch.body)
        #expect(try S3Object(batch, of: stream, settings).body == object.body)

        let plain = try S3Settings.read(Self.settings(["gzip": "false"])).get()
        let text = try S3Object(batch, of: stream, plain)
        #expect(text.key.hasSuffix(".ndjson"))
        #expect(text.body == batch.body)

        let test = try S3Object(.fixture(sequences: nil), of: stream, settings)
        #expect(test.key == "clicks/clickstream-test.ndjson")
        #expect(test.contentType == "application/x-ndjson")
    }
}
