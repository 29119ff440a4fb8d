public import Foundation

/// What one request brings: consecutive events of a stream.
///
/// Verify the request first: `SignatureVerifier`. The signature covers the id and the body; the
/// other headers are as trustworthy as the connection they came over.
public struct Batch: Equatable, Sendable {
    /// How the events stand in the body.
    public enum Framing: Equatable, Sendable {
        /// `{"data":[event, ...],"key":"..."}`: the formats `rebrandly` and `extended`.
        case envelope
        /// The bare array of the format `cloudevents`.
        case array
    }

    /// `webhook-id`: the same on every retry, at most 256 visible ASCII characters.
    public let id: String
    /// `webhook-attempt`: which try of this batch it is, from 1; 1 when it isn't told.
    public let attempt: Int
    /// Whether it is the set-up's test, whose event is a sample: leave it out of your data.
    public let isTest: Bool
    /// The stream's numbers of the first and the last event; nil for the set-up's test.
    public let sequences: ClosedRange<Int64>?
    /// `webhook-lane`: which lane numbered the events, from 0 to 255; nil for a stream without
    /// lanes.
    public let lane: Int?
    /// `webhook-replay`: which replay sends these events again; nil for live traffic.
    public let replayID: String?
    /// The stream's key; nil when the body has none.
    public let key: String?
    public let framing: Framing
    /// Each event's JSON, byte for byte as it was sent.
    public let events: [Data]

    /// Reads a request that was verified.
    ///
    /// - Parameters:
    ///   - headers: The request's.
    ///   - body: The request's, uncompressed. The whole is checked to be JSON, nested 32 deep at most.
    /// - Throws: `missingHeader`, `malformedHeader` or `malformedBody`.
    public init(headers: DeliveryHeaders, body: Data) throws(ReceiverError) {
        id = try headers.id()
        attempt = Int(try headers.number("webhook-attempt", in: 1...Int64(Int32.max)) ?? 1)
        isTest = try headers.value("webhook-test") == "true"
        sequences = try Self.sequences(headers)
        lane = try headers.number("webhook-lane", in: 0...255).map { Int($0) }
        replayID = try headers.value("webhook-replay")
        guard let content = BatchBody(body) else { throw .malformedBody }
        (framing, key, events) = (content.framing, content.key, content.events)
    }

    private static func sequences(
        _ headers: DeliveryHeaders
    ) throws(ReceiverError) -> ClosedRange<Int64>? {
        let first = try headers.number("webhook-first-sequence", in: 1...Int64.max)
        let last = try headers.number("webhook-last-sequence", in: 1...Int64.max)
        switch (first, last) {
        case (nil, nil): return nil
        case (nil, _?): throw .missingHeader("webhook-first-sequence")
        case (_?, nil): throw .missingHeader("webhook-last-sequence")
        case (let first?, let last?):
            guard first <= last else { throw .malformedHeader("webhook-last-sequence") }
            return first...last
        }
    }
}
