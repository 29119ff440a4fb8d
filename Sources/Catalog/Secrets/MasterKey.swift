import Crypto
import Foundation

/// The key that the catalog's secrets are sealed with.
package struct MasterKey: Sendable {
    static let length = 32

    /// Where the key comes from.
    package enum Source: Hashable, Sendable {
        /// A file with its base64, made on first start.
        case file(String)
        /// The key itself, as base64.
        case inline(String)
    }

    let bytes: [UInt8]

    /// Reads the key, or makes its file where that is allowed.
    ///
    /// - Parameters:
    ///   - source: Where the key is.
    ///   - mayCreate: Whether a missing file may be made: only as long as nothing was sealed.
    /// - Returns: The key.
    /// - Throws: `masterKey` with a sentence for the operator.
    static func load(from source: Source, mayCreate: Bool) throws(CatalogError) -> MasterKey {
        switch source {
        case .inline(let text):
            return try MasterKey(base64: text, called: "secrets.key")
        case .file(let path):
            do {
                if let text = try SecretFile.text(in: path) {
                    return try MasterKey(base64: text, called: path)
                }
                guard mayCreate else {
                    throw CatalogError.masterKey(
                        "\(path) is missing, and the catalog holds secrets that only its key opens: "
                            + "put it back, or name its place by secrets.keyFile"
                    )
                }
                let key = MasterKey()
                try SecretFile.store(Data(key.bytes).base64EncodedString(), at: path)
                return key
            } catch let failure as SecretFile.Failure {
                throw .masterKey(failure.sentence)
            } catch {
                throw CatalogError(error)
            }
        }
    }

    private init() {
        bytes = SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }
    }

    private init(base64: String, called name: String) throws(CatalogError) {
        let text = base64.trimmingCharacters(in: .whitespacesAndNewlines)
        guard let data = Data(base64Encoded: text), data.count == Self.length else {
            throw .masterKey("\(name) must hold base64 of \(Self.length) bytes")
        }
        bytes = Array(data)
    }
}
