import ClickModel
import Foundation
import Ingest
import Logging
import Synchronization
import TestKit
import Testing

/// Writes each click's user agent as its event; one that begins with "bot" is no person's.
private final class MarkEncoder: EventEncoder {
    func encode(
        _ click: Click,
        _ request: borrowing ClickRequest,
        into group: EventGroup
    ) -> EncodedClick {
        let mark = request[.userAgent].text
        TestEvent(mark, workspace: click.route.workspace.number).encode(into: group)
        return EncodedClick(isHuman: !mark.hasPrefix("bot"), startsSession: mark.hasPrefix("new"))
    }
}

private func group(_ marks: String...) -> ClickGroup {
    var group = ClickGroup()
    for mark in marks {
        Array(mark.utf8).withUnsafeBufferPointer { view in
            var headers = [ByteView](repeating: .none, count: ClickHeader.allCases.count)
            headers[Int(ClickHeader.userAgent.rawValue)] = view
            headers.withUnsafeBufferPointer {
                group.append(
                    receivedAt: .now,
                    route: .sample,
                    address: nil,
                    query: nil,
                    location: nil,
                    headers: $0
                )
            }
        }
    }
    return group
}

private func makeIntake(
    _ log: any EventLog,
    limit: Int = 100,
    bytes: Int = 1 << 20,
    patience: Duration = .seconds(86_400),
    _ metrics: ServiceMetrics
) -> Intake {
    Intake(
        encoder: MarkEncoder(),
        log: log,
        maximumClicks: limit,
        maximumBytes: bytes,
        patience: patience,
        metrics: metrics,
        logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    )
}

/// A log that doesn't commit until told to, then fails or succeeds as told.
private final class HeldLog: EventLog {
    private let source = Mutex<(any EventSource)?>(nil)

    /// Commits what waits; `meanwhile` happens while the group gathers.
    func commit(
        meanwhile: () -> Void = {},
        _ result: (EventGroup) -> Result<Range<Offset>, LogError>
    ) {
        let group = EventGroup()
        source.withLock { $0 }?.fill(group)
        guard !group.isEmpty else { return }
        meanwhile()
        source.withLock { $0 }?.fill(group)
        source.withLock { $0 }?.settle(result(group))
    }

    var bounds: Range<Offset> { .zero ..< .zero }
    func take(from source: any EventSource) { self.source.withLock { $0 = source } }
    func wake() {}
    func read(from: Offset, workspace: WorkspaceNumber?) async throws(LogError) -> LogRead {
        .end(.zero)
    }
    func wait(
        for offset: Offset,
        workspace: WorkspaceNumber?,
        until deadline: ContinuousClock.Instant?
    ) async {}
    func wait(
        forTotal total: Int64,
        of workspace: WorkspaceNumber,
        until deadline: ContinuousClock.Instant
    ) async {}
    func total(of: WorkspaceNumber, before: Offset) async throws(LogError) -> Int64 { 0 }
    func offset(at time: Timestamp) async throws(LogError) -> Offset { .zero }
    func offset(usedUp percent: Int) async throws(LogError) -> Offset { .zero }

    func trim(before offset: Offset) async throws(LogError) {}
}

@Suite struct IntakeTests {
    @Test func `clicks are encoded in order, and settle when they are on disk`() async throws {
        let log = MemoryLog()
        let metrics = ServiceMetrics()
        let intake = makeIntake(log, metrics)
        let settled = Mutex<[Acceptance]>([])
        intake.submit(group("a", "b")) { result in settled.withLock { $0.append(result) } }
        intake.submit(group("c")) { result in settled.withLock { $0.append(result) } }
        #expect(settled.withLock { $0 } == [.durable, .durable])
        guard case .blocks(let blocks) = try await log.read(from: .zero, workspace: 1) else {
            Issue.record("nothing was read")
            return
        }
        #expect(blocks.flatMap(\.texts) == ["a", "b", "c"].map { TestEvent($0).json })
        #expect(metrics.clicksRecorded.value == 3)
    }

    @Test func `more clicks than may wait are shed, counted and answered`() {
        let log = HeldLog()
        let metrics = ServiceMetrics()
        let intake = makeIntake(log, limit: 2, metrics)
        let settled = Mutex<[Acceptance]>([])
        intake.submit(group("a", "b")) { result in settled.withLock { $0.append(result) } }
        intake.submit(group("c")) { result in settled.withLock { $0.append(result) } }
        #expect(settled.withLock { $0 } == [.shed(.overload)])
        #expect(metrics.clicksShedByOverload.value == 1)
        log.commit { _ in .success(Offset(0)..<Offset(2)) }
        #expect(settled.withLock { $0 } == [.shed(.overload), .durable])
        // There is room again.
        intake.submit(group("d")) { result in settled.withLock { $0.append(result) } }
        log.commit { _ in .success(Offset(2)..<Offset(3)) }
        #expect(settled.withLock { $0.last } == .durable)
    }

    @Test func `clicks with more text than may wait are shed, and there is room again`() {
        let log = HeldLog()
        let metrics = ServiceMetrics()
        let first = group("a", "b")
        let intake = makeIntake(log, bytes: first.textBytes + 1, metrics)
        let settled = Mutex<[Acceptance]>([])
        for _ in 0..<2 {
            intake.submit(first) { result in settled.withLock { $0.append(result) } }
            intake.submit(group("c", "d")) { result in settled.withLock { $0.append(result) } }
            log.commit { _ in .success(Offset(0)..<Offset(2)) }
        }
        #expect(
            settled.withLock { $0 }
                == [.shed(.overload), .durable, .shed(.overload), .durable]
        )
        #expect(metrics.clicksShedByOverload.value == 4)
    }

    @Test func `a block has some megabyte of events, however many clicks wait`() {
        let log = HeldLog()
        let intake = makeIntake(log, limit: 1000, bytes: 64 << 20, ServiceMetrics())
        let long = String(repeating: "x", count: 60_000)
        for _ in 0..<100 { intake.submit(group(long)) { _ in } }
        var (blocks, events) = (0, 0)
        while events < 100 {
            log.commit { group in
                // Its details have the text once more.
                #expect(group.payload.count < (1 << 20) + 2 * 61_000)
                (blocks, events) = (blocks + 1, events + group.count)
                return .success(Offset(0)..<Offset(Int64(group.count)))
            }
        }
        #expect(blocks == 12)
    }

    @Test
    func `while a commit hangs visitors who come are redirected, and their clicks counted as shed`()
    {
        let log = HeldLog()
        let metrics = ServiceMetrics()
        let intake = makeIntake(log, patience: .zero, metrics)
        let settled = Mutex<[Acceptance]>([])
        intake.submit(group("a")) { result in settled.withLock { $0.append(result) } }
        log.commit {
            intake.submit(group("b")) { result in settled.withLock { $0.append(result) } }
        } _: { group in
            #expect(group.count == 1)
            return .success(Offset(0)..<Offset(1))
        }
        #expect(settled.withLock { $0 } == [.shed(.logUnavailable), .durable])
        #expect(metrics.clicksShedByLog.value == 1)
        // It came back.
        intake.submit(group("c")) { result in settled.withLock { $0.append(result) } }
        log.commit { _ in .success(Offset(1)..<Offset(2)) }
        #expect(settled.withLock { $0.last } == .durable)
    }

    @Test func `a log that fails sheds clicks, and takes the next ones again`() {
        let log = HeldLog()
        let metrics = ServiceMetrics()
        let intake = makeIntake(log, metrics)
        let settled = Mutex<[Acceptance]>([])
        intake.submit(group("a", "b")) { result in settled.withLock { $0.append(result) } }
        log.commit { _ in .failure(.full) }
        intake.submit(group("c")) { result in settled.withLock { $0.append(result) } }
        log.commit { _ in .success(Offset(0)..<Offset(1)) }
        #expect(settled.withLock { $0 } == [.shed(.logUnavailable), .durable])
        #expect(metrics.clicksShedByLog.value == 2)
        #expect(metrics.clicksRecorded.value == 1)
    }

    @Test func `what comes while a group gathers is of the same commit`() {
        let log = HeldLog()
        let metrics = ServiceMetrics()
        let intake = makeIntake(log, metrics)
        let settled = Mutex<[Acceptance]>([])
        intake.submit(group("a", "b")) { result in settled.withLock { $0.append(result) } }
        log.commit {
            intake.submit(group("c")) { result in settled.withLock { $0.append(result) } }
        } _: { group in
            #expect(group.count == 3)
            return .success(Offset(0)..<Offset(3))
        }
        #expect(settled.withLock { $0 } == [.durable, .durable])
        #expect(metrics.clicksRecorded.value == 3)
    }

    @Test func `a stopping intake takes nothing new and loses nothing it has`() {
        let log = HeldLog()
        let metrics = ServiceMetrics()
        let intake = makeIntake(log, metrics)
        let settled = Mutex<[Acceptance]>([])
        intake.submit(group("a")) { result in settled.withLock { $0.append(result) } }
        intake.stop()
        intake.submit(group("b")) { result in settled.withLock { $0.append(result) } }
        log.commit { _ in .success(Offset(0)..<Offset(1)) }
        #expect(settled.withLock { $0 } == [.shed(.stopping), .durable])
    }

    @Test func `what people did with links is counted with the commits, and what failed is not`()
        async throws
    {
        let log = HeldLog()
        let intake = makeIntake(log, ServiceMetrics())
        let route = CountedLink(workspace: Route.sample.workspace.number, id: Route.sample.id ?? "")
        func counts() async -> LinkCounts? {
            async let found = intake.takeLinkCounts()
            // The log's thread looks, and has nothing to commit.
            for _ in 0..<20 {
                log.commit { _ in .failure(.full) }
                try? await Task.sleep(for: .milliseconds(5))
            }
            return await found
        }
        #expect(await counts() == nil)
        intake.submit(group("new a", "b", "bot"), settled: { _ in })
        log.commit { _ in .success(Offset(7)..<Offset(10)) }
        intake.submit(group("new c"), settled: { _ in })
        log.commit { _ in .success(Offset(10)..<Offset(11)) }
        let found = try #require(await counts())
        #expect(found.offsets == Offset(7)..<Offset(11))
        #expect(found.links[route]?.clicks == 3)
        #expect(found.links[route]?.sessions == 2)
        #expect(await counts() == nil)

        // Whoever counts reads what came before the failure from the log.
        intake.submit(group("d"), settled: { _ in })
        log.commit { _ in .success(Offset(11)..<Offset(12)) }
        intake.submit(group("e"), settled: { _ in })
        log.commit { _ in .failure(.full) }
        intake.submit(group("f"), settled: { _ in })
        log.commit { _ in .success(Offset(12)..<Offset(13)) }
        let after = try #require(await counts())
        #expect(after.offsets == Offset(12)..<Offset(13))
        #expect(after.links[route]?.clicks == 1)

        // Asked for while a group gathers, they are told once it is in the log.
        intake.submit(group("g"), settled: { _ in })
        log.commit { _ in .success(Offset(13)..<Offset(14)) }
        intake.submit(group("h"), settled: { _ in })
        let asked = Task { await intake.takeLinkCounts() }
        log.commit {
            Thread.sleep(forTimeInterval: 0.2)
        } _: { _ in
            .success(Offset(14)..<Offset(15))
        }
        for _ in 0..<20 {
            log.commit { _ in .failure(.full) }
            try await Task.sleep(for: .milliseconds(5))
        }
        let together = try #require(await asked.value)
        #expect(together.offsets == Offset(13)..<Offset(15))
        #expect(together.links[route]?.clicks == 2)
    }
}
