package import ClickModel
import GRDB

extension EmbeddedLog: DeliveryLedger {
    package func position(
        of stream: EventStream.ID
    ) async throws(LogError) -> StreamPosition? {
        try await read { try DeliveryRows.position($0, of: stream) }
    }

    package func store(_ step: DeliveryStep) async throws(LogError) {
        try await storeWriter.commit { db in
            try DeliveryRows.put(db, step.position)
            if step.isMark { try DeliveryRows.addMark(db, step.position) }
            if let parked = step.parked {
                try DeliveryRows.add(db, parked, of: step.position.stream)
            }
        }
    }

    package func note(_ attempt: AttemptRecord, of stream: EventStream.ID) {
        attempts.add(attempt, of: stream)
    }

    package func accounting(of stream: EventStream) async throws(LogError) -> DeliveryAccounting {
        let (position, unparked) = try await read { db in
            let position =
                try DeliveryRows.position(db, of: stream.id)
                ?? StreamPosition(stream: stream.id, checkpoint: stream.start)
            return (position, try DeliveryRows.unparked(db, of: stream.id))
        }
        // Read last: what the position counts came in before.
        let (total, _) = tail.total(of: stream.workspace)
        return DeliveryAccounting(
            position,
            total: total - stream.startTotal,
            unparkedDelivered: unparked.delivered,
            unparkedExpired: unparked.expired
        )
    }

    package func attempts(
        of stream: EventStream.ID,
        before: Int64?,
        limit: Int
    ) async throws(LogError) -> [RecordedAttempt] {
        do {
            return try await attempts.attempts(of: stream, before: before, limit: limit)
        } catch {
            throw LogError(error)
        }
    }

    package func attemptSummary(
        of stream: EventStream.ID
    ) async throws(LogError) -> AttemptSummary {
        do { return try await attempts.summary(of: stream) } catch { throw LogError(error) }
    }

    package func parked(
        of stream: EventStream.ID,
        after: Int64?,
        limit: Int
    ) async throws(LogError) -> [ParkedEvent] {
        try await read { try DeliveryRows.parked($0, of: stream, after: after, limit: limit) }
    }

    package func unpark(
        _ id: Int64,
        of stream: EventStream.ID,
        isDelivered: Bool
    ) async throws(LogError) -> Bool {
        // Two that ask at once must not count it twice: the commit itself tells whether it was there.
        let wasThere = Flag()
        try await storeWriter.commit { db in
            wasThere.set(try DeliveryRows.unpark(db, id, of: stream, isDelivered: isDelivered))
        }
        return wasThere.isSet
    }

    package func mark(
        of stream: EventStream.ID,
        behind offset: Offset
    ) async throws(LogError) -> SequenceMark? {
        try await read { try DeliveryRows.mark($0, of: stream, behind: offset) }
    }

    package func forgetStreams(
        except kept: Set<EventStream.ID>
    ) async throws(LogError) {
        let stored = try await read { try String.fetchAll($0, sql: "SELECT stream FROM positions") }
        let gone = stored.filter { !kept.contains(EventStream.ID($0)) }
        guard !gone.isEmpty else { return }
        attempts.forget(gone)
        try await storeWriter.commit { db in
            for stream in gone { try DeliveryRows.forget(db, stream) }
        }
    }

    func read<Value: Sendable>(
        _ query: @escaping @Sendable (Database) throws -> Value
    ) async throws(LogError) -> Value {
        do {
            return try await store.pool.read(query)
        } catch {
            throw LogError(error)
        }
    }
}
