/// What one commit appended to the log, read back.
package final class Block: Sendable {
    package let first: Offset
    package let facts: [EventFacts]
    /// Every event's bytes, each directly followed by its `details`.
    private let payload: [UInt8]
    /// Where each event starts in `payload`.
    private let starts: [Int]

    /// - Precondition: The facts' lengths add up to the payload's.
    package init(first: Offset, facts: [EventFacts], payload: [UInt8]) {
        self.first = first
        self.facts = facts
        self.payload = payload
        var starts: [Int] = []
        starts.reserveCapacity(facts.count)
        var position = 0
        for event in facts {
            starts.append(position)
            position += event.length
        }
        precondition(position == payload.count, "a block's lengths must add up")
        self.starts = starts
    }

    /// The offsets of the block's events.
    package var offsets: Range<Offset> { first..<first.advanced(by: facts.count) }

    /// Bytes that the block holds in memory.
    package var byteCount: Int { payload.count + facts.count * 64 }

    /// Calls `body` with one event.
    package func withEvent<Result>(at index: Int, _ body: (StoredEvent) -> Result) -> Result {
        payload.withUnsafeBufferPointer { bytes in
            let facts = facts[index]
            let start = starts[index]
            return body(
                StoredEvent(
                    offset: first.advanced(by: index),
                    facts: facts,
                    event: bytes.view(start, start + facts.eventLength),
                    details: bytes.view(start + facts.eventLength, start + facts.length)
                )
            )
        }
    }
}

/// One event of a block; its bytes are valid only during the call that gives it.
package struct StoredEvent {
    package let offset: Offset
    package let facts: EventFacts
    /// The event in the `rebrandly` format.
    package let event: ByteView
    /// The `details` object of the extended format.
    package let details: ByteView
}
