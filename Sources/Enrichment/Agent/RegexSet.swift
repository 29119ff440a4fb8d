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
        let list = patterns.map {
            CPatterns.Pattern(text: Self.unbounded($0.regex), ignoresCase: $0.ignoresCase)
        }
        set = CPatterns(list).withPatterns { list, count in
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
        let index = span.withUnsafeMutableBufferPointer { bounds -> Int32 in
            guard let bounds = bounds.baseAddress else { return -1 }
            return text.withMemoryRebound(to: CChar.self) { text in
                regex_set_first_match(set, text.baseAddress, text.count, bounds, Self.groupCount)
            }
        }
        return index >= 0 ? Match(index: Int(index), bounds: bounds) : nil
    }

    /// Least upper bound of a repetition that is taken for none.
    private static let largest = 30

    /// The expression without the large bounds of its repetitions: `{0,200}` is `*`, `{1,100}` is `+`.
    ///
    /// uap-core sets them for engines that go back and forth. This one doesn't; it has to count along
    /// wherever such a repetition may have begun, and a text that begins it a hundred times costs milliseconds.
    static func unbounded(_ regex: String) -> String {
        var result = ""
        var rest = regex[...]
        while let open = rest.firstIndex(of: "{") {
            result += rest[..<open]
            let end = rest[open...].firstIndex(of: "}") ?? open
            let bounds = rest[open..<end].dropFirst()
                .split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
            if bounds.count == 2, let least = bounds[0], let most = bounds[1], most >= largest {
                result += least == 0 ? "*" : least == 1 ? "+" : "{\(least),}"
            } else {
                result += rest[open...end]
            }
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }
}
