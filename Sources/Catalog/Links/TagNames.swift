import Foundation

/// A link's tags as its row keeps them: a JSON array of names.
enum TagNames {
    static let none = "[]"

    static func encoded(_ tags: [String]) -> String {
        guard !tags.isEmpty, let data = try? JSONEncoder().encode(tags) else { return none }
        return String(decoding: data, as: UTF8.self)
    }

    static func decoded(_ text: String) -> [String] {
        // Most links have none: this is read once for every link at start.
        guard text != none else { return [] }
        return (try? JSONDecoder().decode([String].self, from: Data(text.utf8))) ?? []
    }
}
