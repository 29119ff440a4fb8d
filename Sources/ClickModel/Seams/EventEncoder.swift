/// Turns clicks into encoded events.
///
/// Total: what can't be known is null, and no click is refused. Stateful (caches, sessions) and used by one thread at a time: the log's.
package protocol EventEncoder: AnyObject {
    /// Appends one click's event to the group: payload, facts, and what the sessions learned.
    ///
    /// - Returns: What it says of the visitor.
    @discardableResult
    func encode(
        _ click: Click,
        _ request: borrowing ClickRequest,
        into group: EventGroup
    ) -> EncodedClick
}

/// What an event says of its visitor, for those who count.
package struct EncodedClick: Hashable, Sendable {
    package let isHuman: Bool
    /// Whether it is the first of its session.
    package let startsSession: Bool

    package init(isHuman: Bool, startsSession: Bool) {
        (self.isHuman, self.startsSession) = (isHuman, startsSession)
    }
}

/// Where sessions are kept over a restart.
package protocol SessionStore: Sendable {
    /// The keys that are still in use, oldest first.
    func sessionKeys() throws -> [SessionKey]

    /// What groups since `time` wrote to `EventGroup.sessions`, oldest first.
    func readSessionJournal(since time: Timestamp, _ body: (ByteView) -> Void) throws
}
