import Catalog
import ClickModel
import EmbeddedLog
import Foundation
import Synchronization
import TestKit
import Testing

/// The clicks that were answered, each with how long the recording was by then.
private final class Answered: Sendable {
    private let state = Mutex<(sent: Set<String>, answered: [(mark: String, length: Int)])>(
        ([], [])
    )

    var sent: Set<String> { state.withLock { $0.sent } }
    var answered: [(mark: String, length: Int)] { state.withLock { $0.answered } }

    func sending(_ mark: String) { state.withLock { _ = $0.sent.insert(mark) } }
    func answered(_ mark: String, _ length: Int) {
        state.withLock { $0.answered.append((mark, length)) }
    }
}

@Suite(.enabled(if: binary != nil, "CLICKSTREAM_BINARY names the binary to test"), .serialized)
struct PowerLossTests {
    /// How often the power is lost; `make soak-power` asks for more.
    private static let cuts =
        ProcessInfo.processInfo.environment["POWER_CUTS"].flatMap(Int.init) ?? 60
    private static let seconds =
        ProcessInfo.processInfo.environment["POWER_SECONDS"].flatMap(Double.init) ?? 3

    @Test func `whenever the power is lost, the store opens and has every click that was answered`()
        async throws
    {
        let folder = try Folder()
        let answered = try await record(in: folder)
        let recording = try Data(
            contentsOf: URL(filePath: "\(folder.path)/recording"),
            options: .alwaysMapped
        )
        let ends = RecordedDisk.ends(recording)
        let first = try #require(answered.answered.first?.length)
        let begin = ends.firstIndex { $0 >= first } ?? 0
        #expect(ends.count - begin > 500, "only \(ends.count - begin) operations were recorded")
        var random = SeededRandom(for: "power loss")
        let safe = try Folder()
        let disk = RecordedDisk(recording, safe: safe.path)
        let places = (0..<Self.cuts).map { _ in Int.random(in: begin..<ends.count, using: &random) }
        var mostAnswered = 0
        for place in places.sorted() {
            try disk.advance(to: ends[place])
            let left = try Folder()
            try disk.lose(into: left.path, &random)
            // Made before anything else: it is no part of what is tried.
            let wanted = answered.answered.filter { $0.length <= ends[place] }.map(\.mark)
            mostAnswered = max(mostAnswered, wanted.count)
            try FileManager.default.copyItem(
                atPath: "\(folder.path)/data/secrets.key",
                toPath: "\(left.path)/secrets.key"
            )
            try await check(left.path, wanted, answered.sent, "cut at \(place) of \(ends.count)")
        }
        #expect(mostAnswered > 300)
        print(
            "power loss: \(places.count) cuts, \(ends.count) operations, \(mostAnswered) clicks answered"
        )
    }

    /// Runs the service under the recorder, with clicks and a stream, until it is killed.
    private func record(in folder: Folder) async throws -> Answered {
        let recorder = "\(folder.path)/recorder.so"
        let source = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "PowerLoss/recorder.c").path
        let compiler = Process()
        compiler.executableURL = URL(filePath: "/usr/bin/cc")
        compiler.arguments = ["-shared", "-fPIC", "-O1", "-o", recorder, source, "-ldl"]
        try compiler.run()
        compiler.waitUntilExit()
        try #require(compiler.terminationStatus == 0)

        let data = "\(folder.path)/data"
        let recording = "\(folder.path)/recording"
        let service = ServiceProcess(
            data: data,
            environment: [
                "LD_PRELOAD": recorder, "RECORD_FOLDER": data, "RECORD_FILE": recording,
            ]
        )
        let receiver = try await ReceiverProcess(in: folder)
        try await service.start()
        _ = try await service.setUp(receiver)
        let clicks = Answered()
        let end = ContinuousClock.now + .seconds(Self.seconds)
        await withTaskGroup(of: Void.self) { group in
            for visitor in 0..<8 {
                group.addTask { [port = service.edgePort] in
                    var count = 0
                    while ContinuousClock.now < end {
                        let mark = "\(visitor)-\(count)"
                        count += 1
                        clicks.sending(mark)
                        guard await RawClick.get(port: port, path: "/a?n=\(mark)") == 302 else {
                            continue
                        }
                        var status = stat()
                        stat(recording, &status)
                        clicks.answered(mark, Int(status.st_size))
                    }
                }
            }
        }
        service.kill()
        return clicks
    }

    private func check(
        _ folder: String,
        _ wanted: [String],
        _ sent: Set<String>,
        _ cut: String
    ) async throws {
        let metrics = ServiceMetrics()
        let log: EmbeddedLog
        do {
            log = try EmbeddedLog(
                path: "\(folder)/log.db",
                settings: LogSettings(),
                metrics: metrics
            )
        } catch {
            Issue.record("\(cut): the log doesn't open: \(error)")
            return
        }
        defer { log.close() }
        let marks = try await marks(of: log, cut)
        let lost = Set(wanted).subtracting(marks)
        #expect(
            lost.isEmpty,
            "\(cut): \(lost.count) answered clicks are lost: \(lost.sorted().prefix(3))"
        )
        #expect(marks.subtracting(sent).isEmpty, "\(cut): events that nobody clicked")

        let catalog = try Catalog(CatalogSettings(directory: folder))
        let stream = try #require(try await catalog.streams().first, "\(cut): the stream is gone")
        try catalog.close()
        // What was noted as settled is there, and all of it.
        guard let position = try await log.position(of: stream.id) else { return }
        let total = try await log.total(of: stream.workspace, before: position.checkpoint)
        #expect(position.checkpoint <= log.bounds.upperBound, "\(cut)")
        #expect(position.settled == total - stream.startTotal, "\(cut): the accounting is off")
    }

    /// The marks of every event in a log.
    private func marks(of log: EmbeddedLog, _ cut: String) async throws -> Set<String> {
        var marks: Set<String> = []
        var position = log.bounds.lowerBound
        let before = Data(#""n":[""#.utf8)
        while true {
            switch try await log.read(from: position, workspace: nil) {
            case .blocks(let blocks):
                for block in blocks {
                    for index in block.facts.indices {
                        let event = block.withEvent(at: index) { Data($0.event) }
                        guard let start = event.range(of: before)?.upperBound else { continue }
                        marks.insert(
                            String(decoding: event[start...].prefix { $0 != 0x22 }, as: UTF8.self)
                        )
                    }
                    position = block.offsets.upperBound
                }
            case .end: return marks
            case .damaged(let offsets, _, let reason):
                Issue.record("\(cut): a block is damaged at \(offsets): \(reason)")
                return marks
            }
        }
    }
}
