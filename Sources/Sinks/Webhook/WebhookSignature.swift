package import ClickModel
import Crypto
package import Foundation

/// Signatures of Standard Webhooks 1.0: HMAC-SHA256 over `id.timestamp.body`.
package struct WebhookSignature: Sendable {
    private let keys: [(secret: SigningSecret, key: SymmetricKey)]

    /// Takes secrets of the form `whsec_` and base64; what isn't one is left out.
    package init(secrets: [SigningSecret]) {
        keys = secrets.compactMap { secret in
            guard secret.value.hasPrefix("whsec_"),
                let bytes = Data(base64Encoded: String(secret.value.dropFirst("whsec_".count)))
            else { return nil }
            return (secret, SymmetricKey(data: bytes))
        }
    }

    /// The header's value: one `v1,...` for each secret that counts then, separated by spaces.
    package func header(id: String, timestamp: Int64, body: some DataProtocol) -> String {
        let time = Timestamp(microseconds: 0).advanced(by: .seconds(timestamp))
        return keys.filter { $0.secret.counts(at: time) }.map { _, key in
            var code = HMAC<SHA256>(key: key)
            code.update(data: Data("\(id).\(timestamp).".utf8))
            code.update(data: body)
            return "v1,\(Data(code.finalize()).base64EncodedString())"
        }.joined(separator: " ")
    }
}
