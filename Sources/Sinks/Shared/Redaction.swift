import ClickModel

/// Takes what only the endpoint may know out of a text that its owner will read.
///
/// An endpoint that echoes its request would otherwise show the authentication value and the
/// envelope's key in a status, an API answer and a log line.
struct Redaction: Sendable {
    static let mark = Array("[redacted]".utf8)
    /// What is shorter is no secret, and would hide half the text.
    private static let shortest = 4

    private let secrets: [[UInt8]]

    /// - Parameters:
    ///   - secrets: What may not be shown.
    ///   - header: A header's value that may not be shown either, nor its part behind a scheme
    ///     (`Bearer`).
    init(_ secrets: [String], header: String = "") {
        let behindScheme = header.split(separator: " ", maxSplits: 1).dropFirst().map(String.init)
        let plain = secrets + [header] + behindScheme
        self.secrets = Set(plain + plain.map(Self.escaped)).map { Array($0.utf8) }
            .filter { $0.count >= Self.shortest }
            .sorted { $0.count > $1.count }
    }

    /// The first `limit` bytes of a text after its secrets are taken out, fit for a line.
    ///
    /// - Parameters:
    ///   - text: UTF-8, as far as it is known.
    ///   - limit: In bytes.
    ///   - isCut: Whether the text breaks off: what may be a secret's beginning is taken out then.
    /// - Returns: One line.
    func line(_ text: some Collection<UInt8>, limit: Int, isCut: Bool = false) -> String {
        let text = Array(text)
        var shown: [UInt8] = []
        var index = 0
        while index < text.count, shown.count < limit {
            if let length = secretLength(at: index, in: text, isCut: isCut) {
                shown += Self.mark
                index += length
            } else {
                shown.append(text[index])
                index += 1
            }
        }
        return TerminalText.line(String(decoding: shown.prefix(limit), as: UTF8.self))
    }

    private func secretLength(at index: Int, in text: [UInt8], isCut: Bool) -> Int? {
        let rest = text[index...]
        for secret in secrets {
            let common = min(secret.count, rest.count)
            guard common == secret.count || (isCut && common >= Self.shortest) else { continue }
            if rest.prefix(common).elementsEqual(secret.prefix(common)) { return common }
        }
        return nil
    }

    /// As it stands inside a JSON string.
    private static func escaped(_ text: String) -> String {
        let writer = ByteWriter(capacity: text.utf8.count + 2)
        writer.append(json: text)
        return String(decoding: Array(writer.bytes).dropFirst().dropLast(), as: UTF8.self)
    }
}
