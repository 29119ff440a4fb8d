import ClickModel
import NIOCore
import ServiceLifecycle

/// The frames of one live stream: events as they come, and a comment when none does.
///
/// Where a part of the log can't be read any more, a frame of the event `trimmed` or `damaged` stands instead of it.
/// It ends when the service stops gracefully, and when its task is cancelled.
struct LiveFrames: AsyncSequence, Sendable {
    typealias Element = ByteBuffer

    let reader: EventReader
    let start: Offset
    let heartbeat: Duration
    /// Whether the listener may still listen; asked once in a heartbeat.
    let isAllowed: @Sendable () async -> Bool

    /// The last word to a listener that was too slow.
    static let tooSlow = ByteBuffer(
        string: """
            event: error
            data: {"code":"TooSlow","message":"what was sent was not read in time: go on from the last id"}


            """
    )

    func makeAsyncIterator() -> Iterator {
        Iterator(self)
    }

    struct Iterator: AsyncIteratorProtocol {
        private static let largestFrame = 1 << 18

        private let reader: EventReader
        private let heartbeat: Duration
        private let isAllowed: @Sendable () async -> Bool
        private var position: Offset
        private var isGreeted = false
        private var asked = ContinuousClock.now
        private var sent = ContinuousClock.now

        fileprivate init(_ frames: LiveFrames) {
            (reader, heartbeat, position) = (frames.reader, frames.heartbeat, frames.start)
            isAllowed = frames.isAllowed
        }

        mutating func next() async throws -> ByteBuffer? {
            // Sent at once: the listener knows that it is heard, and where to go on should it be cut off
            // before the first event.
            guard isGreeted else {
                isGreeted = true
                return ByteBuffer(string: "id: \(EventCursor(position).text)\n: live\n\n")
            }
            while !Task.isCancelled, !Task.isShuttingDownGracefully, await mayGoOn() {
                let frame = ByteWriter(capacity: 1 << 14)
                let format = reader.format
                let step = try await reader.step(from: position) { event in
                    frame.append("id: ")
                    frame.append(text: EventCursor(event.offset.advanced(by: 1)).text)
                    frame.append("\ndata: ")
                    format.append(event, to: frame)
                    frame.append("\n\n")
                    return frame.count < Self.largestFrame
                }
                switch step {
                case .events(let next): position = next
                case .lost(let lost):
                    position = lost.range.upperBound
                    Self.append(lost, to: frame)
                case .end(let end):
                    position = end
                    await waitForEvent()
                }
                // Also where events come and none is for this listener: one that has gone is only noticed by a write.
                if frame.count == 0, ContinuousClock.now >= sent + heartbeat {
                    frame.append("id: ")
                    frame.append(text: EventCursor(position).text)
                    frame.append("\n:\n\n")
                }
                guard frame.count > 0 else { continue }
                sent = .now
                return ByteBuffer(bytes: frame.bytes)
            }
            return nil
        }

        /// A key that was removed or has expired must not be listened by.
        private mutating func mayGoOn() async -> Bool {
            guard ContinuousClock.now >= asked + heartbeat else { return true }
            asked = .now
            return await isAllowed()
        }

        private static func append(_ lost: LostEvents, to frame: ByteWriter) {
            let from = EventCursor(lost.range.lowerBound).text
            let to = EventCursor(lost.range.upperBound).text
            frame.append(
                text: """
                    id: \(to)
                    event: \(lost.cause.rawValue)
                    data: {"from":"\(from)","to":"\(to)","offsets":\(lost.offsets)}


                    """
            )
        }

        /// Waits for an event, until a heartbeat is due.
        private func waitForEvent() async {
            let deadline = sent + heartbeat
            let (log, workspace, position) = (reader.log, reader.workspace, position)
            await cancelWhenGracefulShutdown {
                await log.wait(for: position, workspace: workspace, until: deadline)
            }
        }
    }
}
