/// The streams that were ordered, as delivery sees them.
package protocol StreamDirectory: Sendable {
    /// Every stream there is now, and the replays of those that are being delivered.
    func streams() async throws -> [EventStream]

    /// Notes where a stream is in its life, if it is in one of the `allowed` states until then.
    ///
    /// Nothing happens if it is in another one, was deleted, or has another destination than the one that was tested.
    func setState(
        _ state: StreamState,
        of stream: EventStream.ID,
        from allowed: Set<StreamStatus>,
        tested destination: Destination?
    ) async throws

    /// Notes how the test delivery to a pending destination ended: it takes its place, or stays with the reason.
    ///
    /// Nothing happens when another one is pending by now.
    func settlePending(
        _ pending: PendingDestination,
        of stream: EventStream.ID,
        reason: String?
    ) async throws

    /// Keeps and tells the warning that a stream's events are about to expire; nil says that they are not any more.
    func setAnnouncement(
        _ announcement: ExpiryAnnouncement?,
        of stream: EventStream
    ) async throws

    /// Notes that a replay has come to its end.
    func finishReplay(_ id: EventStream.ID) async throws
}
