import ArgumentParser
import Foundation
import NIOHTTP1

/// A kind of thing that the API has: how it is listed and shown.
struct Resource: Sendable {
    /// What people may say instead of an id.
    enum Naming: Hashable {
        /// Nothing: it has no name.
        case none
        /// Its member of this name.
        case member(String)
        /// Its domain and slashtag.
        case shortLink
        /// Its name, which the service itself takes for an id.
        case byService
    }

    let path: String
    /// How the command about them is typed: `links`.
    var command = ""
    /// One of them, in words.
    var noun = "item"
    var naming = Naming.none
    /// Titles of the columns, and the members they show.
    let columns: [(title: String, member: String)]
    /// How many the API shows at once.
    var pageSize = 25

    /// Lists them.
    ///
    /// - Parameters:
    ///   - options: Where the service is.
    ///   - portion: How many.
    ///   - query: Parameters that narrow or sort the list.
    /// - Throws: `Failed`.
    func list(
        _ options: ServiceOptions,
        _ portion: Portion,
        query: [(name: String, value: String?)] = []
    ) async throws {
        let client = try ServiceClient(options)
        var all: [[String: Any]] = []
        try await pages(client, query: query, atMost: portion.most.map { $0 + 1 }) { page in
            all += page
            return true
        }
        let isCut = portion.most.map { all.count > $0 } ?? false
        if isCut { all.removeLast() }
        show(all, options)
        if isCut { Printing.error("There are more: --all shows them, or a larger --limit.") }
    }

    /// Calls `body` with page after page, until there are no more or it returns false.
    func pages(
        _ client: ServiceClient,
        query: [(name: String, value: String?)] = [],
        atMost most: Int? = nil,
        _ body: ([[String: Any]]) throws -> Bool
    ) async throws {
        var last: String?
        var seen = 0
        while true {
            let count = min(pageSize, most.map { $0 - seen } ?? pageSize)
            guard count > 0 else { return }
            let paging = [("limit", "\(count)"), ("last", last)]
            let answer = try await client.call(.GET, path + Query.text(query + paging))
            guard let page = answer as? [[String: Any]] else { throw client.stranger }
            seen += page.count
            guard try body(page), page.count == count, let id = page.last?["id"] as? String else {
                return
            }
            last = id
        }
    }

    /// Prints several: JSON, or a line for each.
    func show(_ all: [[String: Any]], _ options: ServiceOptions) {
        if options.json {
            Printing.say(Printing.text(ofJSON: all))
        } else {
            Printing.table(
                columns.map(\.title),
                all.map { item in columns.map { cell(item, $0.member) } }
            )
        }
    }

    /// Shows one.
    func show(_ name: String, _ options: ServiceOptions) async throws {
        let client = try ServiceClient(options)
        let id = try await id(of: name, client)
        print(try await client.call(.GET, "\(path)/\(pathPart(id))"), options)
    }

    func delete(_ name: String, _ options: ServiceOptions) async throws {
        let client = try ServiceClient(options)
        let id = try await id(of: name, client)
        let item = try await client.call(.DELETE, "\(path)/\(pathPart(id))")
        done("deleted", name, item, options)
    }

    func create(_ body: [String: Any], _ options: ServiceOptions) async throws -> [String: Any] {
        try await ServiceClient(options).call(.POST, path, body) as? [String: Any] ?? [:]
    }

    func update(_ name: String, _ body: [String: Any], _ options: ServiceOptions) async throws {
        let client = try ServiceClient(options)
        let id = try await id(of: name, client)
        print(try await client.call(.POST, "\(path)/\(pathPart(id))", body), options)
    }

    /// Tells how many there are.
    func count(_ options: ServiceOptions, query: [(name: String, value: String?)] = []) async throws
    {
        let answer = try await ServiceClient(options).call(
            .GET,
            "\(path)/count\(Query.text(query))"
        )
        if options.json {
            Printing.say(Printing.text(ofJSON: answer))
        } else {
            Printing.say(Printing.cell((answer as? [String: Any])?["count"]))
        }
    }

    /// Says in a line that something was done to a thing; its JSON where that is asked for.
    func done(_ word: String, _ name: String, _ item: Any, _ options: ServiceOptions) {
        Printing.say(
            options.json ? Printing.text(ofJSON: item) : "\(word) \(Printing.lines(name))"
        )
    }

    /// Prints one thing: JSON, or a line for each member.
    func print(_ item: Any, _ options: ServiceOptions) {
        guard !options.json, let object = item as? [String: Any] else {
            Printing.say(Printing.text(ofJSON: item))
            return
        }
        Printing.pairs(pairs(of: object, under: ""))
    }

    /// Members by name, those of inner objects as `authentication.header`; the id comes first.
    private func pairs(
        of object: [String: Any],
        under path: String
    ) -> [(name: String, value: String)] {
        let members = object.sorted {
            ($0.key == "id" ? "" : $0.key) < ($1.key == "id" ? "" : $1.key)
        }
        return members.flatMap { name, value in
            guard let inner = value as? [String: Any] else {
                return [(path + name, Printing.cell(value))]
            }
            return pairs(of: inner, under: "\(path)\(name).")
        }
    }

    private func cell(_ item: [String: Any], _ member: String) -> String {
        var value: Any? = item
        for name in member.split(separator: ".") {
            value = (value as? [String: Any])?[String(name)]
        }
        return Printing.cell(value)
    }
}

/// The parameters of a request.
enum Query {
    /// `?a=1&b=2`; those without a value are left out.
    static func text(_ parameters: [(name: String, value: String?)]) -> String {
        let given = parameters.compactMap { name, value in
            value.map { "\(pathPart(name))=\(pathPart($0))" }
        }
        return given.isEmpty ? "" : "?" + given.joined(separator: "&")
    }
}
