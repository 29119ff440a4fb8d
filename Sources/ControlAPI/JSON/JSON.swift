import ClickModel

/// A JSON value whose members keep their order.
enum JSON: Hashable, Sendable {
    case null
    case bool(Bool)
    /// A number as it was written.
    case number(String)
    case string(String)
    case array([JSON])
    case object([Member])

    struct Member: Hashable, Sendable {
        let name: String
        let value: JSON
    }

    static func integer(_ value: some BinaryInteger) -> JSON { .number(String(value)) }

    /// A number; whole ones without a fraction.
    static func decimal(_ value: Double) -> JSON {
        guard value.isFinite else { return .null }
        return .number(Int64(exactly: value).map { String($0) } ?? String(value))
    }

    /// A string, or null.
    static func text(_ value: String?) -> JSON { value.map { .string($0) } ?? .null }

    /// A moment with milliseconds, as the REST API writes them.
    static func moment(_ time: Timestamp) -> JSON {
        // 2019-07-02T14:07:06.981094Z without its last three digits.
        .string(time.description.dropLast(4) + "Z")
    }

    /// What an object has under a name.
    subscript(name: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    init(stringLiteral value: String) { self = .string(value) }
    init(booleanLiteral value: Bool) { self = .bool(value) }
    init(arrayLiteral elements: JSON...) { self = .array(elements) }
    init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(elements.map { Member(name: $0.0, value: $0.1) })
    }
}

extension JSON {
    func write(to writer: ByteWriter) {
        switch self {
        case .null: writer.append("null")
        case .bool(let value): writer.append(value ? "true" : "false")
        case .number(let text): writer.append(text: text)
        case .string(let text): writer.append(json: text)
        case .array(let elements):
            writer.append(0x5B)
            for (index, element) in elements.enumerated() {
                if index > 0 { writer.append(0x2C) }
                element.write(to: writer)
            }
            writer.append(0x5D)
        case .object(let members):
            writer.append(0x7B)
            for (index, member) in members.enumerated() {
                if index > 0 { writer.append(0x2C) }
                writer.append(json: member.name)
                writer.append(0x3A)
                member.value.write(to: writer)
            }
            writer.append(0x7D)
        }
    }
}
