/// What became of a workspace's events since a stream's start; the sum is `in`.
package struct DeliveryAccounting: Hashable, Sendable {
    package let checkpoint: Offset
    /// Events of the workspace from the stream's start to the log's end.
    package let `in`: Int64
    package let delivered: Int64
    package let parked: Int64
    package let filtered: Int64
    package let expired: Int64

    /// Makes the accounting of a position.
    ///
    /// - Parameters:
    ///   - position: Where the stream stands.
    ///   - total: The workspace's events since the stream's start, read after or with the position.
    ///   - unparkedDelivered: Parked events that were delivered after all.
    ///   - unparkedExpired: Parked events that were discarded.
    package init(
        _ position: StreamPosition,
        total: Int64,
        unparkedDelivered: Int64 = 0,
        unparkedExpired: Int64 = 0
    ) {
        checkpoint = position.checkpoint
        `in` = max(total, position.settled)
        delivered = position.delivered + unparkedDelivered
        parked = position.parked - unparkedDelivered - unparkedExpired
        filtered = position.filtered
        expired = position.expired + unparkedExpired
    }

    /// Events that wait, those included that the filter has not seen yet.
    package var pending: Int64 { `in` - delivered - parked - filtered - expired }
}
