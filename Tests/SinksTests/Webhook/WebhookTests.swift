import ClickModel
import Foundation
import Testing

@testable import Sinks

private func settings(_ changes: [String: String] = [:]) -> [String: String] {
    [
        "endpoint": "https://8.8.8.8/hook", "method": "POST", "header": "X-Key", "value": "a:b c",
    ].merging(changes) { $1 }
}

@Suite struct WebhookSettingsTests {
    @Test func `every problem is told at once`() async {
        let provider = WebhookProvider(addressGuard: AddressGuard(allowed: []))
        let problems = await provider.problems(with: [:])
        #expect(problems.map(\.property) == ["endpoint", "method", "header", "value"])
        #expect(Set(problems.map(\.code)) == ["RequiredField"])
        #expect(await provider.problems(with: settings()).isEmpty)
    }

    @Test(arguments: [
        ("endpoint", "http://127.0.0.1/", "AddressRefused"),
        ("endpoint", "nonsense", "InvalidFormat"),
        ("method", "GET", "InvalidFormat"), ("header", "Host", "InvalidFormat"),
        ("header", "Content-Type", "InvalidFormat"), ("header", "webhook-id", "InvalidFormat"),
        ("header", "X Key", "InvalidFormat"), ("header", "X:Key", "InvalidFormat"),
        ("value", "a\r\nb", "InvalidFormat"), ("value", "a\u{0}b", "InvalidFormat"),
        ("timeout", "0", "InvalidFormat"), ("timeout", "61", "InvalidFormat"),
        ("timeout", "nan", "InvalidFormat"), ("gzip", "yes", "InvalidFormat"),
        ("tls.cert", "a typo", "InvalidFormat"),
    ])
    func `what can't be used is refused by name`(
        _ property: String,
        _ value: String,
        _ code: String
    ) async {
        let provider = WebhookProvider(addressGuard: AddressGuard(allowed: []))
        let problems = await provider.problems(with: settings([property: value]))
        #expect(problems.map(\.property) == [property])
        #expect(problems.map(\.code) == [code])
    }
}

@Suite struct WebhookSignatureTests {
    /// The example of the Standard Webhooks specification (its "signature scheme" section).
    @Test func `the specification's example comes out`() {
        let signature = WebhookSignature(
            secrets: [SigningSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
        )
        let header = signature.header(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
            timestamp: 1_614_265_330,
            body: Data(#"{"test": 2432232314}"#.utf8)
        )
        #expect(header == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    @Test func `while secrets rotate there is one signature for each`() {
        let secret = "whsec_" + Data(repeating: 7, count: 32).base64EncodedString()
        let old = SigningSecret(secret, until: Timestamp(microseconds: 9_000_000))
        let signature = WebhookSignature(
            secrets: [SigningSecret(secret), old, SigningSecret("not a secret")]
        )
        for (timestamp, count) in [(1, 2), (8, 2), (9, 1), (Int64.max, 1)] {
            let header = signature.header(id: "a", timestamp: timestamp, body: Data())
            #expect(header.split(separator: " ").count == count)
        }
    }
}

@Suite struct RetryAfterTests {
    private let now = Date(timeIntervalSince1970: 784_111_777)

    @Test(arguments: [
        ("0", 0), ("120", 120), (" 5 ", 5), ("Sun, 06 Nov 1994 08:49:47 GMT", 10),
        ("Sun, 06 Nov 1994 08:00:00 GMT", 0),
    ])
    func `seconds and dates are read`(_ value: String, _ seconds: Int) {
        #expect(RetryAfter.read(value, now: now) == .seconds(seconds))
    }

    @Test(arguments: ["", "-1", "soon", "1.5", "1e3", "Sun, 06 Nov"])
    func `anything else is no wish`(_ value: String) {
        #expect(RetryAfter.read(value, now: now) == nil)
    }
}
