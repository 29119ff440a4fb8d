import Foundation

/// A command failed; the sentence says what and what to do.
struct Failed: Error, CustomStringConvertible {
    let description: String
    /// Whether the same may work a moment later: the service could not be reached.
    let mayPass: Bool

    init(_ description: String, mayPass: Bool = false) {
        (self.description, self.mayPass) = (description, mayPass)
    }
}

/// Output for people and for programs.
enum Printing {
    /// Aligned columns.
    static func table(_ header: [String], _ rows: [[String]]) {
        let all = [header] + rows.map { $0.map(visible) }
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

    static func error(_ text: String) {
        FileHandle.standardError.write(Data("\(text)\n".utf8))
    }

    static func text(ofJSON value: Any) -> String {
        let data = try? JSONSerialization.data(
            withJSONObject: value,
            options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        )
        return data.map { String(decoding: $0, as: UTF8.self) } ?? "\(value)"
    }

    /// A member of an object as a cell.
    static func cell(_ value: Any?) -> String {
        switch value {
        case nil, is NSNull: "-"
        case let text as String: text.isEmpty ? "-" : text
        default: "\(value ?? "-")"
        }
    }

    /// Control characters must not steer the terminal.
    private static func visible(_ text: String) -> String {
        String(
            text.unicodeScalars.map {
                $0.properties.generalCategory == .control ? " " : Character($0)
            }
        )
    }

    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
}
