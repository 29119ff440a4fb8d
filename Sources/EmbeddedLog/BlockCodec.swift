import CZstd
import ClickModel

/// The stored form of a block.
///
/// Sixteen bytes of header (`CSB2`, event count, bytes before compression, checksum of the frame; little-endian
/// 32-bit numbers), then one zstd frame. In the frame: the events' bytes, then 40 bytes of
/// facts for each event (id's high and low half, microseconds, workspace, bytes of the event, bytes of its
/// details with the orphan's bit above them). docs/log-format.md describes it; a golden block in the tests guards it.
final class BlockCodec {
    private static let magic: UInt32 = 0x3242_5343
    private static let headerBytes = 16
    private static let factBytes = 40
    /// In the length of the details: the event is an orphan.
    private static let orphanBit: UInt32 = 1 << 31
    /// No block is larger than this before compression; a stored one that says so is damaged.
    private static let largestBlock = 256 << 20

    private let compressor: OpaquePointer
    private let frame = ByteWriter(capacity: 1 << 18)
    private let stored = ByteWriter(capacity: 1 << 18)

    init() {
        guard let context = ZSTD_createCCtx() else {
            preconditionFailure("no memory for a zstd context")
        }
        compressor = context
        ZSTD_CCtx_setParameter(compressor, ZSTD_c_compressionLevel, 1)
        // Events are so alike that a table of 8 KB finds what one of 64 KB does, and leaves the cache to others.
        ZSTD_CCtx_setParameter(compressor, ZSTD_c_hashLog, 11)
        // Ours is of the frame: a tenth of the bytes that zstd's own goes through.
        ZSTD_CCtx_setParameter(compressor, ZSTD_c_checksumFlag, 0)
    }

    deinit { ZSTD_freeCCtx(compressor) }

    /// The group's stored form; valid until the next call.
    ///
    /// The facts go behind the events for the time of the call: so the events are compressed where the
    /// encoder wrote them.
    func encode(_ group: EventGroup) throws(LogError) -> ByteView {
        let plain = group.payload
        let eventBytes = plain.count
        defer { plain.truncate(to: eventBytes) }
        plain.reserve(group.count * Self.factBytes)
        for event in group.facts {
            plain.append(littleEndian: event.id.high)
            plain.append(littleEndian: event.id.low)
            plain.append(littleEndian: event.timestamp.microseconds)
            plain.append(littleEndian: event.workspace)
            plain.append(littleEndian: UInt32(clamping: event.eventLength))
            let details = UInt32(clamping: event.detailsLength)
            plain.append(littleEndian: event.isOrphan ? details | Self.orphanBit : details)
        }

        frame.removeAll()
        let written = frame.appendUninitialized(atMost: ZSTD_compressBound(plain.count)) { room in
            ZSTD_compress2(
                compressor,
                room.baseAddress,
                room.count,
                plain.bytes.baseAddress,
                plain.count
            )
        }
        guard written != nil else { throw .io("zstd could not compress a block") }
        stored.removeAll()
        stored.append(littleEndian: Self.magic)
        stored.append(littleEndian: UInt32(clamping: group.count))
        stored.append(littleEndian: UInt32(clamping: plain.count))
        stored.append(littleEndian: Self.checksum(of: frame.bytes))
        stored.append(frame.bytes)
        return stored.bytes
    }

    /// Never zero, which says that the frame has zstd's own: blocks of versions before.
    private static func checksum(of frame: ByteView) -> UInt32 {
        UInt32(truncatingIfNeeded: ByteHash(seed: UInt64(magic)).hash(frame)) | 1
    }

    /// Bytes before compression, as a stored block says; 0 when it is none.
    static func plainBytes(_ stored: ByteView) -> Int {
        stored.count >= headerBytes ? Int(stored.number(at: 8)) : 0
    }

    /// Reads a stored block, or says what is wrong with it.
    static func decode(_ stored: ByteView, first: Offset) throws(DamagedBlock) -> Block {
        guard stored.count >= headerBytes, stored.number(at: 0) == magic else {
            throw DamagedBlock(reason: "not a block")
        }
        let count = Int(stored.number(at: 4))
        let size = plainBytes(stored)
        guard size <= largestBlock, count * factBytes <= size else {
            throw DamagedBlock(reason: "impossible sizes")
        }
        let frame = stored.view(headerBytes, stored.count)
        let checksum = stored.number(at: 12)
        guard checksum == 0 || checksum == Self.checksum(of: frame) else {
            throw DamagedBlock(reason: "its checksum is wrong")
        }
        let plain = OwnedBytes(count: size) { room in
            let read = ZSTD_decompress(room.baseAddress, size, frame.baseAddress, frame.count)
            return ZSTD_isError(read) == 0 ? read : 0
        }
        guard plain.count == size else { throw DamagedBlock(reason: "its checksum is wrong") }
        let eventBytes = size - count * factBytes
        let facts = plain.withBytes { readFacts($0.view(eventBytes, size), count: count) }
        guard facts.reduce(0, { $0 + $1.length }) == eventBytes else {
            throw DamagedBlock(reason: "its lengths don't add up")
        }
        return Block(first: first, facts: facts, payload: plain)
    }

    private static func readFacts(_ bytes: ByteView, count: Int) -> [EventFacts] {
        (0..<count).map { index in
            let start = index * factBytes
            let details = bytes.number(at: start + 36)
            return EventFacts(
                id: ClickID(high: bytes.long(at: start), low: bytes.long(at: start + 8)),
                timestamp: Timestamp(
                    microseconds: Int64(bitPattern: bytes.long(at: start + 16))
                ),
                workspace: Int64(bitPattern: bytes.long(at: start + 24)),
                eventLength: Int(bytes.number(at: start + 32)),
                detailsLength: Int(details & ~orphanBit),
                isOrphan: details & orphanBit != 0
            )
        }
    }
}

/// Why a stored block can't be read.
struct DamagedBlock: Error {
    let reason: String
}

extension ByteWriter {
    /// Lets `body` write into `limit` bytes of room; nil when zstd calls its answer an error.
    fileprivate func appendUninitialized(
        atMost limit: Int,
        _ body: (UnsafeMutableRawBufferPointer) -> Int
    ) -> Int? {
        appendRoom(limit) { room in
            let written = body(room)
            return ZSTD_isError(written) == 0 ? written : nil
        }
    }
}
