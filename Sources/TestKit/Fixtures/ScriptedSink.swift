package import ClickModel
import Synchronization

/// A sink that answers by a script and keeps what it was sent.
package final class ScriptedSink: Sink {
    private struct State {
        var script: [DeliveryOutcome]
        var received: [OutgoingBatch] = []
        var isClosed = false
        var keeps = true
    }

    private let state: Mutex<State>
    private let meanwhile: @Sendable (OutgoingBatch) async -> Void
    private let answer: (@Sendable (OutgoingBatch) -> DeliveryOutcome)?

    /// Answers with each outcome in turn, then accepts everything.
    ///
    /// - Parameters:
    ///   - script: The outcomes.
    ///   - meanwhile: What happens between an attempt's arrival and its answer.
    package init(
        _ script: [DeliveryOutcome] = [],
        meanwhile: @escaping @Sendable (OutgoingBatch) async -> Void = { _ in }
    ) {
        state = Mutex(State(script: script))
        self.meanwhile = meanwhile
        answer = nil
    }

    /// Answers each batch as it says.
    package init(answering answer: @escaping @Sendable (OutgoingBatch) -> DeliveryOutcome) {
        state = Mutex(State(script: []))
        meanwhile = { _ in }
        self.answer = answer
    }

    /// Answers each batch as it says, and keeps them or not: there may be millions.
    package init(
        keeps: Bool,
        answering answer: @escaping @Sendable (OutgoingBatch) -> DeliveryOutcome
    ) {
        state = Mutex(State(script: [], keeps: keeps))
        meanwhile = { _ in }
        self.answer = answer
    }

    /// Every attempt so far.
    package var received: [OutgoingBatch] { state.withLock { $0.received } }

    package var isClosed: Bool { state.withLock { $0.isClosed } }

    package func deliver(_ batch: OutgoingBatch) async -> DeliveryOutcome {
        state.withLock { if $0.keeps { $0.received.append(batch) } }
        await meanwhile(batch)
        if Task.isCancelled { return .abandoned }
        if let answer { return answer(batch) }
        return state.withLock { state in
            state.script.isEmpty
                ? .delivered(DeliveryAnswer(status: 200)) : state.script.removeFirst()
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

    package func framing(for format: EventFormat, key: String) -> BodyFraming {
        // The envelope's key shows, unless it is the usual one.
        BodyFraming(
            contentType: "text/plain",
            prefix: Array((key == "k" ? "<" : "\(key)<").utf8),
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
        var failures = 0
        var finished: [EventStream.ID] = []
        var announcements: [ExpiryAnnouncement?] = []
    }

    private struct Unreadable: Error {}

    private let state = Mutex(State())

    package init(_ streams: [EventStream]) { for stream in streams { put(stream) } }

    /// Every state that was set, in order.
    package var history: [StreamState] { state.withLock { $0.history } }

    /// Lets the next calls fail, as a full disk would.
    package func fail(next count: Int) { state.withLock { $0.failures = count } }

    package func streams() async throws -> [EventStream] {
        try state.withLock { state in
            try Self.failIfAsked(&state)
            return Array(state.streams.values)
        }
    }

    package func setState(
        _ newState: StreamState,
        of stream: EventStream.ID,
        from allowed: Set<StreamStatus>,
        tested destination: Destination?
    ) async throws {
        try state.withLock { state in
            try Self.failIfAsked(&state)
            guard let known = state.streams[stream], allowed.contains(known.state.status),
                destination ?? known.destination == known.destination
            else { return }
            state.streams[stream]?.state = newState
            state.history.append(newState)
        }
    }

    package func settlePending(
        _ pending: PendingDestination,
        of stream: EventStream.ID,
        reason: String?
    ) async throws {
        try state.withLock { state in
            try Self.failIfAsked(&state)
            guard state.streams[stream]?.pending == pending else { return }
            guard let reason else {
                state.streams[stream]?.destination = pending.destination
                state.streams[stream]?.pending = nil
                return
            }
            state.streams[stream]?.pending = PendingDestination(
                pending.destination,
                reason: reason,
                since: pending.since
            )
        }
    }

    package func setAnnouncement(
        _ announcement: ExpiryAnnouncement?,
        of stream: EventStream
    ) async throws {
        try state.withLock { state in
            try Self.failIfAsked(&state)
            state.streams[stream.id]?.announced = announcement
            state.announcements.append(announcement)
        }
    }

    /// A stream as it is now.
    package func stream(_ id: String) -> EventStream? {
        state.withLock { $0.streams[EventStream.ID(id)] }
    }

    /// Every warning that was set or taken back, in order.
    package var announcements: [ExpiryAnnouncement?] { state.withLock { $0.announcements } }

    /// The replays that came to their end.
    package var finished: [EventStream.ID] { state.withLock { $0.finished } }

    package func finishReplay(_ id: EventStream.ID) async throws {
        try state.withLock { state in
            try Self.failIfAsked(&state)
            state.finished.append(id)
            state.streams[id] = nil
        }
    }

    /// Adds a stream, or puts it in the place of the one with its id.
    package func put(_ stream: EventStream) { state.withLock { $0.streams[stream.id] = stream } }

    package func remove(_ stream: EventStream.ID) {
        state.withLock { $0.streams[stream] = nil }
    }

    private static func failIfAsked(_ state: inout State) throws {
        guard state.failures > 0 else { return }
        state.failures -= 1
        throw Unreadable()
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
        key: String = "k",
        secrets: [String] = [],
        filter: EventFilter = EventFilter(),
        maxAge: Duration = EventStream.defaultMaxAge,
        skipTo: Offset? = nil
    ) -> EventStream {
        EventStream(
            id: ID(id),
            workspace: workspace,
            destination: destination,
            format: .rebrandly,
            limits: limits,
            filter: filter,
            maxAge: maxAge,
            skipTo: skipTo,
            key: StreamKey(key),
            secrets: secrets.map { SigningSecret($0) },
            state: StreamState(status, since: Timestamp(microseconds: 0)),
            start: start,
            startTotal: 0
        )
    }
}
