/// What a name that people give may be.
enum Names {
    /// - Throws: `invalid` for one that is empty, longer than so many bytes, or has control characters.
    static func check(_ name: String, longest: Int) throws(CatalogError) {
        guard (1...longest).contains(name.utf8.count),
            !name.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
        else { throw .invalid("name", "a name has 1 to \(longest) bytes") }
    }
}
