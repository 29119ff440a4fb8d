/// What happened to streams and has not been told yet, oldest first.
package protocol NoticeQueue: Sendable {
    /// The next one; nil when all is told.
    func oldestNotice() async throws -> Notice?

    /// Forgets one.
    func removeNotice(_ id: String) async throws
}

/// Something that happened to a stream, as whoever asked to be told gets it.
package struct Notice: Hashable, Sendable {
    /// The `webhook-id`.
    package let id: String
    package let createdAt: Timestamp
    /// `{"type","timestamp","data"}`.
    package let body: [UInt8]

    package init(id: String, createdAt: Timestamp, body: [UInt8]) {
        (self.id, self.createdAt, self.body) = (id, createdAt, body)
    }
}

/// A warning that events of a stream are about to expire.
package struct ExpiryAnnouncement: Hashable, Sendable {
    /// How much of their time is over: 70 or 90.
    package let percent: Int
    /// How many events have come so far.
    package let events: Int64
    package let at: Timestamp

    package init(percent: Int, events: Int64, at: Timestamp) {
        (self.percent, self.events, self.at) = (percent, events, at)
    }
}
