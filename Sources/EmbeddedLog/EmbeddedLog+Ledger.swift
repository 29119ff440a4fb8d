package import ClickModel
import GRDB

extension EmbeddedLog: DeliveryLedger {
    package func position(
        of stream: EventStream.ID
    ) async throws(LogError) -> StreamPosition? {
        do {
            return try await store.pool.read { db in
                try Row.fetchOne(
                    db,
                    sql: "SELECT * FROM positions WHERE stream = ?",
                    arguments: [stream.description]
                ).map(StreamPosition.init(row:))
            }
        } catch {
            throw LogError(error)
        }
    }

    package func save(_ position: StreamPosition) async throws(LogError) {
        try await writer.commit { db in
            let batch = position.inFlight
            try db.cachedStatement(
                sql: "INSERT OR REPLACE INTO positions VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
            ).execute(arguments: [
                position.stream.description, position.checkpoint.value, position.nextSequence,
                position.delivered, position.parked, position.filtered, position.expired,
                batch?.id, batch?.covers.lowerBound.value, batch?.covers.upperBound.value,
                batch?.firstSequence, batch?.count, batch?.format.rawValue, batch?.attempts,
            ])
        }
    }

    package func forgetStreams(
        except kept: Set<EventStream.ID>
    ) async throws(LogError) {
        let stored: [String]
        do {
            stored = try await store.pool.read {
                try String.fetchAll($0, sql: "SELECT stream FROM positions")
            }
        } catch {
            throw LogError(error)
        }
        let gone = stored.filter { !kept.contains(EventStream.ID($0)) }
        guard !gone.isEmpty else { return }
        try await writer.commit { db in
            for stream in gone {
                try db.cachedStatement(sql: "DELETE FROM positions WHERE stream = ?")
                    .execute(arguments: [stream])
            }
        }
    }
}

extension StreamPosition {
    fileprivate init(row: Row) {
        self.init(stream: EventStream.ID(row["stream"]), checkpoint: Offset(row["checkpoint"]))
        nextSequence = row["next_sequence"]
        delivered = row["delivered"]
        parked = row["parked"]
        filtered = row["filtered"]
        expired = row["expired"]
        inFlight = InFlightBatch(row: row)
    }
}

extension InFlightBatch {
    fileprivate init?(row: Row) {
        guard let id = row["batch_id"] as String?, let first = row["batch_first"] as Int64?,
            let end = row["batch_end"] as Int64?, first <= end,
            let firstSequence = row["batch_first_sequence"] as Int64?,
            let count = row["batch_count"] as Int64?,
            let format = (row["batch_format"] as String?).flatMap(EventFormat.init(rawValue:)),
            let attempts = row["batch_attempts"] as Int?
        else { return nil }
        self.init(
            id: id,
            covers: Offset(first)..<Offset(end),
            firstSequence: firstSequence,
            count: count,
            format: format,
            attempts: attempts
        )
    }
}
