import ClickModel
import ClickstreamReceiver
import Foundation

/// What came to a receiver while it ran.
package struct ReceiverSummary: Equatable, Sendable {
    /// Batches that were taken, each once, and their events.
    package var batches = 0
    package var events = 0
    /// Batches that came again and were dropped.
    package var repeated = 0
    /// Batches before which numbers were missing.
    package var gaps = 0
    /// Requests that didn't prove by a signature who sent them.
    package var wrongSignatures = 0

    package var line: String {
        "batches: \(batches), events: \(events), repeated: \(repeated), gaps: \(gaps), "
            + "wrong signatures: \(wrongSignatures)"
    }
}

/// Where batches go: events to the terminal or a file, what is odd about them to the notes.
actor ReceivedBatches {
    /// Streams beyond these begin all ledgers anew.
    private static let mostStreams = 64

    private let file: FileHandle?
    private let line: EventLine
    private let note: @Sendable (String) -> Void
    /// By path and key: each stream numbers its events for itself.
    private var ledgers: [String: BatchLedger] = [:]
    private(set) var summary = ReceiverSummary()

    init(_ options: SampleReceiver.Options) throws {
        line = EventLine(isColoured: options.isColoured)
        note = options.note
        guard let path = options.out else {
            file = nil
            return
        }
        if !FileManager.default.fileExists(atPath: path) {
            _ = FileManager.default.createFile(atPath: path, contents: nil)
        }
        guard let opened = FileHandle(forWritingAtPath: path) else {
            throw StartError("\(path) can't be written")
        }
        try opened.seekToEnd()
        file = opened
    }

    /// Puts a batch's events out, unless the batch came before, and notes what is odd about it.
    ///
    /// A batch whose events could not be put out is not remembered: it comes again.
    func take(_ batch: Batch, at path: String) throws {
        let stream = "\(path)\n\(batch.key ?? "")"
        let finding = ledgers[stream]?.finding(for: batch) ?? .new
        guard finding != .repeated else {
            summary.repeated += 1
            return note("batch \(batch.id) came again: dropped")
        }
        try putOut(batch.events)
        if ledgers[stream] == nil, ledgers.count >= Self.mostStreams { ledgers = [:] }
        ledgers[stream, default: BatchLedger()].record(batch)
        summary.batches += 1
        summary.events += batch.events.count
        if case .gap = finding { summary.gaps += 1 }
        if let words = Self.words(for: finding, batch) { note(words) }
    }

    /// Notes a request that was refused.
    func refuse(_ error: ReceiverError) {
        if error.isUnauthenticated { summary.wrongSignatures += 1 }
        note("a request was refused: \(error)")
    }

    private func putOut(_ events: [Data]) throws {
        if let file { return try append(events, to: file) }
        for event in events { print(line.text(of: event)) }
        fflush(nil)
    }

    private func append(_ events: [Data], to file: FileHandle) throws {
        let end = try file.offset()
        var lines = Data()
        for event in events {
            // A line break can only stand between JSON's tokens, where a space does as well.
            lines += event.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 }
            lines.append(0x0A)
        }
        do {
            try file.write(contentsOf: lines)
        } catch {
            // No half line may stay in front of the next batch.
            try? file.truncate(atOffset: end)
            throw error
        }
    }

    private static func words(for finding: BatchLedger.Finding, _ batch: Batch) -> String? {
        let name = batch.lane.map { "batch \(batch.id) of lane \($0)" } ?? "batch \(batch.id)"
        switch finding {
        case .new, .repeated: return nil
        case .gap(let gap): return "\(name): missing before it: \(words(for: [gap]))"
        case .late: return "\(name) brings what was missing"
        case .overlap(let parts):
            return "\(name) has a new id and brings again: \(words(for: parts))"
        }
    }

    private static func words(for ranges: [ClosedRange<Int64>]) -> String {
        let shown = ranges.prefix(8).map { range in
            range.lowerBound == range.upperBound
                ? "\(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
        }
        return shown.joined(separator: ", ") + (ranges.count > shown.count ? ", ..." : "")
    }
}
