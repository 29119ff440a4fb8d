import ClickModel

/// Counts a stream's events without their bytes.
struct EventCount {
    private let workspace: WorkspaceNumber
    private let matcher: EventMatcher
    private(set) var matching: Int64 = 0
    private(set) var filtered: Int64 = 0

    init(_ stream: EventStream) {
        workspace = stream.workspace
        matcher = EventMatcher(stream.filter)
    }

    /// Counts a block's events from `start` up to `end`.
    mutating func add(_ block: Block, _ range: Range<Offset>) {
        for index in block.facts.indices
        where block.facts[index].workspace == workspace
            && range.contains(block.first.advanced(by: index))
        {
            if block.withEvent(at: index, matcher.matches) {
                matching += 1
            } else {
                filtered += 1
            }
        }
    }
}
