import CRegexSet
import ClickModel

/// Kinds of words that user agents are searched for; the words stand in `Data/words.txt`.
enum AgentMark: Int, CaseIterable {
    // Machines.
    case headless, preview, library, botWord, machineOrApp, link, browser, person, pastime
    // Devices.
    case console, wearable, car, display, speaker, television, camera, player, reader, assistant
    case tablet, phone, simplePhone, phoneModel, laptop, workstation
    case mobile, setTopBox, handheldWindows, pocketWindows, firefoxOS, android
    // Engines.
    case trident, edgeHTML, presto, gecko, likeGecko, blink, webKit, appleLibrary

    fileprivate var bit: UInt64 { 1 << UInt64(rawValue) }

    /// Whether its words count only where a token begins: `echo/` is in `BonEcho/2.0`, `t95` in `SGH-T959`.
    fileprivate var beginsTokens: Bool {
        AgentMark.console.rawValue...AgentMark.workstation.rawValue ~= rawValue
    }
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
        var meaning: [String: (marks: AgentMarks, isToken: Bool)] = [:]
        let rows = DataRows(PackageResources.words_txt)
        for mark in AgentMark.allCases {
            for field in rows["\(mark)"].flatMap(\.fields) {
                let endsOthers = field.hasPrefix("*")
                let word = endsOthers ? String(field.dropFirst()) : field
                let isToken = mark.beginsTokens && !endsOthers
                meaning[word, default: (AgentMarks(), isToken)].marks.kinds |= mark.bit
            }
        }
        for (index, row) in InAppBrowsers.rows.enumerated() {
            meaning[row.mark, default: (AgentMarks(), false)].marks.apps |= 1 << UInt64(index)
        }
        let words = meaning.keys.sorted()
        meanings = words.map { meaning[$0]?.marks ?? AgentMarks() }
        let literals = words.map {
            CPatterns.Pattern(text: $0, beginsToken: meaning[$0]?.isToken == true)
        }
        set = CPatterns(literals).withPatterns { list, count in literal_set_create(list, count) }
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
                    let word = index * 64 + rest.trailingZeroBitCount
                    rest &= rest - 1
                    marks.kinds |= meanings[word].kinds
                    marks.apps |= meanings[word].apps
                }
            }
            return marks
        }
    }
}
