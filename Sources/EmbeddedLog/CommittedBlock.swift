import ClickModel
import Foundation
import GRDB

/// A block that the journal has, with what else goes into SQLite for it.
struct CommittedBlock: Sendable {
    let block: StoredBlock
    /// Of its clicks, microseconds since 1970; the latest at most when it arrived.
    let earliest: Int64
    let latest: Int64
    let arrived: Timestamp
    /// What the group taught the session table.
    let sessions: Data

    /// Bytes that it brings.
    var bytes: Int { block.data.count + sessions.count }

    init(_ block: StoredBlock, _ facts: [EventFacts], arrived: Timestamp, sessions: Data) {
        self.block = block
        self.arrived = arrived
        self.sessions = sessions
        var (earliest, latest) = (Int64.max, Int64.min)
        for event in facts {
            earliest = min(earliest, event.timestamp.microseconds)
            latest = max(latest, event.timestamp.microseconds)
        }
        // A click from elsewhere may say that it is of next year: it must not keep the log from forgetting.
        self.latest = min(latest, arrived.microseconds)
        self.earliest = min(earliest, self.latest)
    }

    /// Reads what a crash left in the journal.
    ///
    /// - Throws: `LogError` when the block is damaged: its record was whole, so it was damaged before it was written.
    init(_ record: Journal.Record) throws(LogError) {
        let offsets = record.first..<record.first.advanced(by: record.count)
        do {
            let decoded = try StoredBlock.decode(record.block, offsets)
            let block = StoredBlock(
                offsets: offsets,
                tally: Tally(decoded.facts),
                data: record.block
            )
            self.init(block, decoded.facts, arrived: record.arrived, sessions: record.sessions)
        } catch {
            throw .io(
                "the journal's block at offset \(record.first.value) can't be read: \(error.reason)"
            )
        }
    }

    /// Puts the block into its table.
    func insert(into db: Database) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO blocks (first, count, earliest, latest, tally, data, arrived)
                VALUES (?,?,?,?,?,?,?)
                """
        ).execute(arguments: [
            block.offsets.lowerBound.value, block.count(of: nil), earliest, latest,
            Data(block.tally.stored), block.data, arrived.microseconds,
        ])
    }

    /// Puts what these blocks' groups taught the session table into its own: one row, which a start reads in one piece.
    static func insertSessions(of blocks: [CommittedBlock], into db: Database) throws {
        let sessions = blocks.reduce(into: Data()) { $0 += $1.sessions }
        guard !sessions.isEmpty else { return }
        try db.cachedStatement(sql: "INSERT INTO session_journal (written, data) VALUES (?,?)")
            .execute(arguments: [blocks.map(\.latest).max() ?? 0, sessions])
    }
}
