import ClickModel

/// Reads JSON (RFC 8259) where it lies: values are views of the text, and nothing is copied.
///
/// Lenient in one thing only: malformed UTF-8 passes inside strings, for events show it as U+FFFD.
struct JSONScanner {
    /// The text is no JSON.
    struct Malformed: Error {}

    enum Kind {
        case object, array, string, number, boolean, null
    }

    struct Value {
        let kind: Kind
        /// Of a string what stands between its quotes; of everything else all of it.
        let bytes: ByteView
        let hasEscapes: Bool
    }

    /// Deeper nesting is refused: nothing that is read has it, and the stack is finite.
    private static let deepest = 64

    private let bytes: ByteView
    private var position = 0

    init(_ bytes: ByteView) { self.bytes = bytes }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    /// Takes a byte, after white space, if it is the next one.
    mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard next == byte else { return false }
        position += 1
        return true
    }

    /// Makes sure that nothing but white space is left.
    mutating func finish() throws(Malformed) {
        skipSpace()
        guard position == bytes.count else { throw Malformed() }
    }

    /// Reads a whole value, checked to its end.
    mutating func value(depth: Int = 0) throws(Malformed) -> Value {
        guard depth < Self.deepest else { throw Malformed() }
        skipSpace()
        let start = position
        switch next {
        case 0x22: return try string()
        case 0x7B:
            try walk(to: 0x7D, depth: depth)
            return value(.object, from: start)
        case 0x5B:
            try walk(to: 0x5D, depth: depth)
            return value(.array, from: start)
        case 0x74:
            try word("true")
            return value(.boolean, from: start)
        case 0x66:
            try word("false")
            return value(.boolean, from: start)
        case 0x6E:
            try word("null")
            return value(.null, from: start)
        default:
            try number()
            return value(.number, from: start)
        }
    }

    private func value(_ kind: Kind, from start: Int) -> Value {
        Value(kind: kind, bytes: bytes.view(start, position), hasEscapes: false)
    }

    /// Passes over an object or an array.
    private mutating func walk(to end: UInt8, depth: Int) throws(Malformed) {
        position += 1
        if take(end) { return }
        repeat {
            if end == 0x7D { _ = try name() }
            _ = try value(depth: depth + 1)
        } while take(0x2C)
        guard take(end) else { throw Malformed() }
    }

    /// Reads a member's name and the colon behind it.
    mutating func name() throws(Malformed) -> Value {
        skipSpace()
        guard next == 0x22 else { throw Malformed() }
        let name = try string()
        guard take(0x3A) else { throw Malformed() }
        return name
    }

    private mutating func string() throws(Malformed) -> Value {
        position += 1
        let start = position
        var hasEscapes = false
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == 0x22 {
                return Value(
                    kind: .string,
                    bytes: bytes.view(start, position - 1),
                    hasEscapes: hasEscapes
                )
            }
            guard byte >= 0x20 else { throw Malformed() }
            if byte == 0x5C {
                hasEscapes = true
                try escape()
            }
        }
        throw Malformed()
    }

    private mutating func escape() throws(Malformed) {
        guard let byte = next else { throw Malformed() }
        position += 1
        switch byte {
        case 0x22, 0x5C, 0x2F, 0x62, 0x66, 0x6E, 0x72, 0x74: return
        case 0x75:
            for _ in 0..<4 {
                guard next?.hexValue != nil else { throw Malformed() }
                position += 1
            }
        default: throw Malformed()
        }
    }

    private mutating func word(_ word: StaticString) throws(Malformed) {
        let end = position + word.utf8CodeUnitCount
        guard bytes.view(position, end).equals(word) else { throw Malformed() }
        position = end
    }

    private mutating func number() throws(Malformed) {
        if next == 0x2D { position += 1 }
        if next == 0x30 { position += 1 } else { try digits() }
        if next == 0x2E {
            position += 1
            try digits()
        }
        guard next == 0x65 || next == 0x45 else { return }
        position += 1
        if next == 0x2B || next == 0x2D { position += 1 }
        try digits()
    }

    private mutating func digits() throws(Malformed) {
        let start = position
        while let byte = next, 0x30...0x39 ~= byte { position += 1 }
        guard position > start else { throw Malformed() }
    }
}

/// The members of an object, or the elements of an array, one after the other.
struct JSONParts {
    private var scanner: JSONScanner
    private let end: UInt8
    private var isFirst = true

    /// Begins an object (`{`) or an array (`[`); nil when the text is something else.
    init?(_ bytes: ByteView, _ opening: UInt8) {
        scanner = JSONScanner(bytes)
        guard scanner.take(opening) else { return nil }
        // In ASCII both closing brackets come two after the opening ones.
        end = opening + 2
    }

    /// The next member of an object; nil behind the last one, with nothing after it.
    mutating func member() throws(JSONScanner.Malformed) -> (
        name: JSONScanner.Value, value: JSONScanner.Value
    )? {
        guard try goOn() else { return nil }
        let name = try scanner.name()
        return (name, try scanner.value(depth: 1))
    }

    /// The next element of an array; nil behind the last one, with nothing after it.
    mutating func element() throws(JSONScanner.Malformed) -> JSONScanner.Value? {
        guard try goOn() else { return nil }
        return try scanner.value(depth: 1)
    }

    private mutating func goOn() throws(JSONScanner.Malformed) -> Bool {
        defer { isFirst = false }
        if scanner.take(end) {
            try scanner.finish()
            return false
        }
        guard isFirst || scanner.take(0x2C) else { throw JSONScanner.Malformed() }
        return true
    }
}
