/// One of the lanes that a stream's events are shared out to by their link, each with an order and numbers of its own.
package struct Lane: Hashable, Sendable {
    /// How many a stream may have.
    package static let counts = 1...16

    /// From 0.
    package let index: Int
    package let count: Int

    package init(_ index: Int, of count: Int) { (self.index, self.count) = (index, count) }

    /// Whether an event belongs to it.
    package func holds(_ event: ByteView) -> Bool {
        Self.index(of: event, among: count) == index
    }

    /// The lane of an event: that of its link, or of its slashtag where there is no link.
    ///
    /// By FNV-1a (64 bits) and the finalizer of MurmurHash3, without which the last letters would hardly count. It is the same in every
    /// start and every version: a batch that is sent again holds the same events.
    package static func index(of event: ByteView, among count: Int) -> Int {
        let fields = EventFields(event)
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in fields.link ?? fields.slashtag ?? .none {
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
        }
        hash = (hash ^ (hash >> 33)) &* 0xFF51_AFD7_ED55_8CCD
        hash = (hash ^ (hash >> 33)) &* 0xC4CE_B9FE_1A85_EC53
        hash ^= hash >> 33
        return Int(hash % UInt64(max(1, count)))
    }
}
