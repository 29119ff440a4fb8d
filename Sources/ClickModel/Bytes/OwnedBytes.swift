/// A piece of memory that is written no more, to be shared between threads.
package final class OwnedBytes: @unchecked Sendable {
    // Safe to share: nobody writes to it, and it lives as long as its owner.
    private let base: UnsafeMutablePointer<UInt8>
    package let count: Int

    /// Makes memory of up to `count` bytes.
    ///
    /// - Parameters:
    ///   - count: How much room there is.
    ///   - fill: Writes into the room and says how many bytes it wrote.
    package init(count: Int, fill: (UnsafeMutableRawBufferPointer) -> Int) {
        base = .allocate(capacity: max(1, count))
        let written = fill(UnsafeMutableRawBufferPointer(start: base, count: count))
        self.count = min(max(0, written), count)
    }

    /// A copy of bytes.
    package convenience init(_ bytes: ByteView) {
        self.init(count: bytes.count) { room in
            room.copyBytes(from: bytes)
            return bytes.count
        }
    }

    deinit { base.deallocate() }

    /// Calls `body` with the bytes, which are valid only during the call.
    package func withBytes<Result, Failure: Error>(
        _ body: (ByteView) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(ByteView(start: base, count: count))
    }
}
