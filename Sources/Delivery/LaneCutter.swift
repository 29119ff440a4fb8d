import ClickModel

/// What gathers a stream's events from the log's blocks until it is full.
protocol EventCutter {
    var isEmpty: Bool { get }
    var count: Int { get }
    /// Events of the workspace that the filter kept out.
    var filtered: Int64 { get }
    /// When the first of its events was clicked.
    var firstTime: Timestamp? { get }
    /// Everything considered so far.
    var covers: Range<Offset> { get }
    /// How many more events may fill it.
    var missing: Int64 { get }

    /// Adds a block's events up to `end`; whether it is full.
    mutating func add(_ block: Block, before end: Offset) -> Bool
    /// Notes that nothing of the stream lies before `offset`.
    mutating func skip(to offset: Offset)
}

extension BatchCutter: EventCutter {}

extension Block {
    /// Hands out a workspace's events within a range, until one is not taken.
    ///
    /// - Returns: Where the first event lies that is still to come, and whether the block has been gone through.
    func events(
        of workspace: WorkspaceNumber,
        in range: Range<Offset>,
        _ take: (StoredEvent) -> Bool
    ) -> (end: Offset, isWhole: Bool) {
        var end = range.lowerBound
        var isWhole = true
        forEachEvent(from: max(0, Int(end.value - first.value))) { event in
            isWhole =
                event.offset < range.upperBound
                && (event.facts.workspace != workspace || take(event))
            if isWhole { end = event.offset.advanced(by: 1) }
            return isWhole
        }
        return (end, isWhole)
    }
}

/// Cuts a round: a batch for each lane, over one part of the log.
///
/// Pure: it never asks the time.
struct LaneCutter: EventCutter {
    private(set) var cutters: [BatchCutter]
    private let workspace: WorkspaceNumber
    private let start: Offset
    private let bytes: Int
    private var used = 0
    private var reached: Offset
    private(set) var firstTime: Timestamp?

    /// Begins a round.
    ///
    /// - Parameters:
    ///   - stream: Whose events.
    ///   - start: The checkpoint.
    ///   - bytes: What all its bodies may have together.
    ///   - cutter: Makes the empty batch of a lane.
    init(
        _ stream: EventStream,
        from start: Offset,
        within bytes: Int,
        _ cutter: () -> BatchCutter
    ) {
        workspace = stream.workspace
        self.bytes = bytes
        cutters = (0..<stream.lanes).map { _ in cutter() }
        (self.start, reached) = (start, start)
    }

    var count: Int { cutters.reduce(0) { $0 + $1.count } }
    var isEmpty: Bool { cutters.allSatisfy(\.isEmpty) }
    var filtered: Int64 { cutters.reduce(0) { $0 + $1.filtered } }
    var covers: Range<Offset> { start..<reached }
    /// A round is full with the first of its batches that is; of those that come the fullest lane gets its share.
    var missing: Int64 {
        guard let fullest = cutters.max(by: { $0.count < $1.count }), fullest.count > 0 else {
            return 1
        }
        return fullest.missing * Int64(count) / Int64(fullest.count)
    }

    mutating func add(_ block: Block, before end: Offset) -> Bool {
        let (end, isWhole) = block.events(of: workspace, in: reached..<max(reached, end)) {
            used < bytes && take($0)
        }
        reached = end
        return !isWhole || used >= bytes || cutters.contains(where: \.isFull)
    }

    /// Gives an event to its lane's batch; whether there was room for it.
    private mutating func take(_ event: StoredEvent) -> Bool {
        let lane = Lane.index(of: event.event, among: cutters.count)
        let before = cutters[lane].bodyBytes
        guard cutters[lane].take(event) else { return false }
        used += cutters[lane].bodyBytes - before
        if firstTime == nil { firstTime = cutters[lane].firstTime }
        return true
    }

    mutating func skip(to offset: Offset) { reached = max(reached, offset) }
}
