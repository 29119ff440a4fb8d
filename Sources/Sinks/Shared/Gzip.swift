import CZlib

/// Compression as gzip (RFC 1952), the same bytes each time: without a time, a name or a system.
///
/// One stream at a time; not for use from two threads at once.
final class Gzip {
    struct Failure: Error {}

    /// zlib keeps a pointer to its stream, so that has to stay where it is.
    private let stream: UnsafeMutablePointer<z_stream>
    private let room: UnsafeMutableBufferPointer<UInt8>

    /// - Throws: `Failure`, when there is no memory.
    init() throws(Failure) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        room = .allocate(capacity: 64 << 10)
        // 15 bits of window, and 16 for gzip's own frame.
        let code = deflateInit2_(
            stream,
            Z_DEFAULT_COMPRESSION,
            Z_DEFLATED,
            15 + 16,
            8,
            Z_DEFAULT_STRATEGY,
            ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size)
        )
        guard code == Z_OK else {
            stream.deallocate()
            room.deallocate()
            throw Failure()
        }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
        room.deallocate()
    }

    /// The whole of some bytes, compressed.
    static func compressed(_ bytes: [UInt8]) throws(Failure) -> [UInt8] {
        let gzip = try Gzip()
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count / 4)
        try gzip.add(bytes, isLast: true) { result += $0 }
        return result
    }

    /// Compresses a piece, and hands on what comes out.
    ///
    /// - Parameters:
    ///   - bytes: The next piece, of less than 4 GiB.
    ///   - isLast: Whether it is the last one; nothing can be added after it.
    ///   - take: Gets pieces of the result, valid during the call.
    /// - Throws: `Failure`, when there is no memory; it is then not to be used any longer.
    func add(
        _ bytes: [UInt8],
        isLast: Bool,
        _ take: (UnsafeBufferPointer<UInt8>) -> Void
    ) throws(Failure) {
        var bytes = bytes
        let isDone = bytes.withUnsafeMutableBufferPointer { input -> Bool in
            stream.pointee.next_in = input.baseAddress
            stream.pointee.avail_in = UInt32(clamping: input.count)
            defer { stream.pointee.next_in = nil }
            while true {
                stream.pointee.next_out = room.baseAddress
                stream.pointee.avail_out = UInt32(room.count)
                let code = deflate(stream, isLast ? Z_FINISH : Z_NO_FLUSH)
                guard code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR else {
                    return false
                }
                let count = room.count - Int(stream.pointee.avail_out)
                take(UnsafeBufferPointer(rebasing: room[..<count]))
                if isLast ? code == Z_STREAM_END : stream.pointee.avail_out > 0 { return true }
                if count == 0 { return false }
            }
        }
        guard isDone else { throw Failure() }
    }
}
