import ClickModel
import Delivery
import Logging
import Synchronization
import TestKit
import Testing

/// A kind of sink that gives each stream a sink of its own.
private struct ManySinks: SinkProvider {
    let kind = "scripted"
    let fields: [SettingField] = []
    let make: @Sendable (EventStream) -> any Sink

    func framing(for format: EventFormat, key: String) -> BodyFraming {
        BodyFraming(contentType: "text/plain", prefix: [], separator: [0x0A], suffix: [])
    }

    func problems(with settings: [String: String]) async -> [SettingProblem] { [] }

    func makeSink(for stream: EventStream) -> any Sink { make(stream) }
}

/// Never answers, and gives up when it is cancelled.
private struct HangingSink: Sink {
    func deliver(_ batch: OutgoingBatch) async -> DeliveryOutcome {
        while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
        return .abandoned
    }

    func close() async {}
}

@Suite struct IsolationTests {
    @Test func `one receiver that hangs and nine that fail hold up none of ninety others`()
        async throws
    {
        let log = MemoryLog()
        let source = TestSource(for: log)
        // Room for four bodies that are being cut at once, two of them for those that fail.
        let most = 4 * (16_384 + (1 << 20))
        let room = BodyRoom(limit: most)
        let streams = TestStreams(
            (0..<100).map { number in
                .fixture(
                    "s\(number)",
                    workspace: Int64(number),
                    limits: BatchLimits(bytes: 16_384, wait: .zero)
                )
            }
        )
        let delivered = Counts()
        let supervisor = DeliverySupervisor(
            in: DeliverySurroundings(
                log: log,
                ledger: log,
                streams: streams,
                metrics: ServiceMetrics(),
                logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
                room: room
            ),
            providers: [
                ManySinks { stream in
                    switch stream.workspace {
                    case 0: HangingSink()
                    case 1...9: ScriptedSink { _ in .busy }
                    default:
                        ScriptedSink { batch in
                            delivered.add(stream.workspace, batch.marks.count, used: room.used)
                            return .accepted
                        }
                    }
                }
            ]
        )
        for round in 0..<20 {
            try await source.append(
                (0..<100).map { TestEvent("m\(round)", workspace: Int64($0)) }
            )
            if round == 5 { await supervisor.reload() }
        }
        try await eventually { delivered.all.filter { $0.value == 20 }.count == 90 }
        await supervisor.stop(grace: .milliseconds(10))
        #expect(delivered.mostUsed <= most)
        #expect(room.used == 0)
        for number in 0..<10 {
            let position = try await log.position(of: EventStream.ID("s\(number)"))
            #expect(position?.delivered ?? 0 == 0)
        }
    }
}

/// Events by workspace, and how much of the room was in use at most.
private final class Counts: Sendable {
    private let state = Mutex<(counts: [WorkspaceNumber: Int], mostUsed: Int)>(([:], 0))

    var all: [WorkspaceNumber: Int] { state.withLock { $0.counts } }
    var mostUsed: Int { state.withLock { $0.mostUsed } }

    func add(_ workspace: WorkspaceNumber, _ count: Int, used: Int) {
        state.withLock { state in
            state.counts[workspace, default: 0] += count
            state.mostUsed = max(state.mostUsed, used)
        }
    }
}
