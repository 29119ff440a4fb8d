import CZlib

/// The other way round, for tests.
enum Gunzip {
    /// What was compressed; nil when it is not whole.
    static func bytes(_ compressed: [UInt8]) -> [UInt8]? {
        var stream = z_stream()
        let size = Int32(MemoryLayout<z_stream>.size)
        guard inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, size) == Z_OK else { return nil }
        defer { inflateEnd(&stream) }
        var (input, output) = (compressed, [UInt8]())
        var room = [UInt8](repeating: 0, count: 1 << 16)
        return input.withUnsafeMutableBufferPointer { input in
            stream.next_in = input.baseAddress
            stream.avail_in = UInt32(input.count)
            while true {
                let code = room.withUnsafeMutableBufferPointer { room -> Int32 in
                    stream.next_out = room.baseAddress
                    stream.avail_out = UInt32(room.count)
                    return inflate(&stream, Z_NO_FLUSH)
                }
                output += room.prefix(room.count - Int(stream.avail_out))
                if code == Z_STREAM_END { return stream.avail_in == 0 ? output : nil }
                guard code == Z_OK else { return nil }
            }
        }
    }
}
