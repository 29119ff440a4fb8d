import ArgumentParser
import Foundation
import NIOHTTP1

/// A kind of thing that the API has: how it is listed and shown.
struct Resource {
    let path: String
    /// Titles of the columns, and the members they show.
    let columns: [(title: String, member: String)]

    /// Lists them.
    func list(_ options: ServiceOptions) async throws {
        let client = try ServiceClient(options)
        var all: [[String: Any]] = []
        var last: String?
        while true {
            let more = last.map { "&last=\(pathPart($0))" } ?? ""
            let page =
                try await client.call(.GET, "\(path)?limit=25\(more)") as? [[String: Any]] ?? []
            all += page
            guard page.count == 25, let id = page.last?["id"] as? String else { break }
            last = id
        }
        show(all, options)
    }

    /// Lists the first `count` of them.
    func list(_ options: ServiceOptions, newest count: Int) async throws {
        let page = try await ServiceClient(options).call(.GET, "\(path)?limit=\(count)")
        show(page as? [[String: Any]] ?? [], options)
    }

    private func show(_ all: [[String: Any]], _ options: ServiceOptions) {
        if options.json {
            Swift.print(Printing.text(ofJSON: all))
        } else {
            Printing.table(
                columns.map(\.title),
                all.map { item in columns.map { cell(item, $0.member) } }
            )
        }
    }

    /// Shows one.
    func show(_ id: String, _ options: ServiceOptions) async throws {
        let item = try await ServiceClient(options).call(.GET, "\(path)/\(pathPart(id))")
        print(item, options)
    }

    func delete(_ id: String, _ options: ServiceOptions) async throws {
        let item = try await ServiceClient(options).call(.DELETE, "\(path)/\(pathPart(id))")
        if options.json {
            Swift.print(Printing.text(ofJSON: item))
        } else {
            Swift.print("deleted \(id)")
        }
    }

    func create(_ body: [String: Any], _ options: ServiceOptions) async throws -> [String: Any] {
        try await ServiceClient(options).call(.POST, path, body) as? [String: Any] ?? [:]
    }

    func update(_ id: String, _ body: [String: Any], _ options: ServiceOptions) async throws {
        let item = try await ServiceClient(options).call(.POST, "\(path)/\(pathPart(id))", body)
        print(item, options)
    }

    /// Prints one thing: JSON, or a line for each member.
    func print(_ item: Any, _ options: ServiceOptions) {
        guard !options.json, let object = item as? [String: Any] else {
            Swift.print(Printing.text(ofJSON: item))
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
