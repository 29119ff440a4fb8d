import Catalog

/// The operator's key: given by the configuration, else kept in `<data>/admin.key`.
enum AdminKey {
    /// The configured key, the stored one, or a new one stored with mode 0600.
    static func load(configured: String?, directory: String) throws(StartError) -> String {
        if let configured { return configured }
        let path = "\(directory)/admin.key"
        do {
            if let key = try SecretFile.text(in: path) {
                guard key.isEmpty else { return key }
                throw StartError("\(path) is empty: delete it to get a new key")
            }
            let key = randomText(32)
            try SecretFile.store(key, at: path)
            return key
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
}

/// Why the service can't start, in words for whoever started it.
package struct StartError: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
