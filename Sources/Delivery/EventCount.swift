import ClickModel

/// Counts a stream's events without their bytes.
struct EventCount {
    private let workspace: WorkspaceNumber
    private let matcher: EventMatcher
    /// Those that the filter lets through, by lane; a stream without lanes has one.
    private(set) var byLane: [Int64]
    private(set) var filtered: Int64 = 0

    init(_ stream: EventStream) {
        self.init(stream.workspace, stream.filter, lanes: stream.lanes)
    }

    init(_ workspace: WorkspaceNumber, _ filter: EventFilter, lanes: Int) {
        self.workspace = workspace
        matcher = EventMatcher(filter)
        byLane = Array(repeating: 0, count: max(1, lanes))
    }

    /// Those that the filter lets through.
    var matching: Int64 { byLane.reduce(0, +) }

    /// Counts a block's events from `start` up to `end`.
    mutating func add(_ block: Block, _ range: Range<Offset>) {
        _ = block.events(of: workspace, in: range) { event in
            if matcher.matches(event) {
                byLane[byLane.count == 1 ? 0 : Lane.index(of: event.event, among: byLane.count)] +=
                    1
            } else {
                filtered += 1
            }
            return true
        }
    }
}
