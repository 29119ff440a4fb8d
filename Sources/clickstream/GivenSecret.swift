import ArgumentParser
import Foundation

/// What nobody else may know, as it is given to an option: itself, or `@` and the file that it is in.
///
/// Every user of a machine can read the arguments of its programs.
enum GivenSecret {
    /// What is meant; text that begins with `@` itself is given with another one before it.
    ///
    /// - Throws: `ValidationError` when there is no such file.
    static func text(_ given: String?, _ option: String) throws -> String? {
        guard let given, given.first == "@" else { return given }
        let rest = String(given.dropFirst())
        guard rest.first != "@" else { return rest }
        guard let text = try? String(contentsOf: URL(filePath: rest), encoding: .utf8) else {
            throw ValidationError("\(option) names a file that can't be read: \(rest)")
        }
        return text.trimmingCharacters(in: .newlines)
    }
}
