/// What the log keeps beside an event's bytes, to find and to frame it without reading them.
package struct EventFacts: Hashable, Sendable {
    package let id: ClickID
    package let timestamp: Timestamp
    package let workspace: WorkspaceNumber
    /// Bytes of the event in the `rebrandly` format.
    package let eventLength: Int
    /// Bytes of the `details` object, which follow the event's.
    package let detailsLength: Int
    /// Whether it tells of a link that doesn't exist: for those alone who ask for such.
    package let isOrphan: Bool

    package init(
        id: ClickID,
        timestamp: Timestamp,
        workspace: WorkspaceNumber,
        eventLength: Int,
        detailsLength: Int,
        isOrphan: Bool = false
    ) {
        self.id = id
        self.timestamp = timestamp
        self.workspace = workspace
        self.eventLength = eventLength
        self.detailsLength = detailsLength
        self.isOrphan = isOrphan
    }

    /// Bytes of the event and its details.
    package var length: Int { eventLength + detailsLength }
}

/// Encoded events on their way into the log, with what must be stored in the same transaction.
///
/// Reused from group to group; used by one thread at a time.
package final class EventGroup {
    package private(set) var facts: [EventFacts] = []
    /// The events' bytes, each directly followed by its `details`.
    package let payload = ByteWriter(capacity: 1 << 16)
    /// What the session table learned from this group, to be found again after a restart.
    package let sessions = ByteWriter(capacity: 1 << 14)
    /// Session keys that were made and are not stored yet; the log takes them out once they are.
    package var unsavedSessionKeys: [SessionKey] = []
    /// Session keys that no session needs any more; the log takes them out once they are forgotten there too.
    package var retiredSessionKeys: [SessionKey] = []

    package init() {}

    package var count: Int { facts.count }
    package var isEmpty: Bool { facts.isEmpty }

    /// Takes note of an event whose bytes were just written to `payload`.
    package func add(_ event: EventFacts) { facts.append(event) }

    /// Forgets the events and keeps the memory; keys that are not stored stay.
    package func removeAll() {
        facts.removeAll(keepingCapacity: true)
        payload.removeAll()
        sessions.removeAll()
    }
}

/// A key that visitors' hashes are made with; a new one every 24 hours.
package struct SessionKey: Hashable, Sendable {
    package let createdAt: Timestamp
    /// 16 secret random bytes.
    package let bytes: [UInt8]

    package init(createdAt: Timestamp, bytes: [UInt8]) {
        (self.createdAt, self.bytes) = (createdAt, bytes)
    }
}
