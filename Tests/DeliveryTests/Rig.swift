import ClickModel
import Delivery
import Logging
import TestKit
import Testing

/// A log, a ledger and a supervisor around one scripted sink.
struct Rig {
    let log: MemoryLog
    let source: TestSource
    let sink: ScriptedSink
    let streams: TestStreams
    let supervisor: DeliverySupervisor

    init(
        _ streams: [EventStream],
        script: [DeliveryOutcome] = [],
        meanwhile: @escaping @Sendable (OutgoingBatch) async -> Void = { _ in }
    ) {
        self.init(TestStreams(streams), script: script, meanwhile: meanwhile)
    }

    init(
        _ streams: TestStreams,
        script: [DeliveryOutcome] = [],
        meanwhile: @escaping @Sendable (OutgoingBatch) async -> Void = { _ in }
    ) {
        self.init(streams, ScriptedSink(script, meanwhile: meanwhile))
    }

    init(_ streams: TestStreams, _ sink: ScriptedSink, time: any TimeSource = SystemTime()) {
        log = MemoryLog()
        source = TestSource(for: log)
        self.sink = sink
        self.streams = streams
        supervisor = Self.supervisor(log, streams, sink, time)
    }

    /// The next life of a service: the same log and streams, and a supervisor of its own.
    init(
        sharing rig: Rig,
        _ sink: ScriptedSink,
        time: any TimeSource,
        room: BodyRoom = BodyRoom()
    ) {
        log = rig.log
        source = rig.source
        streams = rig.streams
        self.sink = sink
        supervisor = Self.supervisor(log, streams, sink, time, room)
    }

    private static func supervisor(
        _ log: MemoryLog,
        _ streams: TestStreams,
        _ sink: ScriptedSink,
        _ time: any TimeSource,
        _ room: BodyRoom = BodyRoom()
    ) -> DeliverySupervisor {
        DeliverySupervisor(
            in: DeliverySurroundings(
                log: log,
                ledger: log,
                streams: streams,
                metrics: ServiceMetrics(),
                logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
                time: time,
                room: room
            ),
            providers: [ScriptedProvider(sink)]
        )
    }

    func append(
        _ marks: [String],
        workspace: WorkspaceNumber = 1,
        at time: Timestamp = .now
    ) async throws {
        try await source.append(marks.map { TestEvent($0, workspace: workspace, at: time) })
    }

    /// Waits until the sink has seen `count` attempts.
    func attempts(_ count: Int) async throws -> [OutgoingBatch] {
        try await eventually { sink.received.count >= count }
        return sink.received
    }

    func position(_ id: String = "s1") async throws -> StreamPosition? {
        try await log.position(of: EventStream.ID(id))
    }
}

/// Waits until a condition holds, and fails after some minutes: only what hangs takes so long, on any machine.
func eventually(_ condition: () async throws -> Bool) async throws {
    for _ in 0..<120_000 {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(1))
    }
    Issue.record("a condition did not come true within some minutes")
    throw CancellationError()
}

extension OutgoingBatch {
    var text: String { String(decoding: body, as: UTF8.self) }

    /// The marks of its events.
    var marks: [String] {
        text.split(separator: "\"mark\":\"").dropFirst().map { $0.split(separator: "\"")[0] }.map(
            String.init
        )
    }
}

extension DeliveryOutcome {
    static let accepted = DeliveryOutcome.delivered(DeliveryAnswer(status: 200))
    static let busy = DeliveryOutcome.failed(
        DeliveryFailure(answer: DeliveryAnswer(status: 503), message: "answered 503")
    )
    static let refused = DeliveryOutcome.refused(
        DeliveryFailure(answer: DeliveryAnswer(status: 422), message: "answered 422"),
        isTooLarge: false
    )
    static let tooLarge = DeliveryOutcome.refused(
        DeliveryFailure(answer: DeliveryAnswer(status: 413), message: "answered 413"),
        isTooLarge: true
    )
}

func body(_ marks: String...) -> String {
    "<" + marks.map { TestEvent($0).json }.joined(separator: "|") + ">"
}
