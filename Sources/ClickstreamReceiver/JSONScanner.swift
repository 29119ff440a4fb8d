/// Walks over JSON and gives the ranges of its values, without making anything of them.
///
/// Takes exactly the grammar of RFC 8259, except that a value may be nested 32 deep at most.
struct JSONScanner {
    private static let deepest = 32

    let bytes: [UInt8]
    private var position = 0
    private var depth = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The next byte; nil at the end.
    var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    var isAtEnd: Bool { position >= bytes.count }

    mutating func passSpace() {
        while let byte = peek {
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            position += 1
        }
    }

    /// Passes one value; nil when there is none.
    mutating func passValue() -> Range<Int>? {
        let start = position
        let isValue =
            switch peek {
            case UInt8(ascii: "{"): passMembers { $1.passValue() != nil }
            case UInt8(ascii: "["): passElements { $0.passValue() != nil }
            case UInt8(ascii: "\""): passString()
            case UInt8(ascii: "t"): pass("true")
            case UInt8(ascii: "f"): pass("false")
            case UInt8(ascii: "n"): pass("null")
            default: passNumber()
            }
        return isValue ? start..<position : nil
    }

    /// Passes an object; `member` is given each name with its quotes, and passes the value.
    mutating func passMembers(
        _ member: (_ name: Range<Int>, inout JSONScanner) -> Bool
    ) -> Bool {
        passList("{", "}") { scanner in
            let start = scanner.position
            guard scanner.passString() else { return false }
            let name = start..<scanner.position
            scanner.passSpace()
            guard scanner.pass(":") else { return false }
            scanner.passSpace()
            return member(name, &scanner)
        }
    }

    /// Passes an array; `element` passes each value.
    mutating func passElements(_ element: (inout JSONScanner) -> Bool) -> Bool {
        passList("[", "]", element)
    }

    private mutating func passList(
        _ open: StaticString,
        _ close: StaticString,
        _ item: (inout JSONScanner) -> Bool
    ) -> Bool {
        guard depth < Self.deepest, pass(open) else { return false }
        depth += 1
        defer { depth -= 1 }
        passSpace()
        if pass(close) { return true }
        repeat {
            passSpace()
            guard item(&self) else { return false }
            passSpace()
        } while pass(",")
        return pass(close)
    }

    private mutating func passString() -> Bool {
        guard pass("\"") else { return false }
        while let byte = peek {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return true
            case UInt8(ascii: "\\"): guard passEscape() else { return false }
            case ..<0x20: return false
            default: break
            }
        }
        return false
    }

    private mutating func passEscape() -> Bool {
        guard let byte = peek else { return false }
        position += 1
        guard byte == UInt8(ascii: "u") else { return "\"\\/bfnrt".utf8.contains(byte) }
        for _ in 0..<4 {
            switch peek ?? 0 {
            case 0x30...0x39, 0x41...0x46, 0x61...0x66: position += 1
            default: return false
            }
        }
        return true
    }

    private mutating func passNumber() -> Bool {
        _ = pass("-")
        guard pass("0") || passDigits() else { return false }
        if pass("."), !passDigits() { return false }
        guard pass("e") || pass("E") else { return true }
        _ = pass("+") || pass("-")
        return passDigits()
    }

    private mutating func passDigits() -> Bool {
        let start = position
        while let byte = peek, 0x30...0x39 ~= byte { position += 1 }
        return position > start
    }

    private mutating func pass(_ word: StaticString) -> Bool {
        word.withUTF8Buffer { word in
            guard bytes[position...].starts(with: word) else { return false }
            position += word.count
            return true
        }
    }
}
