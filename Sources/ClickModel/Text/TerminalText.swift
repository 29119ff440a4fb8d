/// Text from elsewhere, made fit to be shown to people.
package enum TerminalText {
    /// The text in one line: control characters, which could steer a terminal or fake a line of a log,
    /// become spaces, and so do the marks that turn the direction of writing.
    package static func line(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: steers) else { return trimmed(text[...]) }
        var shown = String.UnicodeScalarView()
        shown.append(contentsOf: text.unicodeScalars.lazy.map { steers($0) ? " " : $0 })
        return trimmed(String(shown)[...])
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }

    private static func steers(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        default: scalar.properties.isBidiControl
        }
    }
}
