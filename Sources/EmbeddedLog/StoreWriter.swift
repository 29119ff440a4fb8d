import ClickModel
import Dispatch
import Foundation
import GRDB
import Synchronization

/// The thread that writes SQLite: blocks and streams' steps that the journal has, parked events, trims.
///
/// One transaction holds every change that was asked for while the last one ran, so all of them share one
/// sync; before them it holds the blocks that SQLite lacks, and then the steps. So no position in SQLite lies behind the end that
/// SQLite knows. No click waits for this thread, unless the journal is full.
final class StoreWriter: Sendable {
    /// A change that joins the next commit.
    struct Change: Sendable {
        /// A block that the journal doesn't have: unlike the others it is gone when the commit fails.
        var block: CommittedBlock?
        /// What it writes, about, beside the few pages of a small one.
        var bytes = 0
        let apply: @Sendable (Database) throws -> Void
        let done: @Sendable (Result<Void, LogError>) -> Void
    }

    private struct Inbox {
        var changes: [Change] = []
        var blocks: [CommittedBlock] = []
        var blockBytes = 0
        /// The last step of each stream that the journal has and SQLite lacks; how many were taken over in all.
        var steps: [String: StoredStep] = [:]
        var takenSteps = 0
        var wantsCheckpoint = false
        var isClosed = false
    }

    /// Blocks of so many bytes move at once; fewer, and steps, within a second.
    private static let bytesPerMove = 1 << 20
    private static let interval = 1.0
    /// A snapshot of the totals is stored with every so many blocks: that many are read at start.
    private static let blocksPerSnapshot = 1024

    private let store: LogStore
    /// Pages that the write-ahead log has at most before it must start over.
    private let mostPages: Int
    private let metrics: ServiceMetrics
    private let inbox = Mutex(Inbox())
    private let bell = WorkBell()
    private let end: Atomic<Int64>
    /// How many of the steps that were taken over SQLite has, or a later one of the same stream, or can't have.
    private let storedSteps = Atomic<Int>(0)
    /// Why the last commit failed, and when; nil when it didn't.
    private let failure = Mutex<(error: LogError, at: ContinuousClock.Instant)?>(nil)
    // Only the thread touches what follows.
    nonisolated(unsafe) private var totals: Tally
    nonisolated(unsafe) private var blocksSinceSnapshot: Int
    /// Streams whose steps met a damaged page: they are tried apart from all others.
    nonisolated(unsafe) private var stuckStreams: Set<String> = []
    /// Whether sessions and snapshots of the totals are left out, for they met one.
    nonisolated(unsafe) private var storesBlocksAlone = false
    /// Bytes committed since the last checkpoint; Maintenance reads and resets it.
    let uncheckpointedBytes = Atomic<Int>(0)

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - store: Where it writes.
    ///   - writeAheadBytes: How large its write-ahead log may become.
    ///   - end: Where the log ends there.
    ///   - totals: How many events each workspace had before that.
    ///   - blocksSinceSnapshot: How many blocks lie behind the last totals that SQLite has.
    ///   - metrics: Where commits that failed are counted.
    init(
        store: LogStore,
        writeAheadBytes: Int,
        end: Offset,
        totals: Tally,
        blocksSinceSnapshot: Int,
        metrics: ServiceMetrics
    ) {
        self.store = store
        mostPages = writeAheadBytes / LogStore.pageBytes
        self.totals = totals
        self.blocksSinceSnapshot = blocksSinceSnapshot
        self.metrics = metrics
        self.end = Atomic(end.value)
        OwnThread.start("log-store", .long) { [self] in run() }
    }

    /// Where the log ends in SQLite.
    var storedEnd: Offset { Offset(end.load(ordering: .acquiring)) }

    /// Whether the last commit failed.
    var isFailing: Bool { failure.withLock { $0 != nil } }

    /// Why the last commit failed, within a second after it: who is waited for doesn't try again so soon.
    var lateFailure: LogError? {
        guard let (error, at) = failure.withLock({ $0 }), .now - at < .seconds(1) else {
            return nil
        }
        return error
    }

    /// How many changes wait for the next commit.
    var waitingChanges: Int { inbox.withLock { $0.changes.count } }

    /// Takes over a block that the journal has.
    func take(_ block: CommittedBlock) {
        let isMuch = inbox.withLock { inbox in
            inbox.blocks.append(block)
            inbox.blockBytes += block.bytes
            return inbox.blockBytes >= Self.bytesPerMove
        }
        // One that fails is tried again within a second, not with every click.
        if isMuch, !isFailing { bell.ring() }
    }

    /// Takes over steps that the journal has.
    func take(_ steps: [StoredStep]) {
        inbox.withLock { inbox in
            for var step in steps {
                if let earlier = inbox.steps[step.stream] { step.follow(earlier) }
                inbox.steps[step.stream] = step
            }
            inbox.takenSteps += steps.count
        }
    }

    /// Streams whose last step SQLite lacks.
    var waitingStreams: [String] { inbox.withLock { Array($0.steps.keys) } }

    /// The stream's last step, where SQLite lacks it.
    func waitingStep(of stream: EventStream.ID) -> StoredStep? {
        inbox.withLock { $0.steps[stream.description] }
    }

    /// Puts a change into the next commit and returns at once.
    func submit(_ change: Change) {
        let isClosed = inbox.withLock { inbox in
            if !inbox.isClosed { inbox.changes.append(change) }
            return inbox.isClosed
        }
        if isClosed { change.done(.failure(.closed)) } else { bell.ring() }
    }

    /// Applies a change in the next commit; returns when that is on disk.
    func commit(_ apply: @escaping @Sendable (Database) throws -> Void) async throws(LogError) {
        let result = await withCheckedContinuation { continuation in
            submit(Change(apply: apply) { continuation.resume(returning: $0) })
        }
        try result.get()
    }

    /// Applies a change in the next commit and blocks until that is on disk: for threads of our own.
    ///
    /// `bytes` is about what it writes, unless that is little.
    func commitAndWait(
        bytes: Int = 0,
        _ apply: @escaping @Sendable (Database) throws -> Void
    ) throws(LogError) {
        let outcome = Outcome()
        submit(Change(bytes: bytes, apply: apply) { outcome.settle($0) })
        try outcome.wait().get()
    }

    /// Stores a block that is too large for the journal and blocks until it is on disk.
    func storeAndWait(_ block: CommittedBlock) throws(LogError) {
        let outcome = Outcome()
        submit(Change(block: block, apply: { _ in }, done: { outcome.settle($0) }))
        try outcome.wait().get()
    }

    /// Returns once SQLite has the log up to `offset`.
    func store(upTo offset: Offset) async throws(LogError) {
        if storedEnd < offset { try await commit { _ in } }
    }

    /// Blocks until SQLite has the log up to `offset`, and so many of the steps: for threads of our own.
    ///
    /// Within a second after a commit that failed it fails as that did: visitors wait for the answer.
    func storeAndWait(upTo offset: Offset, steps: Int) throws(LogError) {
        guard storedEnd < offset || storedSteps.load(ordering: .acquiring) < steps else { return }
        if let error = lateFailure { throw error }
        try commitAndWait { _ in }
    }

    /// Asks for a short checkpoint between two commits.
    func requestCheckpoint() {
        inbox.withLock { $0.wantsCheckpoint = true }
        bell.ring()
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
        var isClosed = false
        while !isClosed {
            bell.wait(until: .now() + Self.interval)
            isClosed = inbox.withLock { $0.isClosed }
            while commitOnce() {}
        }
        bell.end()
    }

    /// One commit of what waits; false when nothing does, or it can't be done now.
    private func commitOnce() -> Bool {
        let work = inbox.withLock { inbox in
            // All of one moment: a step stands behind blocks that came before it, a change may come behind steps.
            let work = inbox
            (inbox.changes, inbox.blocks, inbox.blockBytes) = ([], [], 0)
            inbox.wantsCheckpoint = false
            return work
        }
        var isDone = true
        if !work.changes.isEmpty || !work.blocks.isEmpty || !work.steps.isEmpty {
            isDone = commit(work)
        }
        if work.wantsCheckpoint { checkpoint() }
        // Fewer blocks than are worth a commit of their own wait for the next second.
        return isDone
            && inbox.withLock { !$0.changes.isEmpty || $0.blockBytes >= Self.bytesPerMove }
    }

    private func commit(_ work: Inbox) -> Bool {
        do {
            let steps = work.steps.filter { !stuckStreams.contains($0.key) }
            try write(blocks: work.blocks, steps: steps, changes: work.changes)
        } catch let error as DatabaseError where error.isDamage {
            return commitApart(work)
        } catch {
            note(error, blocks: work, changes: work.changes)
            return false
        }
        do {
            try writeStuckSteps(of: work)
        } catch {
            note(error, blocks: nil, changes: [])
            return false
        }
        noteStored(work)
        return true
    }

    /// Commits blocks, each step and each change by itself: what meets a damaged page fails alone.
    private func commitApart(_ work: Inbox) -> Bool {
        do {
            try writeBlocks(of: work)
        } catch {
            note(error, blocks: work, changes: work.changes)
            return false
        }
        var waiting = work.changes.filter { $0.block == nil }
        do {
            try writeSteps(work.steps.filter { !stuckStreams.contains($0.key) })
            try writeStuckSteps(of: work)
            while let change = waiting.first {
                do {
                    try write(changes: [change])
                } catch let error as DatabaseError where error.isDamage {
                    metrics.commitFailures.add()
                    change.done(.failure(LogError(error)))
                }
                waiting.removeFirst()
            }
        } catch {
            note(error, blocks: nil, changes: waiting)
            return false
        }
        noteStored(work)
        return true
    }

    private func writeBlocks(of work: Inbox) throws {
        let changes = work.changes.filter { $0.block != nil }
        do {
            try write(blocks: work.blocks, changes: changes)
        } catch let error as DatabaseError where error.isDamage && !storesBlocksAlone {
            metrics.commitFailures.add()
            // Events are worth more than what a restart would know of visits.
            storesBlocksAlone = true
            try write(blocks: work.blocks, changes: changes)
        }
    }

    /// Writes steps together, or else one by one.
    private func writeSteps(_ steps: [String: StoredStep]) throws {
        do {
            try write(steps: steps)
        } catch let error as DatabaseError where error.isDamage {
            guard steps.count == 1, let stream = steps.keys.first else {
                for (stream, step) in steps { try writeSteps([stream: step]) }
                return
            }
            metrics.commitFailures.add()
            stuckStreams.insert(stream)
        }
    }

    /// Tries the steps again that met a damaged page; until one is stored a restart goes back to what SQLite has.
    private func writeStuckSteps(of work: Inbox) throws {
        for stream in stuckStreams {
            guard let step = work.steps[stream] else { continue }
            stuckStreams.remove(stream)
            try writeSteps([stream: step])
        }
    }

    private func noteStored(_ work: Inbox) {
        storedSteps.store(work.takenSteps, ordering: .releasing)
        failure.withLock { $0 = nil }
    }

    private func note(_ error: any Error, blocks work: Inbox?, changes: [Change]) {
        metrics.commitFailures.add()
        let error = LogError(error)
        failure.withLock { $0 = (error, .now) }
        // The journal has the blocks: they go into the next commit.
        if let work {
            inbox.withLock { inbox in
                inbox.blocks.insert(contentsOf: work.blocks, at: 0)
                inbox.blockBytes += work.blockBytes
            }
        }
        for change in changes { change.done(.failure(error)) }
    }

    /// Writes blocks, steps and changes in one transaction, and tells whoever waits for them.
    private func write(
        blocks: [CommittedBlock] = [],
        steps: [String: StoredStep] = [:],
        changes: [Change] = []
    ) throws {
        let blocks = blocks + changes.compactMap(\.block)
        var (newTotals, snapshotAge) = (totals, blocksSinceSnapshot)
        try store.pool.writeWithoutTransaction { db in
            try db.inTransaction(.immediate) {
                for block in blocks {
                    try block.insert(into: db)
                    newTotals.add(block.block.tally)
                    snapshotAge += 1
                }
                if !storesBlocksAlone { try CommittedBlock.insertSessions(of: blocks, into: db) }
                if snapshotAge > Self.blocksPerSnapshot, !storesBlocksAlone, let last = blocks.last
                {
                    try Self.putTotals(newTotals, before: last.block.offsets.upperBound, db)
                    snapshotAge = 0
                }
                for step in steps.values { try step.put(into: db) }
                for change in changes { try change.apply(db) }
                return .commit
            }
        }
        (totals, blocksSinceSnapshot) = (newTotals, snapshotAge)
        if let last = blocks.last {
            end.store(last.block.offsets.upperBound.value, ordering: .releasing)
        }
        inbox.withLock { inbox in
            for (stream, step) in steps {
                if inbox.steps[stream]?.number == step.number {
                    inbox.steps[stream] = nil
                } else {
                    // What came meanwhile waits on, without what it took over.
                    inbox.steps[stream]?.dropMarks(step.marks)
                }
            }
        }
        let written =
            blocks.reduce(0) { $0 + $1.bytes } + changes.reduce(0) { $0 + $1.bytes }
            + steps.values.reduce(2) { $0 + $1.pages } * LogStore.pageBytes
        uncheckpointedBytes.wrappingAdd(written, ordering: .relaxed)
        for change in changes { change.done(.success(())) }
    }

    /// Moves what was written since the checkpoint beside the commits, so that the write-ahead log starts over.
    private func checkpoint() {
        try? store.pool.writeWithoutTransaction { db in
            let result = try Row.fetchOne(db, sql: "PRAGMA wal_checkpoint(PASSIVE)")
            // Where one reader follows the other, one always holds it up: then those of this moment are waited for.
            guard let pages = result?["log"] as Int?, pages > mostPages else { return }
            try db.execute(sql: "PRAGMA wal_checkpoint(RESTART)")
        }
    }

    private static func putTotals(_ totals: Tally, before end: Offset, _ db: Database) throws {
        try db.cachedStatement(
            sql: "INSERT OR REPLACE INTO totals (before, tally) VALUES (?,?)"
        ).execute(arguments: [end.value, Data(totals.stored)])
    }
}
