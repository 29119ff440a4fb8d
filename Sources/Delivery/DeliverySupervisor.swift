package import ClickModel
import Logging

/// Keeps one worker running for each stream that is to be delivered, and verifies new ones.
///
/// A worker never ends another: each has its own task, its own sink and its own position.
package actor DeliverySupervisor {
    private struct Running {
        let stream: EventStream
        let stop: StopSwitch
        let task: Task<Void, Never>
    }

    private let surroundings: DeliverySurroundings
    private let providers: [String: any SinkProvider]
    private var running: [EventStream.ID: Running] = [:]
    private var verifying: [EventStream.ID: Task<Void, Never>] = [:]
    private var isReloading = false
    private var wantsReload = false
    private var isStopping = false

    package init(in surroundings: DeliverySurroundings, providers: [any SinkProvider]) {
        self.surroundings = surroundings
        self.providers = Dictionary(providers.map { ($0.kind, $0) }) { first, _ in first }
    }

    /// Brings the workers in line with the streams there are.
    ///
    /// Call it after any change of them.
    package func reload() async {
        // One pass at a time: a change that comes meanwhile asks for another pass.
        wantsReload = true
        guard !isReloading else { return }
        isReloading = true
        defer { isReloading = false }
        while wantsReload, !isStopping {
            wantsReload = false
            do {
                try await reconcile(with: surroundings.streams.streams())
            } catch {
                surroundings.logger.error(
                    "the streams could not be read",
                    metadata: ["error": "\(error)"]
                )
            }
        }
    }

    private func reconcile(with streams: [EventStream]) async {
        let wanted = Dictionary(
            streams.filter(\.state.status.isDelivering).map { ($0.id, $0) }
        ) { first, _ in first }
        for (id, worker) in running where wanted[id].map({ !$0.isSame(as: worker.stream) }) ?? true
        {
            running[id] = nil
            worker.stop.stop()
            // Its successor must not start before its last attempt has ended.
            await worker.task.value
        }
        guard !isStopping else { return }
        for (id, stream) in wanted where running[id] == nil { start(stream) }
        // A stream that was never tried (or whose try a crash cut short) has no reason yet.
        for stream in streams where stream.state.status == .verifying && stream.state.reason == nil
        {
            verify(stream)
        }
    }

    private func start(_ stream: EventStream) {
        guard let provider = providers[stream.destination.kind] else { return }
        let stop = StopSwitch()
        let sink = provider.makeSink(for: stream)
        let worker = StreamWorker(
            stream,
            framing: provider.framing(key: stream.key),
            sink: sink,
            in: surroundings,
            stop: stop
        )
        // Lives until `reconcile` or `stop` ends it; kept in `running` for that.
        let task = Task {
            await worker.run()
            await sink.close()
        }
        running[stream.id] = Running(stream: stream, stop: stop, task: task)
    }

    /// Sends the test delivery; the outcome becomes the stream's state.
    package func verify(_ stream: EventStream) {
        guard verifying[stream.id] == nil, !isStopping,
            let provider = providers[stream.destination.kind]
        else { return }
        verifying[stream.id] = Task { [surroundings] in
            let sink = provider.makeSink(for: stream)
            let framing = provider.framing(key: stream.key)
            let outcome = await sink.deliver(
                OutgoingBatch(
                    id: StreamWorker.newBatchID(),
                    attempt: 1,
                    sequences: nil,
                    contentType: framing.contentType,
                    body: SampleEvent.body(stream.format, framing)
                )
            )
            await sink.close()
            let state: StreamState? =
                switch outcome {
                case .delivered: StreamState(.active, since: .now)
                case .failed(let failure), .gone(let failure):
                    StreamState(.verifying, reason: failure.message, since: .now)
                case .abandoned: nil
                }
            if let state { try? await surroundings.streams.setState(state, of: stream.id) }
            verified(stream.id)
            await reload()
        }
    }

    private func verified(_ stream: EventStream.ID) { verifying[stream] = nil }

    /// Lets attempts under way end, then stops; cancels what is left after `grace`.
    package func stop(grace: Duration) async {
        isStopping = true
        for worker in running.values { worker.stop.stop() }
        for task in verifying.values { task.cancel() }
        let tasks = running.values.map(\.task)
        running = [:]
        let deadline = Task {
            try? await Task.sleep(for: grace)
            if !Task.isCancelled { for task in tasks { task.cancel() } }
        }
        for task in tasks { await task.value }
        deadline.cancel()
    }
}

extension EventStream {
    /// Whether a worker for the one may go on for the other: all but the state is equal.
    fileprivate func isSame(as other: EventStream) -> Bool {
        var copy = self
        copy.state = other.state
        return copy == other
    }
}
