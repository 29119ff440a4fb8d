import ClickModel

/// Writes the pieces of an event into memory that was measured beforehand.
///
/// A `ByteWriter` checks its room and its exclusive use at every piece; an event has twenty. Every
/// piece is still held against the room that is left: what doesn't fit is not written and spoils the event.
struct EventCursor {
    private let room: UnsafeMutableRawBufferPointer
    private(set) var count = 0
    /// Whether a piece found no room.
    private(set) var isOverrun = false

    init(_ room: UnsafeMutableRawBufferPointer) { self.room = room }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count <= room.count - count else {
            isOverrun = true
            return
        }
        guard let source = bytes.baseAddress, let target = room.baseAddress else { return }
        (target + count).copyMemory(from: source, byteCount: bytes.count)
        count += bytes.count
    }

    mutating func append(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { append($0) }
    }

    mutating func append(_ bytes: ArraySlice<UInt8>) {
        bytes.withUnsafeBytes { append($0) }
    }

    mutating func append(_ literal: StaticString) {
        append(UnsafeRawBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }

    mutating func append(_ bytes: ByteView) { append(UnsafeRawBufferPointer(bytes)) }

    mutating func append(_ time: TimestampText) {
        withUnsafeBytes(of: time.characters) { append(UnsafeRawBufferPointer(rebasing: $0[..<27])) }
    }
}
