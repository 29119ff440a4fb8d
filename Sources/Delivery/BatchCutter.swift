package import ClickModel

/// Cuts a stream's events into batches and joins their bytes to a body.
///
/// Pure: it never asks the time.
package struct BatchCutter {
    private let workspace: WorkspaceNumber
    private let format: EventFormat
    private let limits: BatchLimits
    private let framing: BodyFraming
    private let body = ByteWriter(capacity: 64 << 10)
    /// Where the batch begins and how far it has looked.
    private let start: Offset
    private var reached: Offset
    package private(set) var count = 0
    /// When the batch's first event was taken in; nil without any.
    package private(set) var firstTime: Timestamp?

    /// Begins a batch.
    ///
    /// - Parameters:
    ///   - stream: Whose events: workspace, format and limits.
    ///   - framing: How they are joined.
    ///   - start: The stream's checkpoint.
    package init(for stream: EventStream, framing: BodyFraming, from start: Offset) {
        workspace = stream.workspace
        format = stream.format
        limits = stream.limits
        self.framing = framing
        self.start = start
        reached = start
        body.append(framing.prefix)
    }

    /// Begins a batch that was recorded before, to make the same bytes again.
    package init(again batch: InFlightBatch, of stream: EventStream, framing: BodyFraming) {
        workspace = stream.workspace
        format = batch.format
        // The range that was recorded is the limit.
        limits = BatchLimits(events: .max, bytes: .max, wait: .zero)
        self.framing = framing
        start = batch.covers.lowerBound
        reached = start
        body.append(framing.prefix)
    }

    package var isEmpty: Bool { count == 0 }

    /// Everything considered so far.
    package var covers: Range<Offset> { start..<reached }

    /// Adds a block's events, from where the batch has reached, up to `end`.
    ///
    /// - Returns: Whether the batch is full.
    package mutating func add(_ block: Block, before end: Offset = Offset(.max)) -> Bool {
        let skipped = max(0, Int(reached.value - block.first.value))
        for index in block.facts.indices.dropFirst(skipped) {
            let offset = block.first.advanced(by: index)
            guard offset < end else { return true }
            if block.facts[index].workspace == workspace {
                guard append(block, index) else { return true }
            }
            reached = offset.advanced(by: 1)
        }
        return count >= limits.events
    }

    /// Notes that nothing of the stream lies before `offset`.
    package mutating func skip(to offset: Offset) { reached = max(reached, offset) }

    /// The whole body.
    package func finishedBody() -> [UInt8] {
        body.append(framing.suffix)
        return Array(body.bytes)
    }

    private mutating func append(_ block: Block, _ index: Int) -> Bool {
        guard count < limits.events else { return false }
        let before = body.count
        if count > 0 { body.append(framing.separator) }
        block.withEvent(at: index) { format.append($0, to: body) }
        // An event that is larger than the limit goes alone.
        if count > 0, limits.bytes - framing.suffix.count < body.count {
            body.truncate(to: before)
            return false
        }
        count += 1
        if firstTime == nil { firstTime = block.facts[index].timestamp }
        return true
    }
}
