package import ClickModel
import Foundation
import GRDB

/// How much one read brings: enough for the largest usual batch, little enough to hold for each stream.
private let readBytes = 1 << 20

/// A read goes through this many rows of the block index at most, so that none holds a snapshot long.
private let rowsPerRead = 4096

extension EmbeddedLog {
    package func read(
        from offset: Offset,
        workspace: WorkspaceNumber?
    ) async throws(LogError) -> LogRead {
        var position = offset
        while true {
            let bounds = tail.bounds
            guard position >= bounds.lowerBound else { throw .trimmed(available: bounds) }
            guard position < bounds.upperBound else {
                // The newest blocks may already be known when the bounds are not yet moved.
                return .end(position > offset ? position : bounds.upperBound)
            }
            let recent = tail.recent.read(
                from: position,
                workspace: workspace,
                limitBytes: readBytes
            )
            let isRecent = recent != nil
            let (blocks, next) =
                if let recent { recent } else { try await scan(from: position, workspace) }
            let read = unpack(blocks, from: position, workspace) { stored throws(DamagedBlock) in
                let block = try stored.decode()
                // A reader that lags must not push out what the others share.
                if isRecent { tail.recent.keep(block) }
                return block
            }
            // The bound moves before blocks are deleted: if it still lies before us, none was missed.
            guard position >= tail.bounds.lowerBound else { throw .trimmed(available: tail.bounds) }
            if case .damaged(let offsets, let events, let reason) = read {
                let extent = try await extent(ofBlockIn: offsets)
                guard position >= tail.bounds.lowerBound else {
                    throw .trimmed(available: tail.bounds)
                }
                let all = extent.upperBound.value - extent.lowerBound.value
                return .damaged(extent, events: workspace == nil ? all : events, reason: reason)
            }
            if let read { return read }
            // A damaged count may say that a block ends behind the log.
            position = min(next, tail.bounds.upperBound)
        }
    }

    /// Where a damaged block's events lie: up to where the next block begins, whatever its own row says.
    private func extent(
        ofBlockIn offsets: Range<Offset>
    ) async throws(LogError) -> Range<Offset> {
        // Read first: what is committed meanwhile lies behind it.
        let storedEnd = storeWriter.storedEnd
        let next = try await read { db in
            try Int64.fetchOne(
                db,
                sql: "SELECT min(first) FROM blocks WHERE first > ?",
                arguments: [offsets.lowerBound.value]
            )
        }
        let end = next.map { Offset($0) } ?? storedEnd
        return end > offsets.lowerBound ? offsets.lowerBound..<end : offsets
    }

    /// What a read gives of the blocks that were found; nil when none has an event asked for.
    private func unpack(
        _ blocks: [RecentBlocks.Found],
        from offset: Offset,
        _ workspace: WorkspaceNumber?,
        _ decode: (StoredBlock) throws(DamagedBlock) -> Block
    ) -> LogRead? {
        var found: [Block] = []
        for (stored, unpacked) in blocks {
            do throws(DamagedBlock) {
                let block = if let unpacked { unpacked } else { try decode(stored) }
                if block.hasEvents(of: workspace, from: offset) { found.append(block) }
            } catch {
                // What came before it is handed out first; the next read meets it again.
                guard found.isEmpty else { break }
                return .damaged(
                    stored.offsets,
                    events: stored.count(of: workspace),
                    reason: error.reason
                )
            }
        }
        return found.isEmpty ? nil : .blocks(found)
    }

    /// Looks through the block index on the disk.
    ///
    /// - Returns: The next blocks that hold events of the workspace, and the offset that was looked up to.
    private func scan(
        from offset: Offset,
        _ workspace: WorkspaceNumber?
    ) async throws(LogError) -> (blocks: [RecentBlocks.Found], next: Offset) {
        do {
            return try await store.pool.read { db in
                try Self.scan(db, from: offset, workspace)
            }
        } catch {
            throw LogError(error)
        }
    }

    private static func scan(
        _ db: Database,
        from offset: Offset,
        _ workspace: WorkspaceNumber?
    ) throws -> (blocks: [RecentBlocks.Found], next: Offset) {
        let rows = try Row.fetchCursor(
            db.cachedStatement(
                sql: """
                    SELECT first, count, tally FROM blocks
                    WHERE first >= coalesce((SELECT max(first) FROM blocks WHERE first <= ?), 0)
                    ORDER BY first LIMIT \(rowsPerRead)
                    """
            ),
            arguments: [offset.value]
        )
        var found: [RecentBlocks.Found] = []
        var bytes = 0
        var next = offset
        while bytes < readBytes, let row = try rows.next() {
            let range = Range<Offset>(of: row)
            guard range.upperBound > offset else { continue }
            let counted = try row.withUnsafeData(named: "tally") { tally in
                workspace.map { Tally.count(of: $0, in: tally ?? Data()) }
            }
            if counted ?? 1 > 0 {
                let block = StoredBlock(
                    offsets: range,
                    tally: Tally(stored: row.data("tally")),
                    data: try data(db, ofBlockAt: range.lowerBound)
                )
                found.append((block, nil))
                bytes += block.plainBytes
            }
            next = range.upperBound
        }
        return (found, next)
    }

    /// A block's data; none where the disk's pages are damaged: that is then told of the block, and the next ones are read.
    private static func data(_ db: Database, ofBlockAt first: Offset) throws -> Data {
        do {
            return try Data.fetchOne(
                db.cachedStatement(sql: "SELECT data FROM blocks WHERE first = ?"),
                arguments: [first.value]
            ) ?? Data()
        } catch let error as DatabaseError where error.isDamage {
            return Data()
        }
    }

    package func total(
        of workspace: WorkspaceNumber,
        before offset: Offset
    ) async throws(LogError) -> Int64 {
        let (total, end) = tail.total(of: workspace)
        if offset >= end { return total }
        try await storeWriter.store(upTo: offset)
        do {
            return try await store.pool.read { db in
                try Self.total(db, of: workspace, before: offset)
            }
        } catch {
            throw LogError(error)
        }
    }

    static func total(
        _ db: Database,
        of workspace: WorkspaceNumber,
        before offset: Offset
    ) throws -> Int64 {
        let snapshot = try Row.fetchOne(
            db,
            sql: "SELECT before, tally FROM totals WHERE before <= ? ORDER BY before DESC LIMIT 1",
            arguments: [offset.value]
        )
        var total = Tally.count(of: workspace, in: snapshot?.data("tally") ?? Data())
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT first, count, tally FROM blocks WHERE first >= ? AND first < ? ORDER BY first
                """,
            arguments: [snapshot?.number("before") ?? 0, offset.value]
        )
        // Whatever their rows say, blocks end where the next one begins: only the last may reach beyond `offset`.
        var last: (offsets: Range<Offset>, count: Int64)?
        while let row = try rows.next() {
            total &+= last?.count ?? 0
            let count = try row.withUnsafeData(named: "tally") {
                Tally.count(of: workspace, in: $0 ?? Data())
            }
            last = (Range<Offset>(of: row), count)
        }
        guard let last else { return total }
        let (offsets, count) = last
        guard offsets.upperBound > offset else { return total &+ count }
        let data = try data(db, ofBlockAt: offsets.lowerBound)
        guard let block = try? StoredBlock.decode(data, offsets) else { return total &+ count }
        let before = block.facts.prefix(Int(offset.value - offsets.lowerBound.value))
        total &+= Int64(before.count { $0.workspace == workspace })
        return total
    }

    package func offset(usedUp percent: Int) async throws(LogError) -> Offset {
        guard let room = retentionBytes else { return .zero }
        let used = try await read { try LogStore.usedBytes($0) }
        let bounds = tail.bounds
        // Events are much alike: so many of them take that share of the room.
        let count = Double(bounds.upperBound.value - bounds.lowerBound.value)
        let back = count * Double(room) * Double(percent) / 100 / Double(max(1, used))
        guard back < count else { return .zero }
        return Offset(bounds.upperBound.value - Int64(back))
    }

    package func offset(at time: Timestamp) async throws(LogError) -> Offset {
        try await storeWriter.store(upTo: tail.bounds.upperBound)
        var position = Offset.zero
        while true {
            let (found, next) = try await read { [position] db in
                try Self.look(db, for: time, from: position)
            }
            if let found { return found }
            guard let next else { return tail.bounds.upperBound }
            position = next
        }
    }

    /// Looks for the first event of a time or later among some blocks.
    ///
    /// - Returns: Where it is, or where to look on; neither when the log ends before.
    private static func look(
        _ db: Database,
        for time: Timestamp,
        from start: Offset
    ) throws -> (found: Offset?, next: Offset?) {
        let rows = try Row.fetchCursor(
            db.cachedStatement(
                sql: """
                    SELECT first, count, latest FROM blocks WHERE first >= ?
                    ORDER BY first LIMIT \(rowsPerRead)
                    """
            ),
            arguments: [start.value]
        )
        var next: Offset?
        while let row = try rows.next() {
            let offsets = Range<Offset>(of: row)
            // Event loops stamp clicks independently, so times in the log are ordered only nearly:
            // the first block that reaches `time` decides.
            guard row.number("latest") >= time.microseconds else {
                next = offsets.lowerBound.advanced(by: 1)
                continue
            }
            let data = try data(db, ofBlockAt: offsets.lowerBound)
            guard let block = try? StoredBlock.decode(data, offsets)
            else { return (offsets.lowerBound, nil) }
            let index = block.facts.firstIndex { $0.timestamp >= time } ?? 0
            return (offsets.lowerBound.advanced(by: index), nil)
        }
        return (nil, next)
    }
}
