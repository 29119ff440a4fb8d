package import ClickModel
import Logging

/// Keeps one worker running for each stream that is to be delivered, and verifies new ones.
///
/// A worker never ends another nor holds it up: each has its own task, its own sink and its own
/// position.
package actor DeliverySupervisor {
    private struct Worker {
        let stream: EventStream
        let stop: StopSwitch
        let task: Task<Void, Never>
    }

    private static let pauseAfterFailure = Duration.seconds(1)

    nonisolated let surroundings: DeliverySurroundings
    private let providers: [String: any SinkProvider]
    /// A worker stays here until its last attempt has ended, so that a successor starts only then.
    private var workers: [EventStream.ID: Worker] = [:]
    private var verifications: [EventStream.ID: Task<Void, Never>] = [:]
    /// Streams that moved on since the pass under way began to read: what it read of them is old.
    private var movedOn: Set<EventStream.ID> = []
    /// Parked events that are being sent again.
    private var retried: Set<Int64> = []
    private var retry: Task<Void, Never>?
    private var isReloading = false
    private var wantsReload = false
    private var isStopping = false

    package init(in surroundings: DeliverySurroundings, providers: [any SinkProvider]) {
        self.surroundings = surroundings
        self.providers = Dictionary(providers.map { ($0.kind, $0) }) { first, _ in first }
    }

    /// Brings the workers in line with the streams there are.
    ///
    /// Call it after any change of them. It waits for no delivery.
    package func reload() async {
        // One pass at a time: a change that comes meanwhile asks for another pass.
        wantsReload = true
        guard !isReloading else { return }
        isReloading = true
        defer { isReloading = false }
        while wantsReload, !isStopping {
            wantsReload = false
            movedOn = []
            do {
                let streams = try await surroundings.streams.streams()
                guard !isStopping else { return }
                reconcile(with: streams)
                let known = Set(streams.map(\.id)).union(workers.keys)
                try await surroundings.ledger.forgetStreams(except: known)
            } catch {
                surroundings.logger.error(
                    "the streams could not be read, or deleted ones not be forgotten",
                    metadata: ["error": "\(error)"]
                )
                retryLater()
            }
        }
    }

    private func retryLater() {
        guard retry == nil else { return }
        retry = Task {
            try? await Task.sleep(for: Self.pauseAfterFailure)
            retry = nil
            await reload()
        }
    }

    private func reconcile(with streams: [EventStream]) {
        let byID = Dictionary(streams.map { ($0.id, $0) }) { first, _ in first }
        for (id, worker) in workers where !(byID[id]?.isServed(by: worker.stream) ?? false) {
            worker.stop.stop()
        }
        for (id, task) in verifications where !(byID[id]?.isTested ?? false) { task.cancel() }
        for stream in streams where !movedOn.contains(stream.id) {
            switch stream.state.status {
            case .active, .failing: start(stream)
            // One that was never tried (or whose try a crash cut short) has no reason yet.
            case .verifying where stream.state.reason == nil: verify(stream)
            case .verifying, .requested, .paused, .disabled: break
            }
            if let pending = stream.pending, pending.reason == nil { verify(stream, pending) }
        }
    }

    private func start(_ stream: EventStream) {
        guard workers[stream.id] == nil, let provider = providers[stream.destination.kind] else {
            return
        }
        let stop = StopSwitch()
        let sink = provider.makeSink(for: stream)
        let worker = StreamWorker(
            stream,
            framing: { provider.framing(for: $0, key: $1.text) },
            sink: sink,
            in: surroundings,
            stop: stop
        )
        // Lives until its stream is taken from it or `stop` ends it; kept in `workers` for that.
        let task = Task {
            await worker.run()
            await sink.close()
            workers[stream.id] = nil
            movedOn.insert(stream.id)
            await reload()
        }
        workers[stream.id] = Worker(stream: stream, stop: stop, task: task)
    }

    /// Sends the test delivery; the outcome becomes the stream's state.
    private func verify(_ stream: EventStream) {
        guard verifications[stream.id] == nil, let provider = providers[stream.destination.kind]
        else { return }
        verifications[stream.id] = Task {
            await verified(stream, await Self.test(stream, provider))
        }
    }

    /// Sends a test delivery to the destination that a stream is to have; accepted, it takes the place of the old one.
    private func verify(_ stream: EventStream, _ pending: PendingDestination) {
        guard verifications[stream.id] == nil, let provider = providers[pending.destination.kind]
        else { return }
        var changed = stream
        changed.destination = pending.destination
        verifications[stream.id] = Task { [changed] in
            await verified(stream, pending, await Self.test(changed, provider))
        }
    }

    private static func test(
        _ stream: EventStream,
        _ provider: any SinkProvider
    ) async -> DeliveryOutcome {
        let sink = provider.makeSink(for: stream)
        let framing = provider.framing(for: stream.format, key: stream.key.text)
        let outcome = await sink.deliver(
            OutgoingBatch(
                id: StreamWorker.newBatchID(),
                attempt: 1,
                sequences: nil,
                isTest: true,
                firstTime: .now,
                contentType: framing.contentType,
                body: SampleEvent.body(stream.format, framing)
            )
        )
        await sink.close()
        return outcome
    }

    private func verified(
        _ stream: EventStream,
        _ pending: PendingDestination,
        _ outcome: DeliveryOutcome
    ) async {
        let reason: String? =
            switch outcome {
            case .delivered: nil
            case .failed(let failure), .refused(let failure, _), .gone(let failure):
                failure.message
            case .abandoned: "the test delivery was broken off: verify again"
            }
        while !Task.isCancelled,
            !(await surroundings.settle(pending, of: stream, reason: reason))
        {
            try? await Task.sleep(for: Self.pauseAfterFailure)
        }
        verifications[stream.id] = nil
        movedOn.insert(stream.id)
        await reload()
    }

    private func verified(_ stream: EventStream, _ outcome: DeliveryOutcome) async {
        let state: StreamState? =
            switch outcome {
            case .delivered: StreamState(.active, since: .now)
            case .failed(let failure), .refused(let failure, _), .gone(let failure):
                StreamState(.verifying, reason: failure.message, since: stream.state.since)
            case .abandoned: nil
            }
        // A test delivery is not sent again only because its outcome can't be stored yet.
        while let state, !Task.isCancelled,
            !(await surroundings.note(
                state,
                of: stream,
                from: [.verifying],
                tested: stream.destination
            ))
        {
            try? await Task.sleep(for: Self.pauseAfterFailure)
        }
        verifications[stream.id] = nil
        movedOn.insert(stream.id)
        await reload()
    }

    /// Sends one parked event again, beside what its stream does.
    ///
    /// It keeps its number and has one id for all its retries; one that is accepted counts as delivered.
    ///
    /// - Returns: How it went; `abandoned` while another retry of it is under way.
    package func retry(_ event: ParkedEvent, of stream: EventStream) async throws(LogError)
        -> DeliveryOutcome
    {
        guard let provider = providers[stream.destination.kind], !isStopping,
            retried.insert(event.id).inserted
        else { return .abandoned }
        defer { retried.remove(event.id) }
        let framing = provider.framing(for: event.format, key: stream.key.text)
        let batch = InFlightBatch(
            id: "par_\(event.id)_\(stream.id)",
            covers: event.offset..<event.offset.advanced(by: 1),
            firstSequence: event.sequence,
            count: 1,
            firstTime: event.clickedAt,
            format: event.format,
            attempts: 1
        )
        let sink = provider.makeSink(for: stream)
        let (at, began) = (surroundings.time.now, ContinuousClock.now)
        let outcome = await sink.deliver(
            OutgoingBatch(
                id: batch.id,
                attempt: 1,
                sequences: event.sequence...event.sequence,
                lane: event.lane,
                firstTime: event.clickedAt,
                contentType: framing.contentType,
                body: framing.prefix + event.event + framing.suffix
            )
        )
        await sink.close()
        let attempt = AttemptRecord(
            of: batch,
            outcome,
            at: at,
            duration: .now - began,
            lane: event.lane
        )
        surroundings.ledger.note(attempt, of: stream.id)
        if case .delivered = outcome {
            _ = try await surroundings.ledger.unpark(event.id, of: stream.id, isDelivered: true)
        }
        return outcome
    }

    /// Lets attempts under way end, then stops; cancels what is left after `grace`.
    package func stop(grace: Duration) async {
        isStopping = true
        retry?.cancel()
        for worker in workers.values { worker.stop.stop() }
        for task in verifications.values { task.cancel() }
        let attempts = workers.values.map(\.task)
        let tasks = attempts + Array(verifications.values)
        let deadline = Task {
            try? await Task.sleep(for: grace)
            if !Task.isCancelled { for task in attempts { task.cancel() } }
        }
        for task in tasks { await task.value }
        deadline.cancel()
    }
}

extension EventStream {
    /// Whether a test delivery of it is wanted.
    fileprivate var isTested: Bool {
        state.status == .verifying || pending.map { $0.reason == nil } ?? false
    }

    /// Whether a worker that was made for `other` goes on for this one: all but the state is equal,
    /// and that asks for deliveries.
    fileprivate func isServed(by other: EventStream) -> Bool {
        var copy = self
        copy.state = other.state
        copy.pending = other.pending
        copy.announced = other.announced
        return copy == other && state.status.isDelivering
    }
}
