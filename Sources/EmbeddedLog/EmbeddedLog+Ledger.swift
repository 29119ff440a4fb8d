package import ClickModel
import GRDB

extension EmbeddedLog: DeliveryLedger {
    package func position(
        of stream: EventStream.ID
    ) async throws(LogError) -> StreamPosition? {
        try await positionAndMore(of: stream) { _ in }.0
    }

    /// A stream's position, and what else SQLite says at that moment.
    ///
    /// Where it stands may be in the journal alone: what waits for SQLite is looked at first, so that it is in either.
    private func positionAndMore<More: Sendable>(
        of stream: EventStream.ID,
        _ more: @escaping @Sendable (Database) throws -> More
    ) async throws(LogError) -> (StreamPosition?, More) {
        let waiting = storeWriter.waitingStep(of: stream)
        return try await read { db in
            let stored = try DeliveryRows.position(db, of: stream)
            let position =
                if let waiting, waiting.number > stored?.step ?? 0 {
                    try DeliveryRows.position(waiting.position)
                } else {
                    stored?.0
                }
            return (position, try more(db))
        }
    }

    package func store(_ step: DeliveryStep) async throws(LogError) {
        let stored: StoredStep
        do {
            stored = try StoredStep(step, number: steps.next())
        } catch {
            throw LogError(error)
        }
        guard let parked = step.parked else { return try await writer.store(stored) }
        // What comes with an event goes where that goes.
        try await storeWriter.commit { db in
            try stored.put(into: db)
            try DeliveryRows.add(db, parked, of: step.position.stream)
        }
    }

    package func note(_ attempt: AttemptRecord, of stream: EventStream.ID) {
        attempts.add(attempt, of: stream)
    }

    package func accounting(of stream: EventStream) async throws(LogError) -> DeliveryAccounting {
        let (position, unparked) = try await positionAndMore(of: stream.id) { db in
            try DeliveryRows.unparked(db, of: stream.id)
        }
        // Read last: what the position counts came in before.
        let (total, _) = tail.total(of: stream.workspace)
        return DeliveryAccounting(
            position ?? StreamPosition(stream: stream.id, checkpoint: stream.start),
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
        let waiting = storeWriter.waitingStreams
        let stored = try await read { try String.fetchAll($0, sql: "SELECT stream FROM positions") }
        let gone = Set(waiting + stored).filter { !kept.contains(EventStream.ID($0)) }
        guard !gone.isEmpty else { return }
        attempts.forget(Array(gone))
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
