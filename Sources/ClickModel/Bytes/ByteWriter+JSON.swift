/// For each byte: 0 when it stands for itself in a JSON string, 1 when it must be looked at.
private let needsCare: [Bool] = (0..<256).map {
    $0 < 0x20 || $0 == 0x22 || $0 == 0x5C || $0 >= 0x80
}

private let hexDigits = Array("0123456789abcdef".utf8)

extension ByteWriter {
    /// A JSON string: quoted; only `"`, `\` and control characters escaped; malformed UTF-8 as U+FFFD.
    package func append(json text: ByteView) {
        append(0x22)
        appendEscaped(text)
        append(0x22)
    }

    package func append(json text: String) {
        var text = text
        text.withUTF8 { append(json: $0) }
    }

    /// A JSON string, or `null` when there is none.
    package func append(jsonOrNull text: String?) {
        if let text { append(json: text) } else { append("null") }
    }

    /// The inside of a JSON string.
    package func appendEscaped(_ text: ByteView) {
        var index = 0
        needsCare.withUnsafeBufferPointer { care in
            while index < text.count {
                var end = index
                while end < text.count, !care[Int(text[end])] { end += 1 }
                append(text.view(index, end))
                guard end < text.count else { return }
                index =
                    text[end] < 0x80
                    ? appendEscape(of: text[end], at: end)
                    : appendScalar(of: text, at: end)
            }
        }
    }

    private func appendEscape(of byte: UInt8, at index: Int) -> Int {
        switch byte {
        case 0x22: append("\\\"")
        case 0x5C: append("\\\\")
        case 0x08: append("\\b")
        case 0x0C: append("\\f")
        case 0x0A: append("\\n")
        case 0x0D: append("\\r")
        case 0x09: append("\\t")
        default:
            append("\\u00")
            append(hexDigits[Int(byte >> 4)])
            append(hexDigits[Int(byte & 15)])
        }
        return index + 1
    }

    /// Copies one multi-byte UTF-8 sequence, or U+FFFD for its longest malformed part.
    ///
    /// As the Unicode Standard recommends (section 3.9, "maximal subparts"). Returns where to go on.
    private func appendScalar(of text: ByteView, at index: Int) -> Int {
        let lead = text[index]
        let (length, low, high): (Int, UInt8, UInt8) =
            switch lead {
            case 0xC2...0xDF: (2, 0x80, 0xBF)
            case 0xE0: (3, 0xA0, 0xBF)
            case 0xED: (3, 0x80, 0x9F)
            case 0xE1...0xEF: (3, 0x80, 0xBF)
            case 0xF0: (4, 0x90, 0xBF)
            case 0xF1...0xF3: (4, 0x80, 0xBF)
            case 0xF4: (4, 0x80, 0x8F)
            default: (1, 0, 0)
            }
        var end = index + 1
        while end < min(index + length, text.count) {
            let valid = end == index + 1 ? low...high ~= text[end] : 0x80...0xBF ~= text[end]
            guard valid else { break }
            end += 1
        }
        if length > 1, end == index + length {
            append(text.view(index, end))
        } else {
            append("\u{FFFD}")
        }
        return end
    }
}
