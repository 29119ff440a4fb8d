import Foundation
import Yams

/// Where a value came from.
package enum SettingSource: Hashable, Sendable, CustomStringConvertible {
    case flag(String)
    case environment(String)
    case file(String)
    case standard

    package var description: String {
        switch self {
        case .flag(let name): name
        case .environment(let name): name
        case .file(let path): path
        case .standard: "default"
        }
    }
}

/// What is wrong with the configuration, in words for whoever wrote it.
package struct SettingIssue: Hashable, Sendable, CustomStringConvertible {
    package let key: String
    package let message: String

    package var description: String { "\(key): \(message)" }
}

/// Values as they were given, before anybody read them: flags, then environment, then file.
///
/// swift-configuration reads the same three, but says neither which keys are unknown nor where a value came
/// from, and both are promised here.
package struct ConfigurationInput: Sendable {
    /// For each key name, the value that counts and its source.
    private(set) var values: [String: (text: String, source: SettingSource)] = [:]
    package private(set) var problems: [SettingIssue] = []
    package private(set) var warnings: [SettingIssue] = []

    /// Variables that the command itself reads.
    private static let otherVariables: Set = [
        "CLICKSTREAM_URL", "CLICKSTREAM_KEY", "CLICKSTREAM_WORKSPACE", "CLICKSTREAM_BINARY",
    ]

    /// Gathers values.
    ///
    /// - Parameters:
    ///   - arguments: Flags such as `--edge-port 9000` or `--edge-port=9000`.
    ///   - environment: The process's variables.
    ///   - file: Path of a YAML file, if one is used.
    package init(arguments: [String], environment: [String: String], file: String?) {
        if let file { readFile(file) }
        readEnvironment(environment)
        readFlags(arguments)
    }

    private mutating func readFlags(_ arguments: [String]) {
        let keys = Dictionary(uniqueKeysWithValues: SettingKey.all.map { ($0.flag, $0) })
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            let parts = argument.split(
                separator: "=",
                maxSplits: 1,
                omittingEmptySubsequences: false
            )
            guard let flag = parts.first.map(String.init), let key = keys[flag] else {
                let name = parts.first.map(String.init) ?? argument
                let nearest = Nearest.of(name, among: Array(keys.keys))
                problems.append(
                    SettingIssue(
                        key: name,
                        message: "is no flag" + (nearest.map { "; did you mean \($0)?" } ?? "")
                    )
                )
                // Its value, if it has one, is not a second mistake.
                if parts.count == 1, name.hasPrefix("--"), rest.first?.hasPrefix("-") == false {
                    rest = rest.dropFirst()
                }
                continue
            }
            if parts.count == 2 {
                values[key.name] = (String(parts[1]), .flag(flag))
            } else if let value = rest.first, !value.hasPrefix("--") {
                values[key.name] = (value, .flag(flag))
                rest = rest.dropFirst()
            } else if case .flag = key.kind {
                values[key.name] = ("true", .flag(flag))
            } else {
                problems.append(
                    SettingIssue(key: flag, message: "needs a value: \(key.kind.words)")
                )
            }
        }
    }

    private mutating func readEnvironment(_ environment: [String: String]) {
        let keys = Dictionary(uniqueKeysWithValues: SettingKey.all.map { ($0.variable, $0) })
        for (name, value) in environment.sorted(by: { $0.key < $1.key })
        where name.hasPrefix("CLICKSTREAM_") && !Self.otherVariables.contains(name) {
            guard let key = keys[name] else {
                let nearest = Nearest.of(name, among: Array(keys.keys))
                warnings.append(
                    SettingIssue(
                        key: name,
                        message: "is no key of the configuration"
                            + (nearest.map { "; did you mean \($0)?" } ?? "")
                    )
                )
                continue
            }
            // An empty variable is as good as none: unsetting one is awkward in many places.
            if !value.isEmpty { values[key.name] = (value, .environment(name)) }
        }
    }

    private mutating func readFile(_ path: String) {
        let text: String
        do {
            text = try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            problems.append(SettingIssue(key: path, message: "can't be read: is the path right?"))
            return
        }
        do {
            guard let root = try Yams.load(yaml: text) else { return }
            guard let map = root as? [String: Any] else {
                problems.append(
                    SettingIssue(key: path, message: "must be a map of keys and values")
                )
                return
            }
            flatten(map, prefix: "", path)
        } catch {
            problems.append(SettingIssue(key: path, message: "is no YAML: \(error)"))
        }
    }

    private mutating func flatten(_ map: [String: Any], prefix: String, _ path: String) {
        for (name, value) in map.sorted(by: { $0.key < $1.key }) {
            let key = prefix + name
            let isKnown = SettingKey.all.contains { $0.name == key }
            if isKnown {
                if let text = Self.text(of: value) { values[key] = (text, .file(path)) }
                if value is [String: Any] {
                    problems.append(
                        SettingIssue(key: key, message: "has a value, not keys below it")
                    )
                }
            } else if let below = value as? [String: Any] {
                flatten(below, prefix: "\(key).", path)
            } else {
                let nearest = Nearest.of(key, among: SettingKey.all.map(\.name))
                problems.append(
                    SettingIssue(
                        key: key,
                        message: "is no key of the configuration (\(path))"
                            + (nearest.map { "; did you mean \($0)?" } ?? "")
                    )
                )
            }
        }
    }

    private static func text(of value: Any) -> String? {
        switch value {
        case is NSNull: nil
        case let list as [Any]: list.compactMap(text(of:)).joined(separator: ",")
        case let flag as Bool: flag ? "true" : "false"
        case is [String: Any]: nil
        default: "\(value)"
        }
    }
}

/// The nearest of some words, for "did you mean".
enum Nearest {
    static func of(_ word: String, among words: [String]) -> String? {
        let scored = words.map { (distance(Array(word.lowercased()), Array($0.lowercased())), $0) }
        guard let best = scored.min(by: { $0 < $1 }), best.0 <= max(2, word.count / 3) else {
            return nil
        }
        return best.1
    }

    /// Levenshtein's distance.
    private static func distance(_ a: [Character], _ b: [Character]) -> Int {
        var row = Array(0...b.count)
        for (i, left) in a.enumerated() {
            var previous = row[0]
            row[0] = i + 1
            for (j, right) in b.enumerated() {
                let above = row[j + 1]
                row[j + 1] = min(above + 1, row[j] + 1, previous + (left == right ? 0 : 1))
                previous = above
            }
        }
        return row[b.count]
    }
}
