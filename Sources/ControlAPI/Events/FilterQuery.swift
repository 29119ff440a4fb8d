import ClickModel
import Hummingbird

/// A stream's filter as query parameters: lists separated by commas, given once or several times.
///
/// An empty value means that the parameter is absent: there is no empty list here.
struct FilterQuery {
    private static let lists = ["links", "domains", "tags", "countries", "types", "origins"]

    /// Every parameter that belongs to a filter.
    static let names = Set(lists + ["orphans"])

    let filter: EventFilter
    /// Whether no parameter is there.
    let isEmpty: Bool
    /// Whether `orphans` is there, true or false.
    let namesOrphans: Bool

    /// - Throws: 403, with what is wrong about a stream's filter that has the same values.
    init(_ request: Request) throws(APIError) {
        var members: [JSON.Member] = []
        for name in Self.lists {
            let texts = request.texts(query: name)
            guard !texts.isEmpty else { continue }
            members.append(.init(name: name, value: .array(texts.map { .string($0) })))
        }
        let orphans = request.text(query: "orphans")
        if let orphans {
            let flag: JSON? = ["true": .bool(true), "false": .bool(false)][orphans]
            members.append(.init(name: "orphans", value: flag ?? .string(orphans)))
        }
        isEmpty = members.isEmpty
        namesOrphans = orphans != nil
        let fields = Fields([.init(name: "filter", value: .object(members))])
        filter = FilterBody.read(fields)
        guard fields.problems.isEmpty else {
            throw .invalid(
                fields.problems.map { problem in
                    SettingProblem(
                        property: String(problem.property.trimmingPrefix("filter.")),
                        code: problem.code,
                        message: problem.message
                    )
                }
            )
        }
    }
}

extension Request {
    /// A list given as a parameter: its texts between commas, of every time it is there.
    func texts(query name: String) -> [String] {
        uri.queryParameters[values: name[...]].flatMap { value in
            value.split(separator: ",").map { $0.trimmingWhitespace() }.filter { !$0.isEmpty }
        }
    }
}

extension Substring {
    fileprivate func trimmingWhitespace() -> String {
        var rest = self
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}
