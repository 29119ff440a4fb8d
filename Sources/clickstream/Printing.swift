import ClickModel
import Foundation

/// A command failed; the sentence says what and what to do.
struct Failed: Error, CustomStringConvertible {
    let description: String
    /// Whether the same may work a moment later: the service could not be reached.
    let mayPass: Bool

    init(_ description: String, mayPass: Bool = false) {
        // What the service or an endpoint said must not steer the terminal.
        (self.description, self.mayPass) = (Printing.lines(description), mayPass)
    }
}

/// Output for people and for programs.
enum Printing {
    /// Aligned columns.
    static func table(_ header: [String], _ rows: [[String]]) {
        let all = [header] + rows.map { $0.map(TerminalText.line) }
        let widths = header.indices.map { column in
            all.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        for row in all {
            let cells = row.enumerated().map { index, cell in
                index == row.count - 1 ? cell : padded(cell, to: widths[index])
            }
            say(cells.joined(separator: "  "))
        }
    }

    /// Names and values, one a line.
    static func pairs(_ rows: [(name: String, value: String)]) {
        let width = rows.map(\.name.count).max() ?? 0
        for (name, value) in rows {
            say("\(padded(name, to: width))  \(TerminalText.line(value))")
        }
    }

    /// The text, with blanks up to a width in characters.
    private static func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    /// A line, or several, to standard output, at once.
    ///
    /// The program ends when nobody can read it: as programs do whose pipe is broken, or with an error.
    static func say(_ text: String = "") {
        flush()
        let bytes = Array(((isTerminal ? harmless(text) : text) + "\n").utf8)
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                var place = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
                poll(&place, 1, -1)
            case EPIPE:
                // It is ignored for connections' sake.
                signal(SIGPIPE, SIG_DFL)
                raise(SIGPIPE)
                exit(EXIT_FAILURE)
            case let code:
                error("Error: standard output can't be written: \(SystemError.words(for: code))")
                exit(EXIT_FAILURE)
            }
        }
    }

    /// The same JSON, with what may steer a terminal written as JSON's escapes.
    ///
    /// - Parameters:
    ///   - text: JSON, which has no controls before the blank but between its values; or CSV.
    ///   - isCSV: Whether such controls are escaped as well.
    /// - Returns: The text for a terminal.
    static func harmless(_ text: String, isCSV: Bool = false) -> String {
        func isEscaped(_ scalar: Unicode.Scalar) -> Bool {
            steers(scalar)
                || isCSV && scalar.value < 0x20 && !"\t\r\n".unicodeScalars.contains(scalar)
        }
        guard text.unicodeScalars.contains(where: isEscaped) else { return text }
        var shown = ""
        for scalar in text.unicodeScalars {
            guard isEscaped(scalar) else {
                shown.unicodeScalars.append(scalar)
                continue
            }
            let digits = String(scalar.value, radix: 16)
            shown += "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        }
        return shown
    }

    private static func steers(_ scalar: Unicode.Scalar) -> Bool {
        (0x7F...0x9F).contains(scalar.value) || scalar.properties.isBidiControl
            || scalar.properties.generalCategory == .lineSeparator
            || scalar.properties.generalCategory == .paragraphSeparator
    }

    /// A line, or several, to standard error, after what was printed before.
    static func error(_ text: String) {
        flush()
        FileHandle.standardError.write(Data("\(lines(text))\n".utf8))
    }

    /// Hands over what was printed: to a pipe it goes when there is much of it, else.
    static func flush() { fflush(nil) }

    static func text(ofJSON value: Any) -> String {
        let data = try? JSONSerialization.data(
            withJSONObject: value,
            options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        )
        return data.map { String(decoding: $0, as: UTF8.self) } ?? "\(value)"
    }

    /// JSON in one line.
    static func line(ofJSON value: Any) -> String {
        let data = try? JSONSerialization.data(
            withJSONObject: value,
            options: [.fragmentsAllowed, .sortedKeys, .withoutEscapingSlashes]
        )
        return data.map { String(decoding: $0, as: UTF8.self) } ?? "\(value)"
    }

    /// A member of an object as a cell.
    static func cell(_ value: Any?) -> String {
        switch value {
        case nil, is NSNull: return "-"
        case let text as String: return text.isEmpty ? "-" : text
        case let texts as [String]: return texts.isEmpty ? "-" : texts.joined(separator: ", ")
        case let things as [[String: Any]] where things.allSatisfy { $0["name"] is String }:
            return cell(things.compactMap { $0["name"] as? String })
        case let value?: return line(ofJSON: value)
        }
    }

    /// Text of several lines, each made fit for a terminal and its indentation kept.
    static func lines(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.prefix { $0 == " " } + TerminalText.line(String($0)) }
            .joined(separator: "\n")
    }

    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
}
