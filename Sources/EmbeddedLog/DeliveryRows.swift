import ClickModel
import Foundation
import GRDB
import Synchronization

/// The tables of delivery: positions, attempts, parked events.
enum DeliveryRows {
    // MARK: - Positions

    /// New ones come last, and the first two stay: the journal of a version before has rows without them.
    private static let columns = [
        "stream", "step", "checkpoint", "next_sequence", "delivered", "parked", "filtered",
        "expired",
        "failures", "failing_since", "next_attempt", "ramp", "bytes", "suspects", "parked_in_a_row",
        "refused_left", "batch_id", "batch_first", "batch_end", "batch_first_sequence",
        "batch_count",
        "batch_time", "batch_format", "batch_filter", "batch_key", "batch_attempts",
        "batch_refusals", "lane_numbers", "round",
    ]

    /// A stream's row, which has the number of its last step.
    static func position(
        _ db: Database,
        of stream: EventStream.ID
    ) throws -> (StreamPosition, step: Int64)? {
        try Row.fetchOne(
            db.cachedStatement(sql: "SELECT * FROM positions WHERE stream = ?"),
            arguments: [stream.description]
        ).map { (try StreamPosition(row: $0), $0.number("step")) }
    }

    /// The position that such a row has.
    static func position(_ values: [StoredStep.Value]) throws -> StreamPosition {
        try StreamPosition(row: Row(Dictionary(uniqueKeysWithValues: zip(columns, values))))
    }

    /// The row that a position is, in the order of its columns.
    static func values(of position: StreamPosition, step: Int64) throws -> [StoredStep.Value] {
        let (health, batch) = (position.health, position.inFlight)
        let filter = try batch.flatMap { batch in
            batch.filter.isOpen
                ? nil : String(decoding: try JSONEncoder().encode(batch.filter), as: UTF8.self)
        }
        return [
            .text(position.stream.description), .number(step),
            .number(position.checkpoint.value), .number(position.nextSequence),
            .number(position.delivered), .number(position.parked), .number(position.filtered),
            .number(position.expired), .number(Int64(health.failures)),
            .init(health.failingSince?.microseconds), .init(health.nextAttempt?.microseconds),
            .init(health.ramp.map(Int64.init)), .init(health.bytes.map(Int64.init)),
            .init(health.suspects.map(Int64.init)), .number(Int64(health.parkedInARow)),
            .init(health.refusedLeft.map(Int64.init)), .init(batch?.id),
            .init(batch?.covers.lowerBound.value), .init(batch?.covers.upperBound.value),
            .init(batch?.firstSequence), .init(batch?.count), .init(batch?.firstTime.microseconds),
            .init(batch?.format.rawValue), .init(filter), .init(batch.map { Int64($0.keyVersion) }),
            .init(batch.map { Int64($0.attempts) }), .number(Int64(batch?.refusals ?? 0)),
            .init(try LaneRows.text(position.laneNumbers)),
            .init(try LaneRows.text(position.round)),
        ]
    }

    static func put(_ db: Database, _ values: [StoredStep.Value]) throws {
        let sql = values.count == columns.count ? insert : insertion(of: values.count)
        try db.cachedStatement(sql: sql).execute(arguments: StatementArguments(values))
    }

    private static let insert = insertion(of: columns.count)

    /// The statement for a row that has the first so many columns.
    private static func insertion(of count: Int) -> String {
        let columns = columns.prefix(count)
        return """
            INSERT OR REPLACE INTO positions (\(columns.joined(separator: ",")))
            VALUES (\(columns.map { _ in "?" }.joined(separator: ",")))
            """
    }

    static func forget(_ db: Database, _ stream: String) throws {
        for table in ["positions", "parked", "unparked", "marks"] {
            try db.execute(sql: "DELETE FROM \(table) WHERE stream = ?", arguments: [stream])
        }
    }

    // MARK: - Marks

    /// The row for where a position's numbering is known.
    static func mark(of position: StreamPosition) throws -> [StoredStep.Value] {
        [
            .text(position.stream.description), .number(position.checkpoint.value),
            .number(position.nextSequence), .init(try LaneRows.text(position.laneNumbers)),
        ]
    }

    static func addMark(_ db: Database, _ values: [StoredStep.Value]) throws {
        try db.cachedStatement(sql: "INSERT OR REPLACE INTO marks VALUES (?,?,?,?)")
            .execute(arguments: StatementArguments(values))
    }

    static func mark(
        _ db: Database,
        of stream: EventStream.ID,
        behind offset: Offset
    ) throws -> SequenceMark? {
        try Row.fetchOne(
            db,
            sql: """
                SELECT "offset", sequence, lane_numbers FROM marks WHERE stream = ? AND "offset" >= ?
                ORDER BY "offset" LIMIT 1
                """,
            arguments: [stream.description, offset.value]
        ).map {
            SequenceMark(
                Offset(try $0.count("offset")),
                sequence: try $0.count("sequence"),
                laneNumbers: LaneRows.numbers($0.optional("lane_numbers"))
            )
        }
    }

    // MARK: - Parked events

    static func add(_ db: Database, _ event: ParkedEvent, of stream: EventStream.ID) throws {
        try db.execute(
            sql: """
                INSERT INTO parked
                    (stream, "offset", sequence, lane, clicked_at, format, event, reason, attempts, parked_at)
                VALUES (?,?,?,?,?,?,?,?,?,?)
                """,
            arguments: [
                stream.description, event.offset.value, event.sequence,
                event.lane, event.clickedAt.microseconds, event.format.rawValue, Data(event.event),
                event.reason, event.attempts,
                event.parkedAt.microseconds,
            ]
        )
    }

    static func parked(
        _ db: Database,
        of stream: EventStream.ID,
        after: Int64?,
        limit: Int
    ) throws -> [ParkedEvent] {
        try Row.fetchAll(
            db,
            sql: "SELECT * FROM parked WHERE stream = ? AND id > ? ORDER BY id LIMIT ?",
            arguments: [stream.description, after ?? 0, limit]
        ).map(ParkedEvent.init(row:))
    }

    /// How many of a stream's parked events were taken out, by how they ended.
    static func unparked(
        _ db: Database,
        of stream: EventStream.ID
    ) throws -> (delivered: Int64, expired: Int64) {
        let row = try Row.fetchOne(
            db,
            sql: "SELECT delivered, expired FROM unparked WHERE stream = ?",
            arguments: [stream.description]
        )
        return (try row?.count("delivered") ?? 0, try row?.count("expired") ?? 0)
    }

    static func unpark(
        _ db: Database,
        _ id: Int64,
        of stream: EventStream.ID,
        isDelivered: Bool
    ) throws -> Bool {
        try db.execute(
            sql: "DELETE FROM parked WHERE id = ? AND stream = ?",
            arguments: [id, stream.description]
        )
        guard db.changesCount > 0 else { return false }
        try count(
            db,
            stream.description,
            delivered: isDelivered ? 1 : 0,
            expired: isDelivered ? 0 : 1
        )
        return true
    }

    private static func count(
        _ db: Database,
        _ stream: String,
        delivered: Int64,
        expired: Int64
    ) throws {
        try db.execute(
            sql: """
                INSERT INTO unparked (stream, delivered, expired) VALUES (?,?,?)
                ON CONFLICT (stream) DO UPDATE SET
                    delivered = delivered + excluded.delivered, expired = expired + excluded.expired
                """,
            arguments: [stream, delivered, expired]
        )
    }

    // MARK: - Retention

    /// Rows deleted at once: a click may wait for the commit.
    private static let rowsAtOnce = 512

    /// Gives up some of the parked events that are older than they are kept, and forgets marks of what is trimmed.
    static func retain(_ db: Database, since oldest: Timestamp, from first: Offset) throws {
        try db.execute(sql: "DELETE FROM marks WHERE \"offset\" < ?", arguments: [first.value])
        let gone = try Row.fetchAll(
            db,
            sql: """
                SELECT id, stream FROM (
                    SELECT id, stream, parked_at FROM parked ORDER BY id LIMIT \(rowsAtOnce))
                WHERE parked_at < ?
                """,
            arguments: [oldest.microseconds]
        )
        for row in gone {
            try db.execute(
                sql: "DELETE FROM parked WHERE id = ?",
                arguments: [row.number("id")]
            )
            try count(db, row.optional("stream") ?? "", delivered: 0, expired: 1)
        }
    }
}

/// Something that a commit found out.
final class Flag: Sendable {
    private let value = Atomic<Bool>(false)

    var isSet: Bool { value.load(ordering: .acquiring) }

    func set(_ newValue: Bool) { value.store(newValue, ordering: .releasing) }
}

extension StreamPosition {
    fileprivate init(row: Row) throws {
        self.init(
            stream: EventStream.ID(row.optional("stream") ?? ""),
            checkpoint: Offset(try row.count("checkpoint"))
        )
        nextSequence = try row.count("next_sequence")
        delivered = try row.count("delivered")
        parked = try row.count("parked")
        filtered = try row.count("filtered")
        expired = try row.count("expired")
        health.failures = Int(try row.count("failures"))
        health.failingSince = row.moment("failing_since")
        health.nextAttempt = row.moment("next_attempt")
        health.ramp = row.optional("ramp")
        health.bytes = row.optional("bytes")
        health.suspects = row.optional("suspects")
        health.parkedInARow = Int(try row.count("parked_in_a_row"))
        health.refusedLeft = row.optional("refused_left")
        inFlight = InFlightBatch(row: row)
        laneNumbers = LaneRows.numbers(row.optional("lane_numbers"))
        round = try LaneRows.round(row.text("round"))
    }
}

extension InFlightBatch {
    fileprivate init?(row: Row) {
        guard let id: String = row.optional("batch_id"),
            let first: Int64 = row.optional("batch_first"),
            let end: Int64 = row.optional("batch_end"), first <= end,
            let firstSequence: Int64 = row.optional("batch_first_sequence"),
            let count: Int64 = row.optional("batch_count"), count > 0, firstSequence > 0,
            !firstSequence.addingReportingOverflow(count).overflow,
            let formatName: String = row.optional("batch_format"),
            let format = EventFormat(rawValue: formatName),
            let attempts: Int = row.optional("batch_attempts"), 0..<(.max / 4) ~= attempts
        else { return nil }
        let filterText: String? = row.optional("batch_filter")
        let filter = filterText.flatMap {
            try? JSONDecoder().decode(EventFilter.self, from: Data($0.utf8))
        }
        self.init(
            id: id,
            covers: Offset(first)..<Offset(end),
            firstSequence: firstSequence,
            count: count,
            firstTime: row.moment("batch_time") ?? .now,
            format: format,
            filter: filter ?? EventFilter(),
            keyVersion: row.optional("batch_key") ?? 1,
            attempts: attempts,
            refusals: (row.optional("batch_refusals") as Int?).map { max(0, min($0, .max / 4)) }
                ?? 0
        )
    }
}

extension ParkedEvent {
    fileprivate init(row: Row) {
        self.init(
            id: row.number("id"),
            offset: Offset(row.number("offset")),
            sequence: row.number("sequence"),
            lane: row.optional("lane"),
            clickedAt: Timestamp(microseconds: row.number("clicked_at")),
            format: row.optional("format").flatMap(EventFormat.init(rawValue:)) ?? .rebrandly,
            event: Array(row.data("event")),
            reason: row.optional("reason") ?? "",
            attempts: row.optional("attempts") ?? 0,
            parkedAt: Timestamp(microseconds: row.number("parked_at"))
        )
    }
}

extension Row {
    fileprivate func moment(_ column: String) -> Timestamp? {
        optional(column).map(Timestamp.init(microseconds:))
    }
}
