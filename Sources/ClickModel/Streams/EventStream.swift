/// A workspace's standing order to send its clicks to one destination.
package struct EventStream: Identifiable, Hashable, Sendable {
    package struct ID: Hashable, Sendable, CustomStringConvertible {
        package let description: String
        package init(_ text: String) { description = text }
    }

    package static let defaultMaxAge = Duration.seconds(72 * 3600)

    /// Requests a second of a replay, unless its stream asks for fewer: live events come first.
    private static let replayRate = 10.0

    package let id: ID
    package let workspace: WorkspaceNumber
    package var destination: Destination
    package var format: EventFormat
    package var limits: BatchLimits
    package var filter: EventFilter
    /// Events that could not be delivered for so long are given up.
    package var maxAge: Duration
    /// How many requests a second may be sent; nil for as many as the receiver takes.
    package var requestsPerSecond: Double?
    /// How many lanes its events are shared out to by link; 1 keeps one order over all.
    package var lanes = 1
    /// Events before it are skipped, whatever became of them; nil skips none.
    package var skipTo: Offset?
    /// When a person last let it go on; what it waited for before is over.
    package var resumedAt: Timestamp?
    /// The `key` of the envelope.
    package var key: StreamKey
    /// The keys before it, the last one first: a batch that was cut with one is sent again with that.
    package var previousKeys: [StreamKey]
    /// The signing secrets: the current one first, then those that still count.
    package var secrets: [SigningSecret]
    package var state: StreamState
    /// The first event that the stream is about.
    package let start: Offset
    /// How many events its workspace had before `start`.
    package let startTotal: Int64
    /// Set when this is no stream of its own but a replay of one.
    package private(set) var replay: Replay?
    /// When its filter or its format last changed: before, its events had other numbers or other bytes.
    package var numberedSince: Timestamp?
    /// Another destination that its owner asked for and that has not accepted a test delivery yet.
    package var pending: PendingDestination?
    /// The last warning that its events are about to expire; nil when none are.
    package var announced: ExpiryAnnouncement?

    package init(
        id: ID,
        workspace: WorkspaceNumber,
        destination: Destination,
        format: EventFormat,
        limits: BatchLimits,
        filter: EventFilter = EventFilter(),
        maxAge: Duration = defaultMaxAge,
        requestsPerSecond: Double? = nil,
        skipTo: Offset? = nil,
        resumedAt: Timestamp? = nil,
        key: StreamKey,
        previousKeys: [StreamKey] = [],
        secrets: [SigningSecret],
        state: StreamState,
        start: Offset,
        startTotal: Int64
    ) {
        self.id = id
        self.workspace = workspace
        self.destination = destination
        self.format = format
        self.limits = limits
        self.filter = filter
        self.maxAge = maxAge
        self.requestsPerSecond = requestsPerSecond
        self.skipTo = skipTo
        self.resumedAt = resumedAt
        self.key = key
        self.previousKeys = previousKeys
        self.secrets = secrets
        self.state = state
        self.start = start
        self.startTotal = startTotal
    }

    /// A replay as a stream that ends: with a place of its own, and slowly.
    package func replaying(_ replay: Replay) -> EventStream {
        var copy = EventStream(
            id: replay.id,
            workspace: workspace,
            destination: destination,
            format: format,
            limits: limits,
            filter: filter,
            maxAge: maxAge,
            requestsPerSecond: min(requestsPerSecond ?? Self.replayRate, Self.replayRate),
            resumedAt: resumedAt,
            key: key,
            previousKeys: previousKeys,
            secrets: secrets,
            state: state,
            start: replay.covers.lowerBound,
            startTotal: replay.startTotal
        )
        copy.lanes = lanes
        copy.replay = replay
        return copy
    }
}

/// Where a stream is in its life.
package enum StreamStatus: String, CaseIterable, Sendable {
    case requested, verifying, active, failing, paused, disabled

    /// Whether its events are being delivered, or tried to be.
    package var isDelivering: Bool { self == .active || self == .failing }
}

/// A stream's status, with why and since when.
package struct StreamState: Hashable, Sendable {
    package let status: StreamStatus
    package let reason: String?
    package let since: Timestamp

    package init(_ status: StreamStatus, reason: String? = nil, since: Timestamp) {
        (self.status, self.reason, self.since) = (status, reason, since)
    }
}

/// When a batch is sent: at the first of the three.
package struct BatchLimits: Hashable, Sendable {
    /// 1 to 10,000.
    package var events: Int
    /// Of the whole uncompressed body; 16 KiB to 8 MiB.
    package var bytes: Int
    /// Since its first event was in the log; 0 to 300 seconds.
    package var wait: Duration

    package static let eventsRange = 1...10_000
    package static let bytesRange = 16_384...8_388_608
    package static let secondsRange = 0.0...300.0

    package init(events: Int = 500, bytes: Int = 524_288, wait: Duration = .seconds(1)) {
        (self.events, self.bytes, self.wait) = (events, bytes, wait)
    }
}

/// Where a stream sends: a kind of sink and that kind's settings.
package struct Destination: Hashable, Sendable {
    /// The kind's name, such as `webhook`.
    package let kind: String
    /// Values by field name; a kind's fields say which there are and which are secret.
    package var settings: [String: String]

    package init(kind: String, settings: [String: String]) {
        (self.kind, self.settings) = (kind, settings)
    }
}
