import Crypto
package import Foundation

/// Signatures of Standard Webhooks 1.0: HMAC-SHA256 over `id.timestamp.body`.
package struct WebhookSignature: Sendable {
    private let keys: [SymmetricKey]

    /// Takes secrets of the form `whsec_` and base64; what isn't one is left out.
    package init(secrets: [String]) {
        keys = secrets.compactMap { secret in
            guard secret.hasPrefix("whsec_"),
                let bytes = Data(base64Encoded: String(secret.dropFirst("whsec_".count)))
            else { return nil }
            return SymmetricKey(data: bytes)
        }
    }

    /// The header's value: one `v1,...` for each secret, separated by spaces.
    package func header(id: String, timestamp: Int64, body: some DataProtocol) -> String {
        keys.map { key in
            var code = HMAC<SHA256>(key: key)
            code.update(data: Data("\(id).\(timestamp).".utf8))
            code.update(data: body)
            return "v1,\(Data(code.finalize()).base64EncodedString())"
        }.joined(separator: " ")
    }
}
