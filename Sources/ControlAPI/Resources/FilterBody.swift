import ClickModel

/// The filter of a stream, read and shown.
enum FilterBody {
    private static let lists:
        [(name: String, path: any WritableKeyPath<EventFilter, [String]?> & Sendable)] = [
            ("links", \.links), ("domains", \.domains), ("tags", \.tags),
            ("countries", \.countries),
            ("types", \.types), ("origins", \.origins),
        ]
    private static let types = ["human", "bot"]
    private static let mostEntries = 1000

    /// Reads the member `filter`, and notes what is wrong with it.
    static func read(_ fields: Fields) -> EventFilter {
        var filter = EventFilter()
        guard let object = fields.object("filter") else { return filter }
        for (name, path) in lists { filter[keyPath: path] = list(name, object) }
        if let types = filter.types, !types.allSatisfy(Self.types.contains) {
            object.note("types", "InvalidFormat", "holds human or bot")
        }
        filter.countries = filter.countries?.map { $0.lowercased() }
        let isCountry = { (text: String) in
            text.utf8.count == 2 && text.utf8.allSatisfy { 0x61...0x7A ~= $0 }
        }
        if let countries = filter.countries, !countries.allSatisfy(isCountry) {
            object.note("countries", "InvalidFormat", "holds codes of two letters, such as br")
        }
        filter.orphans = object.bool("orphans") ?? false
        for name in object.names
        where name != "orphans" && !lists.contains(where: { $0.name == name }) {
            object.note(name, "InvalidFormat", "is not known")
        }
        fields.absorb(object)
        return filter
    }

    private static func list(_ name: String, _ object: Fields) -> [String]? {
        guard let value = object.value(name) else { return nil }
        guard case .array(let elements) = value, elements.count <= mostEntries else {
            object.note(name, "InvalidFormat", "must be a list of at most \(mostEntries) texts")
            return nil
        }
        var texts: [String] = []
        for element in elements {
            guard case .string(let text) = element else {
                object.note(name, "InvalidFormat", "must be a list of texts")
                return nil
            }
            texts.append(text)
        }
        return texts
    }

    /// The filter as it was given; an open one has no members.
    static func json(_ filter: EventFilter) -> JSON {
        var members = lists.compactMap { name, path in
            filter[keyPath: path].map {
                JSON.Member(name: name, value: .array($0.map { .string($0) }))
            }
        }
        if filter.orphans { members.append(JSON.Member(name: "orphans", value: .bool(true))) }
        return .object(members)
    }
}
