import ClickModel

/// One of uap-core's three lists: patterns, each with the templates that its values are made by.
struct PatternList {
    private let patterns: RegexSet
    private let templates: [[Template]]

    /// Makes a list.
    ///
    /// - Parameters:
    ///   - patterns: uap-core's list.
    ///   - own: Ours, what comes before and after that: families, expressions, and numbers.
    init(_ patterns: [Tables.Pattern], own: DataRows) {
        let before = own["before"].compactMap(Tables.Pattern.init)
        let after = own["after"].compactMap(Tables.Pattern.init)
        self.init(before + patterns + after)
    }

    /// Makes a list of ours alone: names and expressions.
    init(own: DataRows) { self.init(own.all.compactMap(Tables.Pattern.init)) }

    init(_ patterns: [Tables.Pattern]) {
        self.patterns = RegexSet(patterns.map { ($0.regex, $0.ignoresCase) })
        templates = patterns.map { $0.values.map(Template.init) }
    }

    /// Patterns that the engine refused.
    var refused: Int { patterns.refused }

    /// The first pattern that is found, with its values filled in.
    func match(_ text: AgentText) -> Found? {
        let match = text.bytes.withUnsafeBufferPointer { patterns.firstMatch(in: $0) }
        guard let match, templates.indices.contains(match.index) else { return nil }
        return Found(match: match, templates: templates[match.index], text: text)
    }

    /// Text with groups in it: `Chrome Mobile`, `$1`, `HTC $1`.
    struct Template {
        enum Part: Equatable {
            case text([UInt8])
            case group(Int)
        }

        let parts: [Part]

        init(_ template: String) {
            var parts: [Part] = []
            var plain: [UInt8] = []
            var rest = Array(template.utf8)[...]
            while let byte = rest.popFirst() {
                if byte == 0x24, let digit = rest.first, 0x30...0x39 ~= digit {
                    rest.removeFirst()
                    if !plain.isEmpty { parts.append(.text(plain)) }
                    plain = []
                    parts.append(.group(Int(digit - 0x30)))
                } else {
                    plain.append(byte)
                }
            }
            if !plain.isEmpty { parts.append(.text(plain)) }
            self.parts = parts
        }
    }

    struct Found {
        private let match: RegexSet.Match
        private let templates: [Template]
        private let text: AgentText

        fileprivate init(match: RegexSet.Match, templates: [Template], text: AgentText) {
            (self.match, self.templates, self.text) = (match, templates, text)
        }

        /// A template with its groups put in; nil when nothing comes of it.
        func value(_ index: Int) -> String? {
            guard templates.indices.contains(index) else { return nil }
            var filled: [UInt8] = []
            for part in templates[index].parts {
                switch part {
                case .text(let bytes): filled += bytes
                case .group(let number):
                    if let range = match.group(number) { filled += text.bytes[range] }
                }
            }
            let trimmed = filled.withUnsafeBufferPointer { $0.trimmed.text }
            return trimmed.isEmpty ? nil : trimmed
        }

        /// The whole version: uap-core stops after a few numbers, the token goes on.
        var version: String? {
            if templates.count > 1, templates[1].parts.count == 1,
                case .group(let group) = templates[1].parts[0],
                let major = match.group(group), let whole = text.version(at: major.lowerBound)
            {
                return whole
            }
            let numbers = (1...4).compactMap { value($0) }
            return numbers.isEmpty ? nil : numbers.joined(separator: ".")
        }
    }
}

extension Tables.Pattern {
    /// Reads a row of `Data/browsers.txt`, `devices.txt` or `systems.txt`.
    fileprivate init?(_ row: DataRows.Row) {
        guard row.fields.count > 1 else { return nil }
        let numbers = Array(row.fields.dropFirst(2))
        self.init(
            regex: row.fields[1],
            ignoresCase: true,
            values: [row.fields[0]] + (numbers.isEmpty ? ["$1", "$2", "$3", "$4"] : numbers)
        )
    }
}
