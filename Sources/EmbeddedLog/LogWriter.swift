import ClickModel
import Foundation
import GRDB
import Synchronization

/// The log's thread: group commit.
///
/// What arrived while the last commit ran becomes one block, and one record of the journal, whose sync is all
/// that the clicks' answers wait for. SQLite gets the block behind (`StoreWriter`).
final class LogWriter: Sendable {
    private struct Inbox {
        var source: (any EventSource)?
        var wantsProbe = false
        var isClosed = false
    }

    private let tail: LogTail
    private let storeWriter: StoreWriter
    private let metrics: ServiceMetrics
    private let inbox = Mutex(Inbox())
    private let bell = WorkBell()
    // Only the thread touches it.
    nonisolated(unsafe) private let journal: Journal

    init(
        journal: sending Journal,
        tail: LogTail,
        storeWriter: StoreWriter,
        metrics: ServiceMetrics
    ) {
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
            let source = work.source
            while let source, commitOnce(from: source, group, codec, &gathering) {}
        }
        inbox.withLock { $0.source = nil }
        bell.end()
    }

    /// One commit of what waits; false when nothing does.
    private func commitOnce(
        from source: any EventSource,
        _ group: EventGroup,
        _ codec: BlockCodec,
        _ gathering: inout Gathering
    ) -> Bool {
        group.removeAll()
        Self.letOthersGather()
        source.fill(group)
        guard !group.isEmpty else { return false }
        while let microseconds = gathering.wait(with: group.count) {
            usleep(microseconds)
            source.fill(group)
        }
        do throws(LogError) {
            try storeKeys(of: group)
            let committed = try commit(group, codec)
            metrics.commits.add()
            let block = committed.block
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
        } catch {
            metrics.commitFailures.add()
            tail.failed(error)
            source.settle(.failure(error))
        }
        return true
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
    /// Once a day. Not by way of the journal: what is overwritten there by and by must not hold a key that was forgotten.
    private func storeKeys(of group: EventGroup) throws(LogError) {
        let (new, old) = (group.unsavedSessionKeys, group.retiredSessionKeys)
        guard !new.isEmpty || !old.isEmpty else { return }
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
    }

    private func commit(_ group: EventGroup, _ codec: BlockCodec) throws(LogError) -> CommittedBlock
    {
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
        guard journal.canHold(bytes) else {
            // Clicks of the largest kind, hundreds at once: SQLite takes them without the journal.
            try storeWriter.storeAndWait(committed)
            return committed
        }
        try makeRoom(for: bytes)
        try journal.append(
            encoded,
            group.sessions.bytes,
            at: first,
            count: group.count,
            arrived: committed.arrived
        )
        storeWriter.take(committed)
        return committed
    }

    /// Sees to it that the journal can take a record of so many bytes.
    private func makeRoom(for bytes: Int) throws(LogError) {
        guard journal.canHold(bytes), !journal.hasRoom(for: bytes) else { return }
        try storeWriter.storeAndWait(upTo: journal.neededBeforeTurn)
        journal.turn()
    }
}
