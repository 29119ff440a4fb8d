import ClickstreamReceiver
import Foundation
import Testing

@Suite struct SignatureVerifierTests {
    private let body = Data(#"{"data":[{"a":1}],"key":"k"}"#.utf8)

    private func verify(
        _ headers: [String: String],
        secrets: [String] = [Sender.secret],
        now: Date = Sender.now
    ) throws(ReceiverError) {
        try SignatureVerifier(secrets: secrets)
            .verify(DeliveryHeaders(headers), body: body, now: now)
    }

    /// The example of the Standard Webhooks specification (its "signature scheme" section).
    @Test func `the specification's example is right, and with one bit changed it is wrong`() throws
    {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        let verifier = try SignatureVerifier(secrets: [secret])
        let now = Date(timeIntervalSince1970: 1_614_265_330)
        func headers(_ signature: String) -> DeliveryHeaders {
            DeliveryHeaders([
                "Webhook-Id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "Webhook-Timestamp": "1614265330",
                "Webhook-Signature": signature,
            ])
        }
        let right = headers("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
        let wrong = headers("v1,g1hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
        let body = Data(#"{"test": 2432232314}"#.utf8)
        try verifier.verify(right, body: body, now: now)
        #expect(throws: ReceiverError.wrongSignature) {
            try verifier.verify(right, body: body + [0x20], now: now)
        }
        #expect(throws: ReceiverError.wrongSignature) {
            try verifier.verify(wrong, body: body, now: now)
        }
    }

    @Test func `while secrets rotate, one of the signatures by one of the secrets is enough`()
        throws
    {
        let old = Sender.headers(body: body)
        try verify(old, secrets: [Sender.other, Sender.secret])
        let both =
            "v2,AAAA v1a,AAAA v1, v1,%%% "
            + Sender.signature("bat_1", "1750000000", body, by: Sender.other) + "  "
            + Sender.signature("bat_1", "1750000000", body)
        try verify(Sender.headers(body: body, ["webhook-signature": both]))
        #expect(throws: ReceiverError.wrongSignature) { try verify(old, secrets: [Sender.other]) }
    }

    @Test func `id, timestamp and body are all signed`() throws {
        var headers = Sender.headers(body: body)
        headers["webhook-id"] = "bat_2"
        #expect(throws: ReceiverError.wrongSignature) { try verify(headers) }
        headers = Sender.headers(body: body)
        headers["webhook-timestamp"] = "1750000001"
        #expect(throws: ReceiverError.wrongSignature) { try verify(headers) }
        #expect(throws: ReceiverError.wrongSignature) {
            try verify(Sender.headers(body: body + body))
        }
    }

    @Test(arguments: ["v1", "v1,", "v1,AAAA", "", " ", ",", "v1;AAAA", "v1,g0hM9SsE+OTPJTGt/tmI"])
    func `what is no signature is a wrong one`(_ text: String) {
        let headers = Sender.headers(body: body, ["webhook-signature": text])
        #expect(throws: ReceiverError.wrongSignature) { try verify(headers) }
    }

    @Test func `a timestamp may be five minutes away, and no second more`() throws {
        for seconds in [-300, 0, 300] {
            try verify(Sender.headers(body: body), now: Sender.now + Double(seconds))
        }
        #expect(throws: ReceiverError.staleTimestamp(secondsAgo: 301)) {
            try verify(Sender.headers(body: body), now: Sender.now + 301)
        }
        #expect(throws: ReceiverError.staleTimestamp(secondsAgo: -301)) {
            try verify(Sender.headers(body: body), now: Sender.now - 301)
        }
    }

    @Test(arguments: [
        "", "-1", "+1750000000", "1e9", "1750000000.0", " 1750000000", "9223372036854775808",
        "99999999999999999999999999", "١٧٥٠٠٠٠٠٠٠",
    ])
    func `a timestamp is decimal digits`(_ text: String) {
        let headers = Sender.headers(body: body, ["webhook-timestamp": text])
        #expect(throws: ReceiverError.malformedHeader("webhook-timestamp")) { try verify(headers) }
    }

    @Test func `the greatest timestamp and a clock that is none trap nothing`() {
        let last = Sender.headers(body: body, ["webhook-timestamp": "\(Int64.max)"])
        #expect(throws: ReceiverError.self) { try verify(last) }
        for time in [Double.nan, .infinity, -.infinity, 1e300, -9e18] {
            let clock = Date(timeIntervalSince1970: time)
            #expect(throws: ReceiverError.self) { try verify(last, now: clock) }
        }
    }

    @Test(arguments: ["webhook-id", "webhook-timestamp", "webhook-signature"])
    func `each of the three headers has to be there, once`(_ name: String) throws {
        var headers = Sender.headers(body: body)
        let value = try #require(headers[name])
        headers[name] = nil
        #expect(throws: ReceiverError.missingHeader(name)) { try verify(headers) }
        let twice =
            headers.map { (name: $0.key, value: $0.value) }
            + [(name: name, value: value), (name: name.uppercased(), value: value)]
        let verifier = try SignatureVerifier(secrets: [Sender.secret])
        let error = #expect(throws: ReceiverError.malformedHeader(name)) {
            try verifier.verify(DeliveryHeaders(twice), body: body, now: Sender.now)
        }
        #expect(error?.isUnauthenticated == true)
    }

    /// `a.1` signed at 2 would read the same as `a` signed at 1.
    @Test func `an id has no dot`() {
        #expect(throws: ReceiverError.malformedHeader("webhook-id")) {
            try verify(Sender.headers(id: "bat_1.1750000000", body: body))
        }
    }

    @Test(arguments: [[], [""], ["whsec_"], ["whsec_%"], ["c2VjcmV0"], [Sender.secret, "whsec_*"]])
    func `a secret is whsec_ and base64, and there is one`(_ secrets: [String]) {
        #expect(throws: ReceiverError.invalidSecret) { try SignatureVerifier(secrets: secrets) }
    }
}
