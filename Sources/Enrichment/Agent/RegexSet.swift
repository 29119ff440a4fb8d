import CRegexSet
import ClickModel

/// An ordered list of regular expressions, searched for together.
final class RegexSet: Sendable {
    // The C++ side changes nothing while it searches.
    nonisolated(unsafe) private let set: OpaquePointer
    /// Patterns that the engine refused; the others work.
    let refused: Int

    init(_ patterns: [(regex: String, ignoresCase: Bool)]) {
        // Every pattern needs an address while the set is made: one piece of memory holds them all.
        var joined: [CChar] = []
        for pattern in patterns { joined += pattern.regex.utf8.map { CChar(bitPattern: $0) } }
        joined.append(0)
        var refused = 0
        set = joined.withUnsafeBufferPointer { all in
            withUnsafeTemporaryAllocation(of: CRegexPattern.self, capacity: patterns.count + 1) { list in
                var start = 0
                var count = 0
                for pattern in patterns {
                    guard let base = all.baseAddress else { break }
                    let length = pattern.regex.utf8.count
                    list.initializeElement(
                        at: count,
                        to: CRegexPattern(
                            bytes: base + start, length: length, ignores_case: pattern.ignoresCase))
                    start += length
                    count += 1
                }
                guard let first = list.baseAddress else {
                    preconditionFailure("a list of at least one has an address")
                }
                return regex_set_create(first, count, &refused)
            }
        }
        self.refused = refused
    }

    deinit { regex_set_free(set) }

    /// A pattern that was found, and where its groups are in the text.
    struct Match {
        let index: Int
        /// The whole match, then the groups; nil for one that took no part.
        let groups: [Range<Int>?]
    }

    /// The first pattern of the list that the text holds.
    func firstMatch(in text: ByteView) -> Match? {
        var bounds = InlineArray<20, Int32>(repeating: -1)
        var span = bounds.mutableSpan
        let index = span.withUnsafeMutableBufferPointer { bounds in
            text.withMemoryRebound(to: CChar.self) { text in
                regex_set_first_match(set, text.baseAddress, text.count, bounds.baseAddress, 10)
            }
        }
        guard index >= 0 else { return nil }
        let groups = (0..<10).map { group -> Range<Int>? in
            let (start, end) = (Int(bounds[2 * group]), Int(bounds[2 * group + 1]))
            return start >= 0 && end >= start ? start..<end : nil
        }
        return Match(index: Int(index), groups: groups)
    }
}
