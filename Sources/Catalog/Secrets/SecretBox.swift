import Crypto
import Foundation

/// Seals values before they go into the file, and opens them again.
///
/// A sealed value is bound to its place: moved to another row or column it doesn't open.
/// Its form: a version byte, the first 8 bytes of the key's SHA-256, then ChaChaPoly's nonce,
/// ciphertext and tag.
package struct SecretBox: Sendable {
    private static let version: UInt8 = 1

    private let key: SymmetricKey
    /// Names the key without telling it.
    package let keyID: [UInt8]

    package init(_ key: MasterKey) {
        self.key = SymmetricKey(data: key.bytes)
        keyID = Array(SHA256.hash(data: key.bytes).prefix(8))
    }

    /// Where a sealed value belongs.
    struct Place {
        let table: String
        let column: String
        let row: String

        fileprivate var bytes: Data { Data("\(table)|\(column)|\(row)".utf8) }
    }

    func seal(_ text: String, at place: Place) throws(CatalogError) -> Data {
        do {
            let sealed = try ChaChaPoly.seal(
                Data(text.utf8),
                using: key,
                authenticating: place.bytes
            )
            return Data([Self.version]) + keyID + sealed.combined
        } catch {
            throw CatalogError(error)
        }
    }

    /// - Throws: `masterKey` when the value was sealed with another key, for another place, or was
    ///   changed.
    func open(_ sealed: Data, at place: Place) throws(CatalogError) -> String {
        let head = 1 + keyID.count
        guard sealed.count > head, sealed.first == Self.version,
            Array(sealed.dropFirst().prefix(keyID.count)) == keyID
        else { throw .masterKey("a secret in \(place.table) was sealed with another master key") }
        do {
            let box = try ChaChaPoly.SealedBox(combined: sealed.dropFirst(head))
            let plain = try ChaChaPoly.open(box, using: key, authenticating: place.bytes)
            return String(decoding: plain, as: UTF8.self)
        } catch {
            throw .masterKey("a secret in \(place.table) was changed or moved")
        }
    }
}
