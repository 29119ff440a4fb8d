package import ClickModel
import Synchronization

/// A sink that answers by a script and keeps what it was sent.
package final class ScriptedSink: Sink {
    private struct State {
        var script: [DeliveryOutcome]
        var received: [OutgoingBatch] = []
        var isClosed = false
    }

    private let state: Mutex<State>

    /// Answers with each outcome in turn, then accepts everything.
    package init(_ script: [DeliveryOutcome] = []) { state = Mutex(State(script: script)) }

    /// Every attempt so far.
    package var received: [OutgoingBatch] { state.withLock { $0.received } }

    package var isClosed: Bool { state.withLock { $0.isClosed } }

    package func deliver(_ batch: OutgoingBatch) async -> DeliveryOutcome {
        state.withLock { state in
            state.received.append(batch)
            return state.script.isEmpty ? .delivered(status: 200) : state.script.removeFirst()
        }
    }

    package func close() async { state.withLock { $0.isClosed = true } }
}

/// A kind of sink whose every stream gets the same scripted sink.
package struct ScriptedProvider: SinkProvider {
    package let kind = "scripted"
    package let fields: [SettingField] = []
    private let sink: ScriptedSink

    package init(_ sink: ScriptedSink) { self.sink = sink }

    package func framing(key: String) -> BodyFraming {
        BodyFraming(
            contentType: "text/plain",
            prefix: Array("<".utf8),
            separator: Array("|".utf8),
            suffix: Array(">".utf8)
        )
    }

    package func problems(with settings: [String: String]) async -> [SettingProblem] { [] }

    package func makeSink(for stream: EventStream) -> any Sink { sink }
}

/// The streams of a test, in memory.
package final class TestStreams: StreamDirectory {
    private struct State {
        var streams: [EventStream.ID: EventStream] = [:]
        var history: [StreamState] = []
    }

    private let state = Mutex(State())

    package init(_ streams: [EventStream]) {
        state.withLock { state in
            for stream in streams { state.streams[stream.id] = stream }
        }
    }

    /// Every state that was set, in order.
    package var history: [StreamState] { state.withLock { $0.history } }

    package func streams() async throws -> [EventStream] {
        state.withLock { Array($0.streams.values) }
    }

    package func setState(_ newState: StreamState, of stream: EventStream.ID) async throws {
        state.withLock { state in
            state.streams[stream]?.state = newState
            state.history.append(newState)
        }
    }

    package func remove(_ stream: EventStream.ID) {
        state.withLock { $0.streams[stream] = nil }
    }
}

extension EventStream {
    /// A stream of workspace 1 that sends what it finds at once.
    package static func fixture(
        _ id: String = "s1",
        workspace: WorkspaceNumber = 1,
        status: StreamStatus = .active,
        limits: BatchLimits = BatchLimits(wait: .zero),
        start: Offset = .zero,
        destination: Destination = Destination(kind: "scripted", settings: [:]),
        secrets: [String] = []
    ) -> EventStream {
        EventStream(
            id: ID(id),
            workspace: workspace,
            destination: destination,
            format: .rebrandly,
            limits: limits,
            key: "k",
            secrets: secrets,
            state: StreamState(status, since: Timestamp(microseconds: 0)),
            start: start,
            startTotal: 0
        )
    }
}
