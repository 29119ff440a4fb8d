import ClickstreamReceiver
import Crypto
import Foundation

/// What a sender makes of a batch, from the specification and not from the code under test.
enum Sender {
    static let secret = "whsec_" + Data(repeating: 9, count: 32).base64EncodedString()
    static let other = "whsec_" + Data(repeating: 8, count: 32).base64EncodedString()
    static let now = Date(timeIntervalSince1970: 1_750_000_000)

    static func signature(
        _ id: String,
        _ timestamp: String,
        _ body: Data,
        by secret: String = secret
    ) -> String {
        let key = SymmetricKey(data: Data(base64Encoded: String(secret.dropFirst(6))) ?? Data())
        let signed = Data("\(id).\(timestamp).".utf8) + body
        return "v1,"
            + Data(HMAC<SHA256>.authenticationCode(for: signed, using: key)).base64EncodedString()
    }

    /// Headers of a batch that was signed now, with others in place of or beside them.
    static func headers(
        id: String = "bat_1",
        body: Data = Data(),
        by secret: String = secret,
        _ others: [String: String] = [:]
    ) -> [String: String] {
        let timestamp = others["webhook-timestamp"] ?? "1750000000"
        return [
            "webhook-id": id, "webhook-timestamp": timestamp,
            "webhook-signature": signature(id, timestamp, body, by: secret),
        ].merging(others) { $1 }
    }

    /// A batch of no events.
    static func batch(
        _ id: String,
        _ numbers: ClosedRange<Int64>? = nil,
        lane: Int? = nil,
        _ others: [String: String] = [:]
    ) throws -> Batch {
        var headers = ["webhook-id": id].merging(others) { $1 }
        if let numbers {
            headers["webhook-first-sequence"] = "\(numbers.lowerBound)"
            headers["webhook-last-sequence"] = "\(numbers.upperBound)"
        }
        if let lane { headers["webhook-lane"] = "\(lane)" }
        return try Batch(headers: DeliveryHeaders(headers), body: Data(#"{"data":[]}"#.utf8))
    }
}

/// Random numbers that can be had again: SplitMix64.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// The documented event.
let golden =
    #"{"timestamp":"2019-07-02T14:07:06.981094Z","client":{"language":"pt","location":{"country":"br"},"agent":{"browser":{"name":"facebook-app","version":"227.0.0.43.158"},"os":{"name":"android","version":"android-9.0-pie"},"device":{"name":"smartphone"},"type":"human"},"session":{"started":"2019-07-02T14:07:06.981094Z","first":true}},"referral":{"hostname":"m.facebook.com","protocol":"http","path":"/","origin":{"type":"social","name":"facebook"}},"route":{"id":"a1ec86bf91bfe763ad02f602259ea0a9","slashtag":"spring","creator":{"id":"wf09bfww4eb9jkw2844555e1ce9af4f2","workspace":{"id":"d88bfe5fgd14b2ghb44538b9aekpw89","name":"Acme"}},"domain":{"id":"9a5ae320f3e247ef8c9b6061131bb517","raw":"go.acme.com"},"destination":{"raw":"https://www.yourdestination.com/?utm_source=cs_facebook_post&utm_medium=customersuccess","protocol":"https","hostname":"www.yourdestination.com","path":"/","params":{"query":{"utm_source":["cs_facebook_post"],"utm_medium":["customersuccess"]}}}}}"#
