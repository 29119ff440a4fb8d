/// The rows of one of our own tables; `README.md` beside this file describes the form.
struct DataRows {
    struct Row: Hashable {
        let section: String
        let fields: [String]
        /// Where it stands, counted from 1.
        let line: Int
        /// What it is meant for.
        fileprivate(set) var examples: [String] = []
    }

    private(set) var all: [Row] = []
    /// Lines that are none of what a line may be; the tests make sure that there are none.
    private(set) var malformed: [Int] = []

    init(_ bytes: [UInt8]) {
        var section = ""
        let lines = String(decoding: bytes, as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            if line.isEmpty || line.hasPrefix("#") { continue }
            if line.hasPrefix("> "), !all.isEmpty {
                all[all.count - 1].examples.append(String(line.dropFirst(2)))
            } else if line.hasPrefix("["), line.hasSuffix("]") {
                section = String(line.dropFirst().dropLast())
            } else if let fields = Self.fields(line), !fields.isEmpty {
                all.append(Row(section: section, fields: fields, line: index + 1))
            } else {
                malformed.append(index + 1)
            }
        }
    }

    /// The rows of a section, in order.
    subscript(section: String) -> [Row] { all.filter { $0.section == section } }

    private static func fields(_ line: Substring) -> [String]? {
        var fields: [String] = []
        var rest = line
        while let first = rest.first {
            if first == " " {
                rest.removeFirst()
                continue
            }
            if first == "\"" {
                rest.removeFirst()
                guard let end = rest.firstIndex(of: "\"") else { return nil }
                fields.append(String(rest[..<end]))
                rest = rest[rest.index(after: end)...]
            } else {
                let field = rest.prefix { $0 != " " }
                fields.append(String(field))
                rest = rest[field.endIndex...]
            }
        }
        return fields
    }
}
