package import ClickModel
import Testing

/// What every `EventLog` must do; run by each implementation's tests on an empty log.
package struct EventLogConformance {
    private let log: any EventLog
    private let ledger: any DeliveryLedger
    private let source: TestSource

    /// Takes an empty log that has no source yet.
    package init(_ log: some EventLog & DeliveryLedger) {
        self.log = log
        ledger = log
        source = TestSource(for: log)
    }

    /// Runs every check, in the order they build on each other.
    package func run() async throws {
        try await anEmptyLogReadsAsItsEnd()
        try await whatIsAppendedIsReadInOrder()
        try await aWorkspaceSeesItsOwnEventsOnly()
        try await totalsCountWhatCameBeforeAnOffset()
        try await aTimeFindsItsOffset()
        try await waitingEndsWithAnAppend()
        try await waitingEndsWithTheDeadlineAndWithCancellation()
        try await waitingEndsWithTheTotal()
        try await positionsAreKept()
        try await attemptsAndParkedEventsAreKept()
        try await trimmingTurnsReadersAway()
        try await manyAppendersAtOnceLoseNothing()
    }

    private func anEmptyLogReadsAsItsEnd() async throws {
        #expect(log.bounds == Offset.zero..<Offset.zero)
        guard case .end(.zero) = try await log.read(from: .zero, workspace: nil) else {
            Issue.record("an empty log reads as its end")
            return
        }
    }

    private func whatIsAppendedIsReadInOrder() async throws {
        let first = try await source.append([TestEvent("a"), TestEvent("b")])
        let second = try await source.append([TestEvent("c")])
        #expect(first == Offset(0)..<Offset(2))
        #expect(second == Offset(2)..<Offset(3))
        #expect(log.bounds == Offset(0)..<Offset(3))
        #expect(try await marks(from: .zero, nil) == ["a", "b", "c"])
        #expect(try await marks(from: Offset(1), nil) == ["b", "c"])
        guard case .end(Offset(3)) = try await log.read(from: Offset(3), workspace: nil) else {
            Issue.record("the end reads as the end")
            return
        }
    }

    private func aWorkspaceSeesItsOwnEventsOnly() async throws {
        try await source.append([
            TestEvent("d", workspace: 2), TestEvent("e"), TestEvent("f", workspace: 2),
        ])
        try await source.append([TestEvent("g")])
        #expect(try await marks(from: .zero, 2) == ["d", "f"])
        #expect(try await marks(from: Offset(4), 2) == ["f"])
        #expect(try await marks(from: .zero, 1) == ["a", "b", "c", "e", "g"])
        guard case .end(Offset(7)) = try await log.read(from: .zero, workspace: 3) else {
            Issue.record("a workspace without events reads to the end")
            return
        }
    }

    private func totalsCountWhatCameBeforeAnOffset() async throws {
        #expect(try await log.total(of: 1, before: log.bounds.upperBound) == 5)
        #expect(try await log.total(of: 2, before: log.bounds.upperBound) == 2)
        #expect(try await log.total(of: 3, before: log.bounds.upperBound) == 0)
        #expect(try await log.total(of: 1, before: Offset(2)) == 2)
        #expect(try await log.total(of: 2, before: Offset(4)) == 1)
    }

    private func aTimeFindsItsOffset() async throws {
        let base = Timestamp(microseconds: 1_600_000_000_000_000)
        let offsets = try await source.append([
            TestEvent("h", at: base), TestEvent("i", at: base.advanced(by: .seconds(1))),
        ])
        #expect(try await log.offset(at: base) == offsets.lowerBound)
        #expect(try await log.offset(at: base.advanced(by: .milliseconds(1))) == Offset(8))
        #expect(try await log.offset(at: base.advanced(by: .seconds(2))) == offsets.upperBound)
    }

    private func waitingEndsWithAnAppend() async throws {
        let end = log.bounds.upperBound
        async let waited: Void = log.wait(for: end, workspace: 1, until: nil)
        try await source.append([TestEvent("j")])
        await waited
        // What is there already needs no waiting.
        await log.wait(for: end, workspace: nil, until: nil)
    }

    private func waitingEndsWithTheDeadlineAndWithCancellation() async throws {
        let end = log.bounds.upperBound
        await log.wait(for: end, workspace: 1, until: .now)
        await log.wait(for: end, workspace: 1, until: .now + .milliseconds(5))
        let waiting = Task { [log] in await log.wait(for: end, workspace: 1, until: nil) }
        waiting.cancel()
        await waiting.value
    }

    /// A round in which one lane is in flight, one is to be cut anew and one is done.
    private static let round = LaneRound(
        covers: Offset(2)..<Offset(9),
        lanes: 3,
        format: .extended,
        filter: EventFilter(types: ["human"], orphans: true),
        filtered: 2,
        shares: [
            LaneRound.Share(
                lane: 2,
                start: Offset(4),
                next: 7,
                end: 9,
                batch: InFlightBatch(
                    id: "bat_1",
                    covers: Offset(4)..<Offset(9),
                    firstSequence: 7,
                    count: 2,
                    firstTime: Timestamp(microseconds: 3),
                    format: .extended,
                    filter: EventFilter(types: ["human"], orphans: true),
                    keyVersion: 2,
                    attempts: 3,
                    refusals: 1
                )
            ),
            LaneRound.Share(lane: 0, start: Offset(2), next: 4, end: 5, batch: nil),
        ]
    )

    private func positionsAreKept() async throws {
        let stream = EventStream.ID("s1")
        #expect(try await ledger.position(of: stream) == nil)
        var position = StreamPosition(stream: stream, checkpoint: Offset(2))
        position.nextSequence = 3
        position.delivered = 2
        position.inFlight = InFlightBatch(
            id: "bat_1",
            covers: Offset(2)..<Offset(7),
            firstSequence: 3,
            count: 4,
            firstTime: Timestamp(microseconds: 1_600_000_000_000_000),
            format: .extended,
            filter: EventFilter(countries: ["br"], types: []),
            keyVersion: 3,
            attempts: 2,
            refusals: 1
        )
        position.health.failures = 3
        position.health.failingSince = Timestamp(microseconds: 1)
        position.health.nextAttempt = Timestamp(microseconds: 2)
        position.health.ramp = 20
        position.health.bytes = 65_536
        position.health.suspects = 7
        position.health.parkedInARow = 4
        position.health.refusedLeft = 5
        try await ledger.save(position)
        #expect(try await ledger.position(of: stream) == position)
        position.laneNumbers = [4, 1, 7]
        position.round = Self.round
        position.round?.isPartlyAccepted = true
        try await ledger.save(position)
        #expect(try await ledger.position(of: stream) == position)
        position.round = nil
        position.inFlight = nil
        position.expired = 1
        try await ledger.save(position)
        #expect(try await ledger.position(of: stream) == position)
        try await ledger.forgetStreams(except: [stream, EventStream.ID("s2")])
        #expect(try await ledger.position(of: stream) == position)
        try await ledger.forgetStreams(except: [EventStream.ID("s2")])
        #expect(try await ledger.position(of: stream) == nil)
    }

    private func waitingEndsWithTheTotal() async throws {
        let before = try await log.total(of: 1, before: log.bounds.upperBound)
        async let waited: Void = log.wait(
            forTotal: before + 2,
            of: 1,
            until: .now + .seconds(3600)
        )
        try await source.append([TestEvent("k", workspace: 3)])
        try await source.append([TestEvent("l")])
        try await source.append([TestEvent("m")])
        await waited
        await log.wait(forTotal: before + 2, of: 1, until: .now + .seconds(3600))
        await log.wait(forTotal: before + 3, of: 1, until: .now + .milliseconds(5))
    }

    private func attemptsAndParkedEventsAreKept() async throws {
        let stream = EventStream.fixture("s3")
        var position = StreamPosition(stream: stream.id, checkpoint: Offset(5))
        position.delivered = 1
        position.parked = 2
        var records: [AttemptRecord] = []
        for number in 1...3 {
            let record = AttemptRecord(
                batch: "bat_\(number)",
                number: number,
                at: Timestamp(microseconds: Int64(number)),
                duration: .milliseconds(number),
                status: number == 3 ? "delivered" : "refused",
                error: number == 3 ? nil : "no",
                answer: number == 1 ? nil : DeliveryAnswer(status: 422, text: "not\nthis"),
                events: 2,
                sequences: 7...8
            )
            records.append(record)
            let parked = number == 3 ? nil : Self.parked(number)
            try await ledger.store(DeliveryStep(position, parked: parked))
            ledger.note(record, of: stream.id)
        }
        let attempts = try await ledger.attempts(of: stream.id, before: nil, limit: 2)
        try #require(attempts.map(\.record) == [records[2], records[1]])
        let older = try await ledger.attempts(of: stream.id, before: attempts[1].id, limit: 9)
        #expect(older.map(\.record) == [records[0]])
        #expect(try await ledger.attempts(of: EventStream.ID("s4"), before: nil, limit: 9).isEmpty)

        let parked = try await ledger.parked(of: stream.id, after: nil, limit: 9)
        try #require(parked == zip([1, 2], parked).map { Self.parked($0).stored(as: $1.id) })
        #expect(
            try await ledger.parked(of: stream.id, after: parked[0].id, limit: 9) == [parked[1]]
        )
        #expect(
            try await ledger.unpark(parked[0].id, of: EventStream.ID("s4"), isDelivered: true)
                == false
        )
        #expect(try await ledger.unpark(parked[0].id, of: stream.id, isDelivered: true))
        #expect(try await ledger.unpark(parked[0].id, of: stream.id, isDelivered: true) == false)
        #expect(try await ledger.unpark(parked[1].id, of: stream.id, isDelivered: false))
        let accounting = try await ledger.accounting(of: stream)
        #expect(accounting.delivered == 2)
        #expect(accounting.parked == 0)
        #expect(accounting.expired == 1)
        #expect(accounting.in == (try await log.total(of: 1, before: log.bounds.upperBound)))
        #expect(accounting.pending == accounting.in - 3)
        try await ledger.forgetStreams(except: [])
        #expect(try await ledger.attempts(of: stream.id, before: nil, limit: 9).isEmpty)
        #expect(try await ledger.parked(of: stream.id, after: nil, limit: 9).isEmpty)
    }

    private static func parked(_ number: Int) -> ParkedEvent {
        ParkedEvent(
            offset: Offset(Int64(number)),
            sequence: Int64(number),
            clickedAt: Timestamp(microseconds: 5),
            format: .extended,
            event: Array(#"{"mark":"\#(number)"}"#.utf8),
            reason: "answered 422",
            attempts: 3,
            parkedAt: Timestamp(microseconds: 6)
        )
    }

    private func trimmingTurnsReadersAway() async throws {
        let end = log.bounds.upperBound
        let before = try await log.total(of: 1, before: end)
        try await log.trim(before: Offset(4))
        // Whole blocks go: offset 4 lies in the block that begins at 3.
        #expect(log.bounds == Offset(3)..<end)
        await #expect(throws: LogError.trimmed(available: Offset(3)..<end)) {
            try await log.read(from: Offset(2), workspace: nil)
        }
        #expect(try await marks(from: Offset(3), 2) == ["d", "f"])
        #expect(try await log.total(of: 1, before: end) == before)
        #expect(try await log.total(of: 1, before: Offset(3)) == 3)
    }

    private func manyAppendersAtOnceLoseNothing() async throws {
        let start = log.bounds.upperBound
        let wanted = Set((0..<200).map { "many-\($0)" })
        try await withThrowingTaskGroup(of: Range<Offset>.self) { group in
            for mark in wanted { group.addTask { try await source.append([TestEvent(mark)]) } }
            var seen: Set<Offset> = []
            for try await range in group { seen.insert(range.lowerBound) }
            #expect(seen.count == wanted.count)
        }
        let found = try await marks(from: start, nil)
        #expect(found.count == wanted.count)
        #expect(Set(found) == wanted)
    }

    /// The marks of the workspace's events from an offset to the end.
    private func marks(from offset: Offset, _ workspace: WorkspaceNumber?) async throws -> [String]
    {
        var found: [String] = []
        var position = offset
        while case .blocks(let blocks) = try await log.read(from: position, workspace: workspace) {
            for block in blocks {
                for index in block.facts.indices
                where block.first.advanced(by: index) >= position
                    && workspace.map({ block.facts[index].workspace == $0 }) ?? true
                {
                    let text = block.withEvent(at: index) { $0.event.text }
                    found.append(String(text.dropFirst(#"{"mark":""#.count).dropLast(2)))
                }
                position = block.offsets.upperBound
            }
        }
        return found
    }
}
