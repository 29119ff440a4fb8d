import ClickModel
import Crypto
import Foundation

/// An access key and its secret.
struct S3Credentials: Hashable, Sendable {
    let accessKey: String
    let secretKey: String
}

/// AWS Signature Version 4 in the `Authorization` header, for S3.
///
/// Written from "Authenticating Requests: Using the Authorization Header" in the S3 API reference.
struct S3Signer: Sendable {
    let credentials: S3Credentials
    let region: String

    /// What is signed of a request.
    struct Subject {
        let method: String
        /// Percent-encoded, as it is sent.
        let path: String
        /// Names and values, not encoded.
        var query: [(name: String, value: String)] = []
        /// Those that are signed, `host` among them.
        var headers: [(name: String, value: String)]
        let body: [UInt8]
    }

    /// The headers that a request is sent with: the subject's, the time, the body's digest and the
    /// signature.
    func signed(_ subject: Subject, at time: Timestamp) -> [(name: String, value: String)] {
        let stamp = Self.stamp(time)
        let digest = Self.hex(SHA256.hash(data: subject.body))
        var headers = subject.headers
        headers.append(("x-amz-content-sha256", digest))
        headers.append(("x-amz-date", stamp))
        let sorted = headers.map { (name: $0.name.lowercased(), value: Self.trimmed($0.value)) }
            .sorted { $0.name < $1.name }
        let names = sorted.map(\.name).joined(separator: ";")
        let canonical = [
            subject.method,
            subject.path,
            Self.encoded(subject.query),
            sorted.map { "\($0.name):\($0.value)\n" }.joined(),
            names,
            digest,
        ].joined(separator: "\n")
        let day = String(stamp.prefix(8))
        let scope = "\(day)/\(region)/s3/aws4_request"
        let text = [
            "AWS4-HMAC-SHA256", stamp, scope, Self.hex(SHA256.hash(data: Data(canonical.utf8))),
        ].joined(separator: "\n")
        let signature = Self.hex(Self.code(text, key: signingKey(day: day)))
        headers.append(
            (
                "authorization",
                "AWS4-HMAC-SHA256 Credential=\(credentials.accessKey)/\(scope), "
                    + "SignedHeaders=\(names), Signature=\(signature)"
            )
        )
        return headers
    }

    /// The query as it is signed and sent: encoded, and sorted by name.
    static func encoded(_ query: [(name: String, value: String)]) -> String {
        query.map {
            (encoded($0.name, keepsSlashes: false), encoded($0.value, keepsSlashes: false))
        }
        .sorted { $0 < $1 }
        .map { "\($0.0)=\($0.1)" }
        .joined(separator: "&")
    }

    /// Percent-encoded but for the unreserved characters of RFC 3986.
    static func encoded(_ text: String, keepsSlashes: Bool) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
                result.unicodeScalars.append(Unicode.Scalar(byte))
            case 0x2F where keepsSlashes: result += "/"
            default: result += "%" + hex([byte]).uppercased()
            }
        }
        return result
    }

    static func hex(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        let text = bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }

    private func signingKey(day: String) -> SymmetricKey {
        var key = SymmetricKey(data: Data("AWS4\(credentials.secretKey)".utf8))
        for part in [day, region, "s3", "aws4_request"] {
            key = SymmetricKey(data: Data(Self.code(part, key: key)))
        }
        return key
    }

    private static func code(_ text: String, key: SymmetricKey) -> HMAC<SHA256>.MAC {
        HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: key)
    }

    /// `20130524T000000Z`.
    private static func stamp(_ time: Timestamp) -> String {
        let text = time.description.prefix { $0 != "." }
        return text.filter { $0 != "-" && $0 != ":" } + "Z"
    }

    /// Without blanks around it, and with one for several inside it.
    private static func trimmed(_ value: String) -> String {
        value.split(separator: " ").joined(separator: " ")
    }
}
