import Hummingbird
import ServiceLifecycle

/// An answer's body that trickles: as much as a sender reads of one, a piece at a time.
struct SlowBody: Sendable {
    static let length = 16 << 10

    let bytesPerSecond: Int

    /// At most ten pieces a second.
    var pieceBytes: Int { min(max(1, bytesPerSecond / 10), Self.length) }

    /// The time between two pieces.
    var pause: Duration { .seconds(1) * pieceBytes / max(1, bytesPerSecond) }

    var body: ResponseBody {
        ResponseBody(contentLength: Self.length) { writer in
            var left = Self.length
            while left > 0 {
                let piece = min(pieceBytes, left)
                try await writer.write(ByteBuffer(repeating: UInt8(ascii: "."), count: piece))
                left -= piece
                // Who stops the receiver doesn't wait for the rest.
                let pause = pause
                try await cancelWhenGracefulShutdown { try await Task.sleep(for: pause) }
            }
            try await writer.finish(nil)
        }
    }
}
