import CRegexSet

/// Patterns laid out for C: all in one piece of memory, so that each has an address while a set is made.
struct CPatterns {
    struct Pattern {
        let text: String
        /// Whether an expression is found in any case.
        var ignoresCase = false
        /// Whether a literal counts only where a token begins.
        var beginsToken = false
    }

    private var joined: [CChar] = []
    private let patterns: [Pattern]

    init(_ patterns: [Pattern]) {
        self.patterns = patterns
        for pattern in patterns { joined += pattern.text.utf8.map { CChar(bitPattern: $0) } }
        // A list of nothing needs an address, too.
        joined.append(0)
    }

    func withPatterns<Result>(_ body: (UnsafePointer<CRegexPattern>, Int) -> Result) -> Result {
        joined.withUnsafeBufferPointer { all in
            withUnsafeTemporaryAllocation(of: CRegexPattern.self, capacity: patterns.count + 1) {
                list in
                guard var start = all.baseAddress, let first = list.baseAddress else {
                    preconditionFailure("memory that was asked for has an address")
                }
                for (index, pattern) in patterns.enumerated() {
                    list.initializeElement(
                        at: index,
                        to: CRegexPattern(
                            bytes: start,
                            length: pattern.text.utf8.count,
                            ignores_case: pattern.ignoresCase,
                            begins_token: pattern.beginsToken
                        )
                    )
                    start += pattern.text.utf8.count
                }
                return body(UnsafePointer(first), patterns.count)
            }
        }
    }
}
