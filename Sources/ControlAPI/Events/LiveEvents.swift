import ClickModel
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// Live streams of events to whoever listens: server-sent events.
///
/// Nothing is queued for a slow listener: it reads from the log at its own pace. One that stops reading is dropped;
/// it can go on later from the last id that it saw.
final class LiveEvents: Sendable {
    private static let mostListeners = 256
    private static let mostListenersOfWorkspace = 64

    private let heartbeat: Duration
    /// How long a write may take.
    private let patience: Duration
    private let seats = Seats(mostListeners, ofWorkspace: mostListenersOfWorkspace)

    init(heartbeat: Duration, patience: Duration) {
        (self.heartbeat, self.patience) = (heartbeat, patience)
    }

    /// A stream that ends when the service stops, or the listener goes or stops reading.
    ///
    /// - Throws: 429 when there are too many listeners already.
    func response(
        _ reader: EventReader,
        from start: Offset,
        in context: ControlContext,
        while isAllowed: @escaping @Sendable () async -> Bool
    ) throws(APIError) -> Response {
        guard let seat = seats.take(for: reader.workspace) else {
            throw APIError(
                status: .tooManyRequests,
                code: "TooManyRequests",
                message: "\(Self.mostListenersOfWorkspace) listeners of a workspace, and "
                    + "\(Self.mostListeners) in all, are the most"
            )
        }
        let frames = LiveFrames(
            reader: reader,
            start: start,
            heartbeat: heartbeat,
            isAllowed: isAllowed
        )
        let (channel, logger) = (context.channel, context.logger)
        let patience = patience
        let body = ResponseBody { writer in
            defer { withExtendedLifetime(seat) {} }
            let watch = WriteWatch(patience: patience)
            let endWatch = watch.start(close: { channel.close(promise: nil) }) {
                logger.notice(
                    "a listener is dropped: it does not read",
                    metadata: ["workspace": "\(reader.workspace)"]
                )
            }
            defer { endWatch() }
            for try await frame in frames {
                watch.begin()
                try await writer.write(frame)
                guard watch.end() else {
                    try await writer.write(LiveFrames.tooSlow)
                    break
                }
            }
            watch.begin()
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
}
