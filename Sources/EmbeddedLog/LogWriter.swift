import ClickModel
import Foundation
import GRDB
import Synchronization

/// The log's thread: group commit.
///
/// What arrived while the last commit ran becomes one block, and one record of the journal, whose sync is all
/// that the clicks' answers wait for. Streams' steps join it. SQLite gets the block and the steps behind
/// (`StoreWriter`).
final class LogWriter: Sendable {
    private struct WaitingStep {
        let step: StoredStep
        let bytes: [UInt8]
        let done: @Sendable (Result<Void, LogError>) -> Void
    }

    private struct Inbox {
        var source: (any EventSource)?
        var steps: [WaitingStep] = []
        var wantsProbe = false
        var isClosed = false
    }

    /// Bytes that steps take of a record at most, by the size of a journal's half.
    private static let stepsPerHalf = 8

    private let tail: LogTail
    private let storeWriter: StoreWriter
    private let metrics: ServiceMetrics
    private let inbox = Mutex(Inbox())
    private let bell = WorkBell()
    private let stepRoom: Int
    // Only the thread touches it.
    nonisolated(unsafe) private let journal: Journal

    init(
        journal: sending Journal,
        tail: LogTail,
        storeWriter: StoreWriter,
        metrics: ServiceMetrics
    ) {
        stepRoom = journal.halfBytes / Self.stepsPerHalf
        self.journal = journal
        self.tail = tail
        self.storeWriter = storeWriter
        self.metrics = metrics
        OwnThread.start("log", .short) { [self] in run() }
    }

    /// Says that there is work.
    func wake() { bell.ring() }

    func take(from source: any EventSource) {
        inbox.withLock { $0.source = source }
        wake()
    }

    /// Puts a step into the next commit; returns when that is on disk.
    func store(_ step: StoredStep) async throws(LogError) {
        let writer = ByteWriter(capacity: 512)
        step.append(to: writer)
        guard writer.count <= stepRoom else {
            // SQLite takes it without the journal.
            return try await storeWriter.commit { try step.put(into: $0) }
        }
        let bytes = Array(writer.bytes)
        let result = await withCheckedContinuation { continuation in
            let waiting = WaitingStep(step: step, bytes: bytes) {
                continuation.resume(returning: $0)
            }
            let isClosed = inbox.withLock { inbox in
                if !inbox.isClosed { inbox.steps.append(waiting) }
                return inbox.isClosed
            }
            if isClosed { waiting.done(.failure(.closed)) } else { wake() }
        }
        try result.get()
    }

    /// Asks to find out whether commits are possible again, without waiting for a click.
    func probe() {
        inbox.withLock { $0.wantsProbe = true }
        wake()
    }

    /// Commits what is still waiting and ends the thread; returns when it has ended.
    func close() {
        let wasClosed = inbox.withLock { inbox in
            defer { inbox.isClosed = true }
            return inbox.isClosed
        }
        if !wasClosed { bell.ringForTheEnd() }
    }

    // MARK: - On the thread

    private func run() {
        let group = EventGroup()
        let codec = BlockCodec()
        let stepBytes = ByteWriter()
        var gathering = Gathering()
        var isClosed = false
        while !isClosed {
            bell.wait()
            let work = inbox.withLock { inbox in
                defer { inbox.wantsProbe = false }
                return inbox
            }
            isClosed = work.isClosed
            if work.wantsProbe { probeOnce() }
            while commitOnce(from: work.source, group, codec, &gathering, stepBytes) {}
        }
        inbox.withLock { $0.source = nil }
        storeKeys(of: group)
        bell.end()
    }

    /// One commit of what waits; false when nothing does.
    private func commitOnce(
        from source: (any EventSource)?,
        _ group: EventGroup,
        _ codec: BlockCodec,
        _ gathering: inout Gathering,
        _ stepBytes: ByteWriter
    ) -> Bool {
        group.removeAll()
        Self.letOthersGather()
        source?.fill(group)
        while let microseconds = gathering.wait(with: group.count) {
            usleep(microseconds)
            source?.fill(group)
        }
        let steps = waitingSteps(stepBytes)
        guard !group.isEmpty || !steps.isEmpty else { return false }
        do throws(LogError) {
            let committed = try commit(group, steps.map(\.step), stepBytes.bytes, codec)
            metrics.commits.add()
            if let source, let block = committed?.block {
                tail.committed(block, storedEnd: storeWriter.storedEnd) { offsets in
                    source.settle(.success(offsets))
                } unpacked: {
                    // A copy costs less than unpacking the block again.
                    Block(
                        first: block.offsets.lowerBound,
                        facts: group.facts,
                        payload: OwnedBytes(group.payload.bytes)
                    )
                }
            } else {
                tail.recovered()
            }
            for step in steps { step.done(.success(())) }
        } catch {
            metrics.commitFailures.add()
            tail.failed(error)
            if !group.isEmpty { source?.settle(.failure(error)) }
            for step in steps { step.done(.failure(error)) }
        }
        return true
    }

    /// Takes as many of the steps that wait as a record has room for.
    private func waitingSteps(_ bytes: ByteWriter) -> ArraySlice<WaitingStep> {
        bytes.removeAll()
        return inbox.withLock { inbox in
            let steps = inbox.steps.prefix { step in
                let fits = bytes.count + step.bytes.count <= stepRoom
                if fits { bytes.append(step.bytes) }
                return fits
            }
            inbox.steps.removeFirst(steps.count)
            return steps
        }
    }

    private func probeOnce() {
        do throws(LogError) {
            try makeRoom(for: 4096)
            try journal.probe()
            tail.recovered()
        } catch {
            tail.failed(error)
        }
    }

    /// Lets threads that wait for this core run first: what they bring shares the commit.
    ///
    /// Where the event loops have cores of their own it returns at once. On a single core it makes groups of
    /// what was ready, rather than of what one slice of time brought.
    private static func letOthersGather() { sched_yield() }

    /// Stores a session key before the first event that needs it, and forgets those that none does any more.
    ///
    /// Once a day. Not by way of the journal: what is overwritten there by and by must not hold a key that was forgotten. While
    /// SQLite can't, it is left for a later group: visits that a restart then cuts are a smaller loss than clicks.
    private func storeKeys(of group: EventGroup) {
        let (new, old) = (group.unsavedSessionKeys, group.retiredSessionKeys)
        guard !new.isEmpty || !old.isEmpty else { return }
        do throws(LogError) {
            try storeWriter.commitAndWait { db in
                for key in new {
                    try db.execute(
                        sql: "INSERT OR REPLACE INTO session_keys (created, key) VALUES (?,?)",
                        arguments: [key.createdAt.microseconds, Data(key.bytes)]
                    )
                }
                for key in old {
                    try db.execute(
                        sql: "DELETE FROM session_keys WHERE created = ?",
                        arguments: [key.createdAt.microseconds]
                    )
                }
            }
            group.unsavedSessionKeys.removeAll()
            group.retiredSessionKeys.removeAll()
        } catch {
            // The store's thread has noted why.
        }
    }

    /// Commits a group, steps, or both.
    ///
    /// - Returns: The group's block; nil when there is none.
    private func commit(
        _ group: EventGroup,
        _ steps: [StoredStep],
        _ stepBytes: ByteView,
        _ codec: BlockCodec
    ) throws(LogError) -> CommittedBlock? {
        guard !group.isEmpty else {
            try commit(steps, stepBytes)
            return nil
        }
        if storeWriter.lateFailure == nil { storeKeys(of: group) }
        let first = tail.bounds.upperBound
        let encoded = try codec.encode(group)
        let committed = CommittedBlock(
            StoredBlock(
                offsets: first..<first.advanced(by: group.count),
                tally: Tally(group.facts),
                data: Data(encoded)
            ),
            group.facts,
            arrived: .now,
            sessions: Data(group.sessions.bytes)
        )
        let bytes = journal.bytes(block: encoded.count, sessions: group.sessions.count)
        let bytesWithSteps = bytes + journal.bytes(steps: stepBytes.count)
        guard journal.canHold(bytesWithSteps) else {
            // Clicks of the largest kind, hundreds at once: SQLite takes them without the journal.
            if !steps.isEmpty { try commit(steps, stepBytes) }
            try storeWriter.storeAndWait(committed)
            return committed
        }
        try makeRoom(for: bytesWithSteps)
        try journal.append(
            (encoded, group.sessions.bytes, first, group.count, committed.arrived),
            steps: (stepBytes, steps.count, first)
        )
        storeWriter.take(committed)
        storeWriter.take(steps)
        return committed
    }

    private func commit(_ steps: [StoredStep], _ bytes: ByteView) throws(LogError) {
        try makeRoom(for: journal.bytes(steps: bytes.count))
        try journal.append(nil, steps: (bytes, steps.count, tail.bounds.upperBound))
        storeWriter.take(steps)
    }

    /// Sees to it that the journal can take a record of so many bytes.
    private func makeRoom(for bytes: Int) throws(LogError) {
        guard journal.canHold(bytes), !journal.hasRoom(for: bytes) else { return }
        let needed = journal.neededBeforeTurn
        try storeWriter.storeAndWait(upTo: needed.offset, steps: needed.steps)
        journal.turn()
    }
}
