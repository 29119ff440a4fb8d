import Catalog
import Foundation

/// Secrets of the operator's: given by the configuration, else kept in a file of the data folder.
enum StoredSecrets {
    /// The operator's key: configured, or in `<data>/admin.key`.
    static func adminKey(configured: String?, directory: String) throws(StartError) -> String {
        if let configured { return configured }
        return try load("\(directory)/admin.key") { randomText(32) }
    }

    /// What notices are signed with: configured, or in `<data>/notify.secret`.
    static func notifySecret(configured: String?, directory: String) throws(StartError) -> String {
        if let configured { return configured }
        return try load("\(directory)/notify.secret") { newSigningSecret() }
    }

    /// The stored line, or a new one stored with mode 0600.
    private static func load(_ path: String, _ make: () -> String) throws(StartError) -> String {
        do {
            if let line = try SecretFile.text(in: path) {
                guard line.isEmpty else { return line }
                throw StartError("\(path) is empty: delete it to get a new one")
            }
            let line = make()
            try SecretFile.store(line, at: path)
            return line
        } catch let failure as SecretFile.Failure {
            throw StartError(failure.sentence)
        } catch let error as StartError {
            throw error
        } catch {
            throw StartError("\(error)")
        }
    }

    /// Random letters and digits.
    static func randomText(_ count: Int) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
        var random = SystemRandomNumberGenerator()
        return String((0..<count).compactMap { _ in alphabet.randomElement(using: &random) })
    }

    /// `whsec_` and base64 of 32 random bytes.
    static func newSigningSecret() -> String {
        var random = SystemRandomNumberGenerator()
        let bytes = (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }
        return "whsec_" + Data(bytes).base64EncodedString()
    }
}

/// Why the service can't start, in words for whoever started it.
package struct StartError: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
