import ClickModel

/// A body of raw requests, cut into them: one JSON object, an array of such, or one a line.
struct RawRequestBody {
    struct Piece {
        /// Counted from 1, empty lines included; the number of the element in an array.
        let line: Int
        /// Where it lies; nil for an element that is no object.
        let range: Range<Int>?
    }

    enum Problem: Error, Equatable {
        /// The array is no JSON from this element on.
        case malformed(line: Int)
        case tooMany
    }

    /// Cuts a body without looking into its objects.
    ///
    /// - Parameters:
    ///   - bytes: The body.
    ///   - isLines: Whether the sender says that it is one object a line. Else an array is one, what is a JSON object as a whole
    ///     is one raw request, and anything else lines.
    ///   - limit: How many raw requests it may have.
    /// - Returns: The raw requests, in order.
    /// - Throws: Why there are none; an array is read as a whole or not at all.
    static func cut(
        _ bytes: ByteView,
        isLines: Bool,
        limit: Int
    ) throws(Problem) -> [Piece] {
        // A byte order mark is what some systems begin a file with.
        let hasMark = bytes.starts(with: "\u{FEFF}".utf8)
        let start = hasMark ? 3 : 0
        let rest = bytes.view(start, bytes.count)
        guard !isLines else { return try lines(bytes, from: start, limit) }
        if let first = rest.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }), first == 0x5B
        {
            return try elements(bytes, rest, limit)
        }
        if isObject(rest) { return [Piece(line: 1, range: start..<bytes.count)] }
        return try lines(bytes, from: start, limit)
    }

    private static func isObject(_ bytes: ByteView) -> Bool {
        var scanner = JSONScanner(bytes)
        guard let value = try? scanner.value(), value.kind == .object else { return false }
        return (try? scanner.finish()) != nil
    }

    private static func lines(
        _ bytes: ByteView,
        from first: Int,
        _ limit: Int
    ) throws(Problem) -> [Piece] {
        var pieces: [Piece] = []
        var (start, line) = (first, 0)
        while start < bytes.count {
            let rest = bytes.view(start, bytes.count)
            let end = rest.newline.map { start + $0 } ?? bytes.count
            line += 1
            // JSON's white space alone is an empty line; other control characters are not.
            if bytes.view(start, end).contains(where: { ![0x20, 0x09, 0x0D].contains($0) }) {
                guard pieces.count < limit else { throw .tooMany }
                pieces.append(Piece(line: line, range: start..<end))
            }
            start = end + 1
        }
        return pieces
    }

    private static func elements(
        _ bytes: ByteView,
        _ array: ByteView,
        _ limit: Int
    ) throws(Problem) -> [Piece] {
        var pieces: [Piece] = []
        var count = 0
        do throws(JSONScanner.Malformed) {
            guard var parts = JSONParts(array, 0x5B) else { throw JSONScanner.Malformed() }
            while let element = try parts.element() {
                count += 1
                guard count <= limit else { continue }
                let isObject = element.kind == .object
                let range = isObject ? place(of: element.bytes, in: bytes) : nil
                pieces.append(Piece(line: count, range: range))
            }
        } catch {
            throw .malformed(line: count + 1)
        }
        guard count <= limit else { throw .tooMany }
        return pieces
    }

    private static func place(of part: ByteView, in bytes: ByteView) -> Range<Int>? {
        guard let base = bytes.baseAddress, let start = part.baseAddress else { return nil }
        return start - base..<start - base + part.count
    }
}
