import CRegexSet
import ClickModel

/// Kinds of words that user agents are searched for; the words stand in `AgentMarks+Words.swift`.
enum AgentMark: Int, CaseIterable {
    // Machines.
    case headless, preview, library, botWord, link, browser, person
    // Devices.
    case console, wearable, car, display, speaker, television, camera, player, reader, assistant
    case tablet, phone, simplePhone, phoneModel, laptop, workstation
    case mobile, handheldWindows, firefoxOS, android
    // Engines.
    case trident, edgeHTML, presto, gecko, likeGecko, blink, webKit

    fileprivate var bit: UInt64 { 1 << UInt64(rawValue) }
}

/// What a user agent holds of the words that tell something.
struct AgentMarks {
    fileprivate var kinds: UInt64 = 0
    /// A bit for each row of `InAppBrowsers.rows`.
    fileprivate(set) var apps: UInt64 = 0

    func has(_ mark: AgentMark) -> Bool { kinds & mark.bit != 0 }
}

/// Finds all the words in one pass.
final class AgentMarkFinder: Sendable {
    // The C++ side changes nothing while it searches.
    nonisolated(unsafe) private let set: OpaquePointer
    /// What each literal stands for.
    private let meanings: [AgentMarks]

    init() {
        var meaning: [String: AgentMarks] = [:]
        for mark in AgentMark.allCases {
            for word in mark.words { meaning["\(word)", default: AgentMarks()].kinds |= mark.bit }
        }
        for (index, row) in InAppBrowsers.rows.enumerated() {
            meaning["\(row.mark)", default: AgentMarks()].apps |= 1 << UInt64(index)
        }
        let words = meaning.keys.sorted()
        meanings = words.map { meaning[$0] ?? AgentMarks() }
        set = CPatterns(words.map { ($0, true) }).withPatterns { list, count in
            literal_set_create(list, count)
        }
    }

    deinit { literal_set_free(set) }

    func find(in text: ByteView) -> AgentMarks {
        let wordCount = (meanings.count + 63) / 64
        return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: wordCount) { found in
            found.initialize(repeating: 0)
            guard let start = found.baseAddress else { return AgentMarks() }
            text.withMemoryRebound(to: CChar.self) {
                literal_set_find(set, $0.baseAddress, $0.count, start)
            }
            var marks = AgentMarks()
            for index in found.indices {
                var rest = found[index]
                while rest != 0 {
                    let meaning = meanings[index * 64 + rest.trailingZeroBitCount]
                    marks.kinds |= meaning.kinds
                    marks.apps |= meaning.apps
                    rest &= rest - 1
                }
            }
            return marks
        }
    }
}
