/// One attempt at one batch, as a sink gets it.
package struct OutgoingBatch: Sendable {
    /// Stable across retries and crashes; receivers drop repeated batches by it.
    package let id: String
    /// 1 for the first send.
    package let attempt: Int
    /// The stream's numbers of the first and the last event; nil for what carries none of a stream's events.
    package let sequences: ClosedRange<Int64>?
    /// Whether this is the set-up's test delivery.
    package let isTest: Bool
    /// The lane that numbers its events; nil for a stream without lanes.
    package let lane: Int?
    /// When its first event was clicked.
    package let firstTime: Timestamp
    /// The replay that sends it; nil for a batch's first journey.
    package let replay: String?
    package let contentType: String
    /// The whole body, byte for byte the same on every attempt.
    package let body: [UInt8]

    package init(
        id: String,
        attempt: Int,
        sequences: ClosedRange<Int64>?,
        isTest: Bool = false,
        lane: Int? = nil,
        firstTime: Timestamp,
        replay: String? = nil,
        contentType: String,
        body: [UInt8]
    ) {
        self.id = id
        self.attempt = attempt
        self.sequences = sequences
        self.isTest = isTest
        self.lane = lane
        self.firstTime = firstTime
        self.replay = replay
        self.contentType = contentType
        self.body = body
    }
}
