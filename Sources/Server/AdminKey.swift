import Foundation

/// The operator's key: given by the configuration, else kept in `<data>/admin.key`.
enum AdminKey {
    /// The configured key, the stored one, or a new one stored with mode 0600.
    static func load(configured: String?, directory: String) throws -> String {
        if let configured { return configured }
        let path = "\(directory)/admin.key"
        if let stored = try? String(contentsOfFile: path, encoding: .utf8) {
            let key = stored.trimmingCharacters(in: .whitespacesAndNewlines)
            guard !key.isEmpty else {
                throw StartError("\(path) is empty: delete it to get a new key")
            }
            return key
        }
        let key = randomText(32)
        guard
            FileManager.default.createFile(
                atPath: path,
                contents: Data("\(key)\n".utf8),
                attributes: [.posixPermissions: 0o600]
            )
        else { throw StartError("can't write \(path): check the folder's owner and the disk") }
        return key
    }

    /// Random letters and digits.
    static func randomText(_ count: Int) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
        var random = SystemRandomNumberGenerator()
        return String((0..<count).compactMap { _ in alphabet.randomElement(using: &random) })
    }
}

/// Why the service can't start, in words for whoever started it.
package struct StartError: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
