import Crypto
public import Foundation

/// Checks that a request was signed with one of a stream's secrets, by Standard Webhooks 1.0.
///
/// A signature is HMAC-SHA256 over `webhook-id`, a dot, `webhook-timestamp`, a dot, and the body as
/// it was before it was compressed. There may be several in `webhook-signature`, and several
/// secrets here: one pair has to match, so that either side can change its secret first.
public struct SignatureVerifier: Sendable {
    /// More than these of one header are not looked at.
    private static let mostSignatures = 32

    private let keys: [SymmetricKey]
    private let tolerance: Duration

    /// Takes the secrets as the service shows them.
    ///
    /// - Parameters:
    ///   - secrets: Each `whsec_` and base64. Give the old one and the new one while they rotate.
    ///   - tolerance: How far `webhook-timestamp` may be from the receiver's clock, either way.
    /// - Throws: `invalidSecret` when there is none or one is of another form.
    public init(
        secrets: [String],
        tolerance: Duration = .seconds(300)
    ) throws(ReceiverError) {
        guard !secrets.isEmpty else { throw .invalidSecret }
        var keys: [SymmetricKey] = []
        for secret in secrets {
            guard secret.hasPrefix("whsec_"),
                let bytes = Data(base64Encoded: String(secret.dropFirst("whsec_".count))),
                !bytes.isEmpty
            else { throw .invalidSecret }
            keys.append(SymmetricKey(data: bytes))
        }
        self.keys = keys
        self.tolerance = tolerance
    }

    /// Returns when the request is authentic.
    ///
    /// Compares in a time that doesn't tell how much of a signature is right.
    ///
    /// - Parameters:
    ///   - headers: The request's.
    ///   - body: The request's, byte for byte as it came, and uncompressed.
    ///   - now: The receiver's clock.
    /// - Throws: `missingHeader`, `malformedHeader`, `staleTimestamp` or `wrongSignature`.
    public func verify(
        _ headers: DeliveryHeaders,
        body: some DataProtocol,
        now: Date
    ) throws(ReceiverError) {
        let id = try headers.id()
        let timestamp = try headers.required("webhook-timestamp")
        let signatures = try headers.required("webhook-signature")
        try checkAge(of: timestamp, now)
        let candidates = signatures.split(separator: " ").prefix(Self.mostSignatures)
            .filter { $0.hasPrefix("v1,") }
            .compactMap { Data(base64Encoded: String($0.dropFirst("v1,".count))) }
        var isRight = false
        for key in keys {
            var code = HMAC<SHA256>(key: key)
            code.update(data: Data("\(id).\(timestamp).".utf8))
            code.update(data: body)
            let wanted = code.finalize()
            // Every pair is compared, whichever is right.
            for candidate in candidates where wanted == candidate { isRight = true }
        }
        guard isRight else { throw .wrongSignature }
    }

    private func checkAge(of text: String, _ now: Date) throws(ReceiverError) {
        guard let timestamp = text.decimal,
            let seconds = Int64(exactly: now.timeIntervalSince1970.rounded(.down))
        else { throw .malformedHeader("webhook-timestamp") }
        let (ago, isOverflow) = seconds.subtractingReportingOverflow(timestamp)
        guard !isOverflow, .seconds(ago) <= tolerance, .seconds(ago) >= .zero - tolerance else {
            throw .staleTimestamp(secondsAgo: isOverflow ? .min : ago)
        }
    }
}
