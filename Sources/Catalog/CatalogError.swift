package import ClickModel

/// Why the catalog could not do something.
package enum CatalogError: Error, Hashable, Sendable {
    /// There is no such thing; the text names its kind, such as `link`.
    case notFound(String)
    /// The value of this property is taken.
    case duplicate(String)
    /// Values that can't be; every problem at once.
    case invalid([SettingProblem])
    /// It can't be removed while something depends on it; a sentence.
    case inUse(String)
    /// The workspace's plan doesn't allow it: the code that answers carry, and a sentence.
    case beyondPlan(code: String, String)
    /// The master key is missing, malformed or another one; a sentence.
    case masterKey(String)
    /// SQLite could not read or write the file.
    case storage(String)

    /// One value that can't be.
    package static func invalid(_ property: String, _ message: String) -> CatalogError {
        .invalid([SettingProblem(property: property, code: "InvalidFormat", message: message)])
    }

    /// The same about one of several that were given at once.
    func at(_ index: Int) -> CatalogError {
        switch self {
        case .invalid(let problems):
            .invalid(
                problems.map {
                    SettingProblem(
                        property: "[\(index)].\($0.property)",
                        code: $0.code,
                        message: $0.message
                    )
                }
            )
        case .duplicate(let property): .duplicate("[\(index)].\(property)")
        case .notFound, .inUse, .beyondPlan, .masterKey, .storage: self
        }
    }

    /// Any error as one of ours.
    init(_ error: any Error) {
        self = error as? CatalogError ?? .storage("\(error)")
    }
}
