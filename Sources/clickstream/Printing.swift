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
                index == row.count - 1
                    ? cell : cell.padding(toLength: widths[index], withPad: " ", startingAt: 0)
            }
            print(cells.joined(separator: "  "))
        }
    }

    /// Names and values, one a line.
    static func pairs(_ rows: [(name: String, value: String)]) {
        let width = rows.map(\.name.count).max() ?? 0
        for (name, value) in rows {
            let shown = name.padding(toLength: width, withPad: " ", startingAt: 0)
            print("\(shown)  \(TerminalText.line(value))")
        }
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
