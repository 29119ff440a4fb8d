import Foundation

/// What a new stream gets where its owner gives nothing.
enum StreamSecrets {
    private static let alphabet = Array(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8
    )

    /// 32 random letters and digits.
    static func newKey() -> String {
        var random = SystemRandomNumberGenerator()
        return String(
            decoding: (0..<32).map { _ in alphabet.randomElement(using: &random) ?? 0x30 },
            as: UTF8.self
        )
    }

    /// A signing secret: `whsec_` and base64 of 32 random bytes.
    static func newSecret() -> String {
        var random = SystemRandomNumberGenerator()
        let bytes = (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }
        return "whsec_" + Data(bytes).base64EncodedString()
    }
}
