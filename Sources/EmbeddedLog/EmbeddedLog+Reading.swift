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
            guard position < bounds.upperBound else { return .end(bounds.upperBound) }
            if let read = tail.recent.read(
                from: position,
                workspace: workspace,
                limitBytes: readBytes
            ) {
                return read
            }
            switch try await scan(from: position, workspace) {
            case .found(let read): return read
            case .nothingBefore(let next): position = next
            }
        }
    }

    private enum Scan: Sendable {
        case found(LogRead)
        /// None of the rows that were looked at is asked for.
        case nothingBefore(Offset)
    }

    /// Looks through the block index on the disk, and decodes the blocks asked for.
    private func scan(
        from offset: Offset,
        _ workspace: WorkspaceNumber?
    ) async throws(LogError) -> Scan {
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
    ) throws -> Scan {
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
        let data = try db.cachedStatement(sql: "SELECT data FROM blocks WHERE first = ?")
        var found: [Block] = []
        var bytes = 0
        var next = offset
        while bytes < readBytes, let row = try rows.next() {
            let range =
                Offset(row["first"])..<Offset((row["first"] as Int64) + (row["count"] as Int64))
            guard range.upperBound > offset else { continue }
            let tally = Tally(stored: row["tally"] as Data)
            if workspace.map({ tally[$0] > 0 }) ?? true {
                let stored = try Data.fetchOne(data, arguments: [range.lowerBound.value]) ?? Data()
                switch decode(stored, range) {
                case .success(let block):
                    if block.hasEvents(of: workspace, from: offset, tally: tally) {
                        found.append(block)
                        bytes += block.byteCount
                    }
                case .failure(let damage):
                    // What came before it is handed out first; the next read meets it again.
                    guard found.isEmpty else { return .found(.blocks(found)) }
                    let lost = workspace.map { tally[$0] } ?? Int64(row["count"] as Int64)
                    return .found(.damaged(range, events: lost, reason: damage.reason))
                }
            }
            next = range.upperBound
        }
        return found.isEmpty ? .nothingBefore(next) : .found(.blocks(found))
    }

    private static func decode(
        _ stored: Data,
        _ range: Range<Offset>
    ) -> Result<Block, DamagedBlock> {
        Result { () throws(DamagedBlock) in
            let bytes = [UInt8](stored)
            let block = try bytes.withUnsafeBufferPointer { view throws(DamagedBlock) in
                try BlockCodec.decode(view, first: range.lowerBound)
            }
            guard block.offsets == range else { throw DamagedBlock(reason: "its count is wrong") }
            return block
        }
    }

    package func total(
        of workspace: WorkspaceNumber,
        before offset: Offset
    ) async throws(LogError) -> Int64 {
        let (total, end) = tail.total(of: workspace)
        if offset >= end { return total }
        do {
            return try await store.pool.read { db in
                try Self.total(db, of: workspace, before: offset)
            }
        } catch {
            throw LogError(error)
        }
    }

    private static func total(
        _ db: Database,
        of workspace: WorkspaceNumber,
        before offset: Offset
    ) throws -> Int64 {
        let snapshot = try Row.fetchOne(
            db,
            sql: "SELECT before, tally FROM totals WHERE before <= ? ORDER BY before DESC LIMIT 1",
            arguments: [offset.value]
        )
        var total = Tally(stored: (snapshot?["tally"] as Data?) ?? Data())[workspace]
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT first, count, tally FROM blocks WHERE first >= ? AND first < ? ORDER BY first
                """,
            arguments: [(snapshot?["before"] as Int64?) ?? 0, offset.value]
        )
        while let row = try rows.next() {
            let first = Offset(row["first"])
            let end = first.advanced(by: row["count"])
            if end <= offset {
                total += Tally(stored: row["tally"] as Data)[workspace]
            } else {
                let stored = try Data.fetchOne(
                    db,
                    sql: "SELECT data FROM blocks WHERE first = ?",
                    arguments: [first.value]
                )
                if case .success(let block) = decode(stored ?? Data(), first..<end) {
                    let before = block.facts.prefix(Int(offset.value - first.value))
                    total += Int64(before.count { $0.workspace == workspace })
                }
            }
        }
        return total
    }

    package func offset(at time: Timestamp) async throws(LogError) -> Offset {
        do {
            return try await store.pool.read { db in
                // Event loops stamp clicks independently, so times in the log are ordered only nearly:
                // the first block that reaches `time` decides.
                let row = try Row.fetchOne(
                    db,
                    sql: """
                        SELECT first, count, data FROM blocks WHERE latest >= ? ORDER BY first LIMIT 1
                        """,
                    arguments: [time.microseconds]
                )
                guard let row else { return tail.bounds.upperBound }
                let first = Offset(row["first"])
                let range = first..<first.advanced(by: row["count"])
                guard case .success(let block) = Self.decode(row["data"], range) else {
                    return first
                }
                let index = block.facts.firstIndex { $0.timestamp >= time } ?? 0
                return first.advanced(by: index)
            }
        } catch {
            throw LogError(error)
        }
    }
}
