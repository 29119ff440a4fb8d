package import ClickModel
package import Logging

/// Tells an endpoint of the operator's what happens to streams: each notice until it is accepted, in order.
package actor Notifier {
    /// A notice that nobody took for so long is given up, but not before it was tried some times.
    private static let patience = Duration.seconds(3 * 86_400)
    private static let fewestAttempts = 5
    /// So often a notice is tried that is refused for what it says.
    private static let mostRefusals = 3
    /// Others wait behind it.
    private static let longestPause = Duration.seconds(900)
    private static let pauseAfterFailure = Duration.seconds(1)

    private let queue: any NoticeQueue
    private let sink: any Sink
    private let logger: Logger
    private let time: any TimeSource
    private let wakes: AsyncStream<Void>
    private nonisolated let waker: AsyncStream<Void>.Continuation
    private var failures = 0

    /// - Parameters:
    ///   - queue: What there is to tell.
    ///   - sink: Who is told.
    ///   - logger: Where trouble is noted.
    ///   - time: The clock.
    package init(
        _ queue: any NoticeQueue,
        to sink: any Sink,
        logger: Logger,
        time: any TimeSource = SystemTime()
    ) {
        self.queue = queue
        self.sink = sink
        self.logger = logger
        self.time = time
        (wakes, waker) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Says that there may be something to tell.
    package nonisolated func wake() { waker.yield() }

    /// Runs until cancelled.
    package func run() async {
        var wakes = wakes.makeAsyncIterator()
        while !Task.isCancelled {
            do {
                guard let notice = try await queue.oldestNotice() else {
                    await wakes.next()
                    continue
                }
                try await tell(notice)
            } catch {
                logger.error("notices can't be read", metadata: ["error": "\(error)"])
                try? await time.sleep(for: Self.pauseAfterFailure)
            }
        }
        await sink.close()
    }

    private func tell(_ notice: Notice) async throws {
        let outcome = await sink.deliver(
            OutgoingBatch(
                id: notice.id,
                attempt: failures + 1,
                sequences: nil,
                isTest: false,
                firstTime: notice.createdAt,
                contentType: "application/json",
                body: notice.body
            )
        )
        switch outcome {
        case .delivered:
            failures = 0
            try await queue.removeNotice(notice.id)
        case .abandoned: break
        case .failed(let failure), .refused(let failure, _), .gone(let failure):
            failures += 1
            let isOld = notice.createdAt <= time.now.advanced(by: .zero - Self.patience)
            let isRefused = if case .refused = outcome { true } else { false }
            guard
                !(isOld && failures >= Self.fewestAttempts),
                !(isRefused && failures >= Self.mostRefusals)
            else {
                logger.error(
                    "a notice is given up",
                    metadata: ["notice": "\(notice.id)", "reason": "\(failure.message)"]
                )
                failures = 0
                return try await queue.removeNotice(notice.id)
            }
            let delay = min(
                RetrySchedule().delay(
                    afterFailures: failures,
                    hint: failure.retryAfter,
                    chance: .random(in: 0...1)
                ),
                Self.longestPause
            )
            logger.warning(
                "a notice was not accepted",
                metadata: [
                    "notice": "\(notice.id)", "reason": "\(failure.message)", "in": "\(delay)",
                ]
            )
            try? await time.sleep(for: delay)
        }
    }
}
