import ClickModel

/// What the kinds that store files have in common: an event a line.
enum NDJSON {
    static let contentType = "application/x-ndjson"

    static let framing = BodyFraming(
        contentType: contentType,
        prefix: [],
        separator: Array("\n".utf8),
        suffix: Array("\n".utf8)
    )

    /// A stream's id as a part of a file's name: what could lead elsewhere becomes a line.
    static func name(of stream: EventStream.ID) -> String {
        String(stream.description.map { isPlain($0) ? $0 : "_" })
    }

    /// A sequence number in as many digits as there can be, so that names sort by it.
    static func digits(_ sequence: Int64) -> String {
        let text = String(max(0, sequence))
        return String(repeating: "0", count: max(0, 20 - text.count)) + text
    }

    static func isPlain(_ character: Character) -> Bool {
        character == "-" || character == "_"
            || (character.isASCII && (character.isLetter || character.isNumber))
    }
}
