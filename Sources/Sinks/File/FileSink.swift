import ClickModel
import NIOPosix
import Synchronization

/// Adds batches to a stream's open file, and finishes that by size and by age.
///
/// A batch is on disk before it is delivered. Everything that may wait for the disk runs on threads of
/// its own; what is under way there can't be broken off.
final class FileSink: Sink {
    private struct State {
        var file: BatchFile?
        var alarm: Task<Void, Never>?
        var isClosed = false
    }

    /// For all of them: a disk that hangs holds up no visitor whose link is looked up on the process's own.
    private static let threads = {
        let pool = NIOThreadPool(numberOfThreads: 4)
        pool.start()
        return pool
    }()

    private let settings: FileSettings
    private let folder: Folder
    private let names: FileNames
    private let now: @Sendable () -> Timestamp
    private let state = Mutex(State())

    init(
        _ settings: FileSettings,
        of stream: EventStream.ID,
        in folder: Folder,
        now: @escaping @Sendable () -> Timestamp = { .now }
    ) {
        self.settings = settings
        self.folder = folder
        self.now = now
        names = FileNames(settings.name, of: stream)
    }

    func deliver(_ batch: OutgoingBatch) async -> DeliveryOutcome {
        if Task.isCancelled { return .abandoned }
        let outcome = try? await Self.threads.runIfActive { [self] in store(batch) }
        return outcome ?? .abandoned
    }

    func close() async {
        _ = try? await Self.threads.runIfActive { [self] in
            state.withLock { state in
                state.isClosed = true
                state.alarm?.cancel()
                try? Self.finish(&state)
            }
        }
    }

    /// Finishes the open file if it is old enough.
    func finishIfDue() {
        state.withLock { state in
            guard !state.isClosed, let file = state.file else { return }
            if isOld(file) { try? Self.finish(&state) } else { setAlarm(&state) }
        }
    }

    // MARK: - On the disk's threads

    private func store(_ batch: OutgoingBatch) -> DeliveryOutcome {
        do {
            let name = try state.withLock { state throws(FileProblem) in
                guard let sequences = batch.sequences else { return try storeTest(batch) }
                try add(batch, sequences, &state)
                return names.open
            }
            return .delivered(DeliveryAnswer(status: nil, text: "on disk in \(name)"))
        } catch {
            return .failed(DeliveryFailure(message: error.words))
        }
    }

    private func add(
        _ batch: OutgoingBatch,
        _ sequences: ClosedRange<Int64>,
        _ state: inout State
    ) throws(FileProblem) {
        if let file = state.file, !fits(batch, file) { try Self.finish(&state) }
        if state.file == nil {
            try open(&state)
            // It may be one from before a crash, and that be full or old.
            if let file = state.file, !fits(batch, file) {
                try Self.finish(&state)
                try open(&state)
            }
        }
        // Sent again after a crash, and there already.
        if state.file?.endsWith(batch) ?? false { return }
        do {
            try state.file?.add(batch, sequences)
        } catch {
            state.file = nil
            throw error
        }
        setAlarm(&state)
    }

    /// Whether a batch may go into a file: it is that file's last one, or there is room and time.
    private func fits(_ batch: OutgoingBatch, _ file: BatchFile) -> Bool {
        if file.length == 0 || file.endsWith(batch) { return true }
        return file.length + Int64(batch.body.count) <= settings.rotateBytes && !isOld(file)
    }

    private func isOld(_ file: BatchFile) -> Bool {
        file.begun.advanced(by: settings.rotateAge) <= now()
    }

    private func open(_ state: inout State) throws(FileProblem) {
        state.file = try BatchFile(
            in: folder,
            names,
            isCompressed: settings.isCompressed,
            now: now()
        )
    }

    private static func finish(_ state: inout State) throws(FileProblem) {
        state.alarm?.cancel()
        state.alarm = nil
        // Thrown away also when it fails: opening it again tells how far it came.
        guard let file = state.file.take() else { return }
        try file.finish()
    }

    /// Puts the sample event where nobody takes it for a click, and so shows that the folder takes files.
    private func storeTest(_ batch: OutgoingBatch) throws(FileProblem) -> String {
        let file = try folder.open(names.test)
        try file.cut(to: 0)
        try file.write(batch.body, at: 0)
        try folder.sync()
        return names.test
    }

    /// Looks again when the open file is old enough, also if no other batch comes.
    private func setAlarm(_ state: inout State) {
        guard state.alarm == nil, let file = state.file else { return }
        let wait = max(0, file.begun.advanced(by: settings.rotateAge).seconds - now().seconds) + 1
        // It belongs to no caller: it ends with the file, or with the sink.
        state.alarm = Task { [weak self] in
            try? await Task.sleep(for: .seconds(wait))
            guard !Task.isCancelled, let self else { return }
            _ = try? await Self.threads.runIfActive {
                self.state.withLock { $0.alarm = nil }
                self.finishIfDue()
            }
        }
    }
}
