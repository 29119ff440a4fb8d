/// The streams that were ordered, as delivery sees them.
package protocol StreamDirectory: Sendable {
    /// Every stream there is now.
    func streams() async throws -> [EventStream]

    /// Notes where a stream is in its life; nothing happens if it was deleted meanwhile.
    func setState(_ state: StreamState, of stream: EventStream.ID) async throws
}
