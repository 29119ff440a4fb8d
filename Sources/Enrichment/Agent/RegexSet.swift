import CRegexSet
import ClickModel

/// An ordered list of regular expressions, searched for together.
final class RegexSet: Sendable {
    // The C++ side changes nothing while it searches.
    nonisolated(unsafe) private let set: OpaquePointer
    /// Patterns that the engine refused; the others work.
    let refused: Int

    /// Groups that a match tells of: the whole match and nine more.
    static let groupCount = 10

    init(_ patterns: [(regex: String, ignoresCase: Bool)]) {
        var refused = 0
        set = CPatterns(patterns.map { ($0.regex, $0.ignoresCase) }).withPatterns { list, count in
            regex_set_create(list, count, &refused)
        }
        self.refused = refused
    }

    deinit { regex_set_free(set) }

    /// A pattern that was found, and where its groups are in the text.
    struct Match {
        let index: Int
        fileprivate let bounds: InlineArray<20, Int32>

        /// Where a group is, the whole match being group 0; nil when it took no part.
        func group(_ number: Int) -> Range<Int>? {
            guard 0..<RegexSet.groupCount ~= number else { return nil }
            let (start, end) = (Int(bounds[2 * number]), Int(bounds[2 * number + 1]))
            return start >= 0 && end >= start ? start..<end : nil
        }
    }

    /// The first pattern of the list that the text holds.
    func firstMatch(in text: ByteView) -> Match? {
        var bounds = InlineArray<20, Int32>(repeating: -1)
        var span = bounds.mutableSpan
        let index = span.withUnsafeMutableBufferPointer { bounds in
            text.withMemoryRebound(to: CChar.self) { text in
                regex_set_first_match(
                    set,
                    text.baseAddress,
                    text.count,
                    bounds.baseAddress,
                    Self.groupCount
                )
            }
        }
        return index >= 0 ? Match(index: Int(index), bounds: bounds) : nil
    }

    /// Whether the text holds any of them.
    func matches(_ text: ByteView) -> Bool {
        text.withMemoryRebound(to: CChar.self) {
            regex_set_first_match(set, $0.baseAddress, $0.count, nil, 0) >= 0
        }
    }
}
