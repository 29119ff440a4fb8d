import ClickModel
import HTTPTypes
import Hummingbird
import NIOCore
import ServiceLifecycle
import Synchronization

/// Live streams of events to whoever listens: server-sent events.
///
/// Nothing is queued for a slow listener: it reads from the log at its own pace.
final class LiveEvents: Sendable {
    private static let mostListeners = 256
    /// How long a listener that doesn't read may hold the stop up.
    private static let grace = TimeAmount.seconds(2)

    private let heartbeat: Duration
    private let listeners = Mutex(0)

    init(heartbeat: Duration) { self.heartbeat = heartbeat }

    /// A stream that ends when the service stops or the listener goes.
    ///
    /// - Throws: 429 when there are too many listeners already.
    func response(
        _ reader: EventReader,
        from start: Offset,
        on channel: any Channel
    ) throws(APIError) -> Response {
        let seat = try takeSeat()
        let frames = LiveFrames(reader: reader, start: start, heartbeat: heartbeat)
        let body = ResponseBody { writer in
            defer { withExtendedLifetime(seat) {} }
            // A listener that stopped reading holds up a write, and so the stop: cut it off.
            let watch = Task {
                try await gracefulShutdown()
                try await Task.sleep(for: .nanoseconds(Self.grace.nanoseconds))
                channel.close(promise: nil)
            }
            defer { watch.cancel() }
            try await writer.write(frames)
            try await writer.finish(nil)
        }
        return Response(
            status: .ok,
            headers: [
                .contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-store",
            ],
            body: body
        )
    }

    private func takeSeat() throws(APIError) -> Seat {
        let isTaken = listeners.withLock { count in
            guard count < Self.mostListeners else { return false }
            count += 1
            return true
        }
        guard isTaken else {
            throw APIError(
                status: .tooManyRequests,
                code: "TooManyRequests",
                message: "\(Self.mostListeners) listeners are the most"
            )
        }
        return Seat { [weak self] in self?.listeners.withLock { $0 -= 1 } }
    }

    /// A listener's place; given back when nobody holds it any more.
    private final class Seat: Sendable {
        private let release: @Sendable () -> Void

        init(_ release: @escaping @Sendable () -> Void) { self.release = release }

        deinit { release() }
    }
}
