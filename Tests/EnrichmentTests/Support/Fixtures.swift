import Foundation
import TestKit

/// The accuracy fixtures that `CONFORMANCE` points at; tests that need them skip where it doesn't.
enum Fixtures {
    static let folder: URL? = {
        guard let root = ProcessInfo.processInfo.environment["CONFORMANCE"] else { return nil }
        let folder = URL(filePath: root).appending(path: "fixtures")
        return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
    }()

    static let areThere = folder != nil

    struct Row: Decodable {
        let id: String
        let input: String
        let headers: [String: String]?
        let expected: [String: Value]
        let base: String?
        let db: String?

        /// What a key must be: `.some(nil)` is null, `nil` is not asserted.
        func text(_ key: String) -> String?? {
            switch expected[key] {
            case .text(let text)?: .some(text)
            case .null?: .some(nil)
            default: nil
            }
        }
    }

    enum Value: Decodable, Equatable {
        case null
        case flag(Bool)
        case text(String)
        case lists([String: [String]])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                self = .null
            } else if let flag = try? container.decode(Bool.self) {
                self = .flag(flag)
            } else if let text = try? container.decode(String.self) {
                self = .text(text)
            } else {
                self = .lists(try container.decode([String: [String]].self))
            }
        }
    }

    /// The rows of one file, such as `ua/yauaa.jsonl`.
    static func rows(_ path: String) throws -> [Row] {
        guard let folder else { return [] }
        let data = try Data(contentsOf: folder.appending(path: path))
        let decoder = JSONDecoder()
        return try data.split(separator: 0x0A).map { try decoder.decode(Row.self, from: $0) }
    }

    static func files(in path: String) throws -> [String] {
        guard let folder else { return [] }
        return try FileManager.default.contentsOfDirectory(
            atPath: folder.appending(path: path).path
        )
        .filter { $0.hasSuffix(".jsonl") }.sorted().map { "\(path)/\($0)" }
    }

    /// The names that count as a family, by `vocabulary.json`.
    static let browserFamilies: [String: Set<String>] = {
        struct Vocabulary: Decodable {
            let families: [String: [String]]
            enum CodingKeys: String, CodingKey { case families = "browser.family" }
        }
        guard let folder,
            let data = try? Data(contentsOf: folder.appending(path: "vocabulary.json")),
            let vocabulary = try? JSONDecoder().decode(Vocabulary.self, from: data)
        else { return [:] }
        return vocabulary.families.mapValues { Set($0) }
    }()
}

/// How many of the rows that assert something came out right.
struct Score {
    private(set) var right = 0
    private(set) var total = 0
    private(set) var wrong: [String] = []

    mutating func add(_ isRight: Bool, _ example: @autoclosure () -> String) {
        total += 1
        if isRight { right += 1 } else { wrong.append(example()) }
    }

    static func += (left: inout Score, other: Score) {
        left.right += other.right
        left.total += other.total
        left.wrong += other.wrong
    }

    /// Nothing is right where nothing was asked.
    var percent: Double { total == 0 ? 0 : 100 * Double(right) / Double(total) }

    /// Adds the figure to the table that `make accuracy` makes.
    func report(_ source: String, _ what: String) throws {
        try AccuracyReport.add(source, what, right: right, total: total)
    }

    var text: String { total == 0 ? "-" : "\(String(format: "%.2f", percent)) (\(right)/\(total))" }
}
