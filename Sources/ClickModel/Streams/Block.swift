/// What one commit appended to the log, read back.
package final class Block: Sendable {
    package let first: Offset
    package let facts: [EventFacts]
    /// Every event's bytes, each directly followed by its `details`; what comes after them is ignored.
    private let payload: OwnedBytes
    /// Where each event starts in `payload`.
    private let starts: [Int]

    /// Makes a block of events' facts and bytes.
    ///
    /// - Precondition: The payload is at least as long as the facts' lengths together.
    package init(first: Offset, facts: [EventFacts], payload: OwnedBytes) {
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
        precondition(position <= payload.count, "a block's lengths must add up")
        self.starts = starts
    }

    /// The offsets of the block's events.
    package var offsets: Range<Offset> { first..<first.advanced(by: facts.count) }

    /// Bytes that the block holds in memory.
    package var byteCount: Int { payload.count + facts.count * 64 }

    /// Calls `body` with one event.
    package func withEvent<Result>(at index: Int, _ body: (StoredEvent) -> Result) -> Result {
        payload.withBytes { bytes in
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

    /// Calls `body` with one event after the other, from the given index on, until it returns false.
    package func forEachEvent(from index: Int = 0, _ body: (StoredEvent) -> Bool) {
        let facts = facts
        payload.withBytes { bytes in
            var start = index < starts.count ? starts[index] : 0
            for index in facts.indices.dropFirst(index) {
                let event = facts[index]
                let end = start + event.length
                let stored = StoredEvent(
                    offset: first.advanced(by: index),
                    facts: event,
                    event: bytes.view(start, start + event.eventLength),
                    details: bytes.view(start + event.eventLength, end)
                )
                guard body(stored) else { return }
                start = end
            }
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
