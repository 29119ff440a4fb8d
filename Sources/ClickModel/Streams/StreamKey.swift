/// The `key` in a stream's batches.
package struct StreamKey: Hashable, Sendable {
    /// Grows with every change, so that a batch tells which key it was cut with.
    package let version: Int
    package let text: String

    package init(_ text: String, version: Int = 1) { (self.text, self.version) = (text, version) }
}

/// A destination that takes the place of a stream's own once it has accepted a test delivery.
package struct PendingDestination: Hashable, Sendable {
    package let destination: Destination
    /// Why it didn't accept it; nil while that is not known.
    package let reason: String?
    package let since: Timestamp

    package init(_ destination: Destination, reason: String?, since: Timestamp) {
        (self.destination, self.reason, self.since) = (destination, reason, since)
    }
}
