import ClickModel

extension ByteWriter {
    /// Appends what a scanned string stands for; a lone surrogate becomes U+FFFD.
    func append(unescaped string: JSONScanner.Value) {
        let bytes = string.bytes
        guard string.hasEscapes else {
            append(bytes)
            return
        }
        var index = 0
        while index < bytes.count {
            guard bytes[index] == 0x5C, index + 1 < bytes.count else {
                append(bytes[index])
                index += 1
                continue
            }
            let kind = bytes[index + 1]
            index += 2
            switch kind {
            case 0x62: append(0x08)
            case 0x66: append(0x0C)
            case 0x6E: append(0x0A)
            case 0x72: append(0x0D)
            case 0x74: append(0x09)
            case 0x75: appendScalar(in: bytes, at: &index)
            default: append(kind)
            }
        }
    }

    /// Appends the scalar of `\uXXXX`, or of a pair of them; `index` stands behind the first `u`.
    private func appendScalar(in bytes: ByteView, at index: inout Int) {
        var value = Self.fourDigits(bytes.view(index, index + 4))
        index += 4
        if 0xD800..<0xDC00 ~= value, bytes.view(index, index + 2).equals("\\u") {
            let low = Self.fourDigits(bytes.view(index + 2, index + 6))
            if 0xDC00..<0xE000 ~= low {
                value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
                index += 6
            }
        }
        append(text: String(Character(Unicode.Scalar(value) ?? "\u{FFFD}")))
    }

    private static func fourDigits(_ digits: ByteView) -> UInt32 {
        digits.reduce(0) { $0 << 4 | UInt32($1.hexValue ?? 0) }
    }
}
