import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A connection's socket, for answers that fit into its buffer, as nearly all do.
///
/// Going through the channel costs an answer a fifteenth of a click's work: its pipeline, its queue of pending
/// writes and their reference counts, in memory that the cache has lost since the request was read. Only
/// while nothing is queued in the channel may bytes go this way, and only while it is open: `Connection`
/// sees to both.
struct DirectSocket {
    /// How a send ended.
    enum Outcome {
        case sent
        /// The socket's buffer is full; what is left in the buffer must be queued.
        case hasRest
        /// The connection is broken.
        case failed
    }

    private let handle: NIOBSDSocket.Handle

    /// The socket of a channel; nil when it has none (in tests).
    init?(of context: ChannelHandlerContext) {
        let handle = try? context.pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self
        ) { $0 }
        guard let handle else { return nil }
        self.handle = handle
    }

    /// Sends as much as the socket takes at once and drops that from the buffer.
    func send(_ buffer: inout ByteBuffer) -> Outcome {
        let sent = buffer.withUnsafeReadableBytes { bytes in
            #if canImport(Glibc)
                Glibc.send(handle, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL))
            #else
                Darwin.send(handle, bytes.baseAddress, bytes.count, 0)  // NIO has set SO_NOSIGPIPE.
            #endif
        }
        guard sent >= 0 else {
            return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? .hasRest : .failed
        }
        buffer.moveReaderIndex(forwardBy: sent)
        return buffer.readableBytes == 0 ? .sent : .hasRest
    }
}
