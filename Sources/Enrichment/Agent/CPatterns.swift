import CRegexSet

/// Patterns laid out for C: all in one piece of memory, so that each has an address while a set is made.
struct CPatterns {
    private var joined: [CChar] = []
    private var lengths: [(length: Int, ignoresCase: Bool)] = []

    init(_ patterns: [(text: String, ignoresCase: Bool)]) {
        for pattern in patterns {
            joined += pattern.text.utf8.map { CChar(bitPattern: $0) }
            lengths.append((pattern.text.utf8.count, pattern.ignoresCase))
        }
        // A list of nothing needs an address, too.
        joined.append(0)
    }

    func withPatterns<Result>(_ body: (UnsafePointer<CRegexPattern>, Int) -> Result) -> Result {
        joined.withUnsafeBufferPointer { all in
            withUnsafeTemporaryAllocation(of: CRegexPattern.self, capacity: lengths.count + 1) {
                list in
                guard var start = all.baseAddress, let first = list.baseAddress else {
                    preconditionFailure("memory that was asked for has an address")
                }
                for (index, pattern) in lengths.enumerated() {
                    list.initializeElement(
                        at: index,
                        to: CRegexPattern(
                            bytes: start,
                            length: pattern.length,
                            ignores_case: pattern.ignoresCase
                        )
                    )
                    start += pattern.length
                }
                return body(UnsafePointer(first), lengths.count)
            }
        }
    }
}
