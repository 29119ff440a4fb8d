import ClickModel
import Foundation
import GRDB
import Synchronization

/// Makes large blocks of small ones.
///
/// Where clicks are few each commit brings a block of one or two, which compress badly and take a row each. Behind
/// the commits, neighbours become one. Readers name offsets, not blocks: they notice nothing.
final class BlockMerger: Sendable {
    /// Blocks of so many events are well off as they are: a merge costs what their commit did.
    static let manyEvents = 32
    /// Fewer neighbours between blocks that are well off are not worth a commit.
    private static let fewNeighbours = 8
    /// What a merged block has at most: as many events as a commit's, and as much as a read brings.
    private static let mostEvents = 512
    private static let mostBytes = 1 << 20
    /// Blocks that came further apart stay apart: a merged one is kept as long as its latest part.
    private static let longestSpan = Duration.seconds(600)
    /// Rows that one look goes through.
    private static let rowsPerLook = 1024

    private struct Candidate {
        let offsets: Range<Offset>
        let arrived: Timestamp
    }

    private let store: LogStore
    private let storeWriter: StoreWriter
    private let wait: Duration
    // Used while `position` is held.
    nonisolated(unsafe) private let codec = BlockCodec()
    /// Up to where the log is looked through; nil before the first look.
    ///
    /// Held while blocks are merged or trimmed:
    /// what was looked up for one is not changed by the other.
    private let position = Mutex<Offset?>(nil)

    /// Merges blocks that are full, or that have waited so long for more.
    init(_ store: LogStore, _ storeWriter: StoreWriter, after wait: Duration) {
        (self.store, self.storeWriter, self.wait) = (store, storeWriter, wait)
    }

    /// Does something while no blocks are merged.
    func pausing<Value: Sendable>(_ body: () throws(LogError) -> Value) throws(LogError) -> Value {
        try position.withLock { _ in Result { () throws(LogError) in try body() } }.get()
    }

    /// Merges one run of small blocks, or goes past many that need none; false when nothing is due.
    func mergeSome() throws(LogError) -> Bool {
        try position.withLock { position in
            Result { () throws(LogError) in try mergeSome(&position) }
        }.get()
    }

    private func mergeSome(_ position: inout Offset?) throws(LogError) -> Bool {
        do {
            let (run, next, isAll) = try store.pool.read { try dueRun($0, from: position) }
            // What was looked through and is not worth merging is not looked at again.
            let hasMoved = next != position
            position = next
            guard run.count > 1, let first = run.first, let last = run.last else {
                guard !isAll, hasMoved, let next else { return false }
                try storeWriter.commitAndWait { try Self.note($0, mergedUpTo: next) }
                return true
            }
            let offsets = first.offsets.lowerBound..<last.offsets.upperBound
            let blocks = try store.pool.read { db in
                try run.map { try Self.block($0.offsets, db) }
            }
            guard let merged = try merge(blocks, arrived: run.map(\.arrived).max() ?? .now) else {
                // One of them is damaged: whoever reads them is told, block by block.
                position = offsets.upperBound
                return true
            }
            // What is written anew, and the pages that what is deleted leaves.
            try storeWriter.commitAndWait(bytes: 2 * merged.bytes) {
                try Self.replace(offsets, by: merged, $0)
            }
            position = offsets.upperBound
            return true
        } catch {
            throw LogError(error)
        }
    }

    /// The first run of small neighbours that is due, where a later look begins, and whether this one saw all blocks there are.
    private func dueRun(
        _ db: Database,
        from start: Offset?
    ) throws -> ([Candidate], next: Offset?, isAll: Bool) {
        let begin =
            try start ?? Offset(Int64.fetchOne(db, sql: "SELECT merged FROM journal") ?? 0)
        let snapshots = try Int64.fetchSet(
            db,
            sql: "SELECT before FROM totals WHERE before >= ?",
            arguments: [begin.value]
        )
        // What stands behind a block's beginning is read of small ones alone: of a large one it would be all of it.
        let rows = try Row.fetchCursor(
            db.cachedStatement(
                sql: """
                    SELECT first, count,
                        CASE WHEN count < \(Self.manyEvents) THEN substr(data, 1, 16) END AS head,
                        CASE WHEN count < \(Self.manyEvents) THEN COALESCE(arrived, latest) ELSE 0 END AS came
                    FROM blocks WHERE first >= ? ORDER BY first LIMIT \(Self.rowsPerLook)
                    """
            ),
            arguments: [begin.value]
        )
        var run: [Candidate] = []
        var (events, bytes) = (0, 0)
        var next = begin
        var seen = 0
        while let row = try rows.next() {
            seen += 1
            let offsets = Range<Offset>(of: row)
            let count = Int(offsets.upperBound.value &- offsets.lowerBound.value)
            let size = StoredBlock.plainBytes(row.data("head"))
            let isSmall = count < Self.manyEvents
            // Totals are counted from a snapshot on: a block must not lie across one.
            let isApart = snapshots.contains(offsets.lowerBound.value)
            let fits = events + count <= Self.mostEvents && bytes + size <= Self.mostBytes
            let arrived = Timestamp(microseconds: row.number("came"))
            let isLate =
                run.first.map { arrived > $0.arrived.advanced(by: Self.longestSpan) } ?? false
            if !run.isEmpty, !isSmall || isApart || !fits || isLate {
                if run.count >= (isSmall ? 2 : Self.fewNeighbours) { return (run, next, false) }
                (run, events, bytes) = ([], 0, 0)
            }
            guard isSmall else {
                next = offsets.upperBound
                continue
            }
            if run.isEmpty { next = offsets.lowerBound }
            run.append(Candidate(offsets: offsets, arrived: arrived))
            (events, bytes) = (events + count, bytes + size)
        }
        let isAll = seen < Self.rowsPerLook
        let oldest = Timestamp.now.advanced(by: .zero - wait)
        guard let first = run.first, first.arrived <= oldest else { return ([], next, isAll) }
        return (run, next, isAll)
    }

    private static func block(_ offsets: Range<Offset>, _ db: Database) throws -> StoredBlock {
        let row = try Row.fetchOne(
            db,
            sql: "SELECT tally, data FROM blocks WHERE first = ?",
            arguments: [offsets.lowerBound.value]
        )
        return StoredBlock(
            offsets: offsets,
            tally: Tally(stored: row?.data("tally") ?? Data()),
            data: row?.data("data") ?? Data()
        )
    }

    /// The blocks as one; nil when one can't be read.
    private func merge(_ blocks: [StoredBlock], arrived: Timestamp) throws(LogError)
        -> CommittedBlock?
    {
        guard let first = blocks.first, let last = blocks.last else { return nil }
        let group = EventGroup()
        var tally = Tally()
        for stored in blocks {
            guard let block = try? stored.decode() else { return nil }
            for index in block.facts.indices {
                block.withEvent(at: index) {
                    group.payload.append($0.event)
                    group.payload.append($0.details)
                }
                group.add(block.facts[index])
            }
            tally.add(stored.tally)
        }
        let block = StoredBlock(
            offsets: first.offsets.lowerBound..<last.offsets.upperBound,
            tally: tally,
            data: Data(try codec.encode(group))
        )
        return CommittedBlock(
            block,
            group.facts,
            arrived: arrived,
            sessions: Data()
        )
    }

    private static func replace(
        _ offsets: Range<Offset>,
        by merged: CommittedBlock,
        _ db: Database
    ) throws {
        let bounds: StatementArguments = [offsets.lowerBound.value, offsets.upperBound.value]
        // A snapshot of the totals may have come between two of them.
        let isApart = try Bool.fetchOne(
            db,
            sql: "SELECT EXISTS (SELECT 1 FROM totals WHERE before > ? AND before < ?)",
            arguments: bounds
        )
        guard isApart == false else { return }
        try db.execute(sql: "DELETE FROM blocks WHERE first >= ? AND first < ?", arguments: bounds)
        try merged.insert(into: db)
        try note(db, mergedUpTo: offsets.upperBound)
    }

    /// Notes where a start goes on.
    private static func note(_ db: Database, mergedUpTo offset: Offset) throws {
        try db.execute(sql: "UPDATE journal SET merged = ?", arguments: [offset.value])
    }
}
