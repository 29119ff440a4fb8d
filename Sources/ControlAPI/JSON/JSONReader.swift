import ClickModel

/// Why bytes are no JSON: a sentence with the place.
struct JSONProblem: Error, Hashable {
    let message: String
}

/// Reads JSON (RFC 8259) strictly: UTF-8, no names twice, no lone surrogates, bounded depth.
struct JSONReader {
    static let deepest = 64

    private let bytes: [UInt8]
    private var position = 0

    /// The value that the bytes are, and nothing after it.
    static func read(_ bytes: [UInt8]) throws(JSONProblem) -> JSON {
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw JSONProblem(message: "the body is not UTF-8")
        }
        var reader = JSONReader(bytes: bytes)
        let value = try reader.value(depth: 0)
        reader.skipSpace()
        guard reader.position == bytes.count else { throw reader.problem("nothing more") }
        return value
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private func problem(_ expected: String) -> JSONProblem {
        JSONProblem(message: "the body is not JSON: expected \(expected) at byte \(position)")
    }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            position += 1
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }

    private mutating func value(depth: Int) throws(JSONProblem) -> JSON {
        guard depth < Self.deepest else {
            throw JSONProblem(message: "the body is nested more than \(Self.deepest) deep")
        }
        skipSpace()
        switch next {
        case 0x7B: return try object(depth: depth)
        case 0x5B: return try array(depth: depth)
        case 0x22: return .string(try string())
        case 0x74: return try word("true", .bool(true))
        case 0x66: return try word("false", .bool(false))
        case 0x6E: return try word("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func word(_ word: String, _ value: JSON) throws(JSONProblem) -> JSON {
        for byte in word.utf8 {
            guard take(byte) else { throw problem(word) }
        }
        return value
    }

    private mutating func object(depth: Int) throws(JSONProblem) -> JSON {
        position += 1
        var members: [JSON.Member] = []
        var names: Set<String> = []
        skipSpace()
        if take(0x7D) { return .object([]) }
        repeat {
            skipSpace()
            guard next == 0x22 else { throw problem("a name") }
            let name = try string()
            guard names.insert(name).inserted else {
                throw JSONProblem(message: "the body names a member twice, at byte \(position)")
            }
            skipSpace()
            guard take(0x3A) else { throw problem("a colon") }
            members.append(JSON.Member(name: name, value: try value(depth: depth + 1)))
            skipSpace()
        } while take(0x2C)
        guard take(0x7D) else { throw problem("a comma or }") }
        return .object(members)
    }

    private mutating func array(depth: Int) throws(JSONProblem) -> JSON {
        position += 1
        var elements: [JSON] = []
        skipSpace()
        if take(0x5D) { return .array([]) }
        repeat {
            elements.append(try value(depth: depth + 1))
            skipSpace()
        } while take(0x2C)
        guard take(0x5D) else { throw problem("a comma or ]") }
        return .array(elements)
    }

    private mutating func number() throws(JSONProblem) -> String {
        let start = position
        _ = take(0x2D)
        if !take(0x30) {
            guard let digit = next, 0x31...0x39 ~= digit else { throw problem("a value") }
            skipDigits()
        }
        if take(0x2E) {
            guard skipDigits() else { throw problem("a digit") }
        }
        if take(0x65) || take(0x45) {
            _ = take(0x2B) || take(0x2D)
            guard skipDigits() else { throw problem("a digit") }
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    @discardableResult
    private mutating func skipDigits() -> Bool {
        let start = position
        while let digit = next, 0x30...0x39 ~= digit { position += 1 }
        return position > start
    }

    private mutating func string() throws(JSONProblem) -> String {
        position += 1
        var text: [UInt8] = []
        while let byte = next {
            position += 1
            switch byte {
            case 0x22: return String(decoding: text, as: UTF8.self)
            case 0x5C: try escape(into: &text)
            case 0..<0x20: throw problem("no control character in a string")
            default: text.append(byte)
            }
        }
        throw problem("the end of a string")
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONProblem) {
        guard let byte = next else { throw problem("an escape") }
        position += 1
        switch byte {
        case 0x22, 0x5C, 0x2F: text.append(byte)
        case 0x62: text.append(0x08)
        case 0x66: text.append(0x0C)
        case 0x6E: text.append(0x0A)
        case 0x72: text.append(0x0D)
        case 0x74: text.append(0x09)
        case 0x75: text += try unicodeEscape().utf8
        default: throw problem("an escape")
        }
    }

    private mutating func unicodeEscape() throws(JSONProblem) -> String {
        var value = UInt32(try fourDigits())
        if 0xD800..<0xDC00 ~= value {
            guard take(0x5C), take(0x75) else { throw problem("the second half of a pair") }
            let low = UInt32(try fourDigits())
            guard 0xDC00..<0xE000 ~= low else { throw problem("the second half of a pair") }
            value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(value) else { throw problem("the first half of a pair") }
        return String(Character(scalar))
    }

    private mutating func fourDigits() throws(JSONProblem) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = next?.hexValue else { throw problem("four hexadecimal digits") }
            value = value << 4 | UInt16(digit)
            position += 1
        }
        return value
    }
}
