/// Turns clicks into encoded events.
///
/// Total: what can't be known is null, and no click is refused. Stateful (caches, sessions) and used by one thread at a time: the log's.
package protocol EventEncoder: AnyObject {
    /// Appends one click's event to the group: payload, facts, and what the sessions learned.
    func encode(_ click: Click, _ request: borrowing ClickRequest, into group: EventGroup)
}

/// Where sessions are kept over a restart.
package protocol SessionStore: Sendable {
    /// The keys that are still in use, oldest first.
    func sessionKeys() throws -> [SessionKey]

    /// What groups since `time` wrote to `EventGroup.sessions`, oldest first.
    func sessionJournal(since time: Timestamp) throws -> [[UInt8]]
}
