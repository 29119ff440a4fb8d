package import ClickModel
package import Logging
import Synchronization

/// The bounded queue between the event loops and the log's thread.
///
/// An event loop hands over a group a tick, under one short lock. The log's thread takes what
/// has gathered whenever it is ready to commit, and encodes it there: while one group is synced to
/// disk, the next one gathers. When more clicks wait than may, by number or by size, or the log takes none for
/// too long, new ones are shed and counted.
package final class Intake: ClickIntake, EventSource {
    private struct Submission {
        let submitted = ContinuousClock.now
        let group: ClickGroup
        let settled: @Sendable (Acceptance) -> Void
    }

    private struct Queue {
        var waiting: [Submission] = []
        var clicks = 0
        var textBytes = 0
        /// Since when the oldest click waits that isn't settled; nil when all are.
        var waitingSince: ContinuousClock.Instant?
        var isStopping = false
    }

    /// Events in a block, at least while more wait: enough to share a sync, few enough to read back.
    private static let eventsPerBlock = 512
    /// The same in bytes of events, plus what one submission brings.
    private static let bytesPerBlock = 1 << 20

    /// So often, ten milliseconds apart, whoever asks for counts looks whether they were told.
    private static let looksForCounts = 50

    private let log: any EventLog
    private let metrics: ServiceMetrics
    private let logger: Logger
    private let maximumClicks: Int
    private let maximumBytes: Int
    private let patience: Duration
    private let queue = Mutex(Queue())
    // Only the log's thread touches these five.
    nonisolated(unsafe) private let encoder: any EventEncoder
    /// Submissions taken from the queue and not yet encoded, the next one at `takenHead`.
    nonisolated(unsafe) private var taken: [Submission] = []
    nonisolated(unsafe) private var takenHead = 0
    /// Submissions whose events are in the group that is being committed.
    nonisolated(unsafe) private var underWay: [Submission] = []
    nonisolated(unsafe) private var tally = LinkTally()
    private let areCountsWanted = Atomic<Bool>(false)
    /// What the log's thread counted for whoever asked, until that fetches it.
    private let counts = Mutex<LinkCounts?>(nil)
    private let isLogDown = Atomic<Bool>(false)

    /// Makes the intake and starts to feed the log.
    ///
    /// - Parameters:
    ///   - encoder: Used on the log's thread from now on, and nowhere else.
    ///   - log: Where events go.
    ///   - maximumClicks: How many clicks may wait; more are shed.
    ///   - maximumBytes: How many bytes their texts may have, so many more are shed.
    ///   - patience: How long clicks may wait before those that come meanwhile are shed.
    ///   - metrics: Where clicks are counted.
    ///   - logger: Where trouble with the log is told.
    package init(
        encoder: sending any EventEncoder,
        log: any EventLog,
        maximumClicks: Int = 131_072,
        maximumBytes: Int = 256 << 20,
        patience: Duration = .seconds(5),
        metrics: ServiceMetrics,
        logger: Logger
    ) {
        self.encoder = encoder
        self.log = log
        self.maximumClicks = maximumClicks
        self.maximumBytes = maximumBytes
        self.patience = patience
        self.metrics = metrics
        self.logger = logger
        log.take(from: self)
    }

    package func submit(_ group: ClickGroup, settled: @escaping @Sendable (Acceptance) -> Void) {
        let submission = Submission(group: group, settled: settled)
        let refusal = queue.withLock { queue -> ShedReason? in
            if queue.isStopping { return .stopping }
            if let since = queue.waitingSince, submission.submitted - since > patience {
                return .logUnavailable
            }
            if queue.clicks + group.count > maximumClicks
                || queue.textBytes + group.textBytes > maximumBytes
            {
                return .overload
            }
            queue.waiting.append(submission)
            queue.waitingSince = queue.waitingSince ?? submission.submitted
            queue.clicks += group.count
            queue.textBytes += group.textBytes
            return nil
        }
        guard let refusal else { return log.wake() }
        if refusal == .logUnavailable { tell("clicks have waited for the log for \(patience): ") }
        metrics.shed(for: refusal).add(group.count)
        settled(.shed(refusal))
    }

    /// What people did with links since it was last asked for: the log's thread tells it between two commits.
    ///
    /// - Returns: Nil when no commit was counted since, or the log's thread is held up.
    package func takeLinkCounts() async -> LinkCounts? {
        areCountsWanted.store(true, ordering: .releasing)
        log.wake()
        for _ in 0..<Self.looksForCounts where areCountsWanted.load(ordering: .acquiring) {
            try? await Task.sleep(for: .milliseconds(10))
        }
        return counts.withLock { counts in
            defer { counts = nil }
            return counts
        }
    }

    /// Takes no more clicks; those that wait still go into the log.
    package func stop() {
        queue.withLock { $0.isStopping = true }
        log.wake()
    }

    // MARK: - On the log's thread

    package func fill(_ group: EventGroup) {
        // Between two commits, not while a group gathers.
        if group.isEmpty, areCountsWanted.load(ordering: .relaxed) { tellCounts() }
        while group.count < Self.eventsPerBlock, group.payload.count < Self.bytesPerBlock,
            let next = takeNext()
        {
            underWay.append(next)
            next.group.forEach { click, request in
                tally.add(click, encoder.encode(click, request, into: group))
            }
        }
    }

    /// Says once that clicks get lost, until they don't any more.
    private func tell(_ why: String, _ metadata: Logger.Metadata = [:]) {
        guard !isLogDown.exchange(true, ordering: .relaxed) else { return }
        logger.error("\(why)redirects go on, clicks are shed and counted", metadata: metadata)
    }

    private func tellCounts() {
        counts.withLock { counts in
            // What was told and not fetched yet stays first.
            if counts == nil { counts = tally.take() }
        }
        areCountsWanted.store(false, ordering: .releasing)
    }

    private func takeNext() -> Submission? {
        if takenHead == taken.count {
            taken.removeAll(keepingCapacity: true)
            takenHead = 0
            queue.withLock { swap(&$0.waiting, &taken) }
        }
        guard takenHead < taken.count else { return nil }
        let next = taken[takenHead]
        takenHead += 1
        queue.withLock { queue in
            queue.clicks -= next.group.count
            queue.textBytes -= next.group.textBytes
        }
        return next
    }

    package func settle(_ result: Result<Range<Offset>, LogError>) {
        let acceptance: Acceptance
        let count = underWay.reduce(0) { $0 + $1.group.count }
        switch result {
        case .success(let offsets):
            tally.committed(offsets)
            acceptance = .durable
            metrics.clicksRecorded.add(count)
            if isLogDown.exchange(false, ordering: .relaxed) {
                logger.notice("the log takes clicks again")
            }
        case .failure(let error):
            tally.failed()
            acceptance = .shed(.logUnavailable)
            metrics.clicksShedByLog.add(count)
            tell("the log can't take clicks: ", ["error": "\(error)"])
        }
        queue.withLock { queue in
            queue.waitingSince =
                (takenHead < taken.count ? taken[takenHead] : queue.waiting.first)?.submitted
        }
        for submission in underWay { submission.settled(acceptance) }
        underWay.removeAll(keepingCapacity: true)
    }
}
