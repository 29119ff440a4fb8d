import Catalog
import ClickModel
import ControlAPI
import Dispatch
import Foundation

/// Takes raw requests from elsewhere, and puts their clicks into the log.
///
/// Some hundred clicks at a time: each group shares its commit with the edge's clicks, and the next one is read when it is on
/// disk. So a large delivery neither fills the intake nor holds visitors up. Reading blocks on the catalog and happens on a
/// thread of its own, where deliveries take turns.
final class ClickRecorder: Sendable {
    private static let clicksPerGroup = 256
    /// Work for one turn when lines make no clicks.
    private static let linesPerTurn = 2048
    static let mostLines = 100_000
    private static let longestLine = 1 << 17
    private static let mostProblems = 1000

    private let intake: any ClickIntake
    private let queue = DispatchQueue(label: "clicks-from-elsewhere")
    // Touched on the queue alone. Shared by all deliveries, so that a link that comes again is the same `Route`.
    nonisolated(unsafe) private var reader: RawRequestReader

    init(intake: any ClickIntake, links: any LinkSource) {
        self.intake = intake
        reader = RawRequestReader(links: links)
    }

    /// Records a delivery's clicks; returns when they are on disk, or when the log won't take more.
    func record(_ delivery: ClickDelivery) async -> ClickReport {
        let readAt = Timestamp.now
        let owner = WorkspaceIdentity(
            number: delivery.workspace.number,
            id: delivery.workspace.id,
            name: delivery.workspace.name
        )
        var report = ClickReport()
        let pieces: [RawRequestBody.Piece]
        switch await onQueue({ Self.cut(delivery) }) {
        case .success(let cut): pieces = cut
        case .failure(.tooMany):
            report.limit = Self.mostLines
            return report
        case .failure(.malformed(let line)):
            report.note(
                line,
                "the array is not JSON from here on: nothing was recorded",
                Self.mostProblems
            )
            return report
        }
        if pieces.isEmpty { report.note(1, "there is no raw request", Self.mostProblems) }
        var next = 0
        while next < pieces.count {
            let part = await onQueue { [next] in
                self.read(delivery.body, pieces[next...], at: readAt, of: owner)
            }
            next = part.next
            for problem in part.problems {
                report.note(problem.line, problem.message, Self.mostProblems)
            }
            report.isReadable = report.isReadable || part.isReadable
            if !part.clicks.isEmpty {
                switch await submit(part.clicks) {
                case .durable: report.accepted += part.clicks.count
                case .shed(let reason):
                    report.stopped = .init(line: part.firstLine, reason: reason)
                    return report
                }
            }
            if let line = part.unavailableLine {
                report.stopped = .init(line: line, reason: .logUnavailable)
                return report
            }
        }
        return report
    }

    private func submit(_ clicks: ClickGroup) async -> Acceptance {
        await withCheckedContinuation { continuation in
            intake.submit(clicks) { continuation.resume(returning: $0) }
        }
    }

    private func onQueue<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: body()) }
        }
    }

    // MARK: - On the queue

    private static func cut(
        _ delivery: ClickDelivery
    ) -> Result<[RawRequestBody.Piece], RawRequestBody.Problem> {
        delivery.body.withUnsafeBufferPointer { bytes in
            do throws(RawRequestBody.Problem) {
                return .success(
                    try RawRequestBody.cut(bytes, isLines: delivery.isLines, limit: mostLines)
                )
            } catch {
                return .failure(error)
            }
        }
    }

    /// What one turn read.
    private struct Part: Sendable {
        var clicks = ClickGroup(capacity: 64)
        var problems: [ClickReport.Problem] = []
        var isReadable = false
        /// The line of the first click.
        var firstLine = 0
        /// Where reading goes on.
        var next: Int
        /// The line whose link the catalog couldn't be asked for.
        var unavailableLine: Int?
    }

    private func read(
        _ body: [UInt8],
        _ pieces: ArraySlice<RawRequestBody.Piece>,
        at readAt: Timestamp,
        of owner: WorkspaceIdentity
    ) -> Part {
        var part = Part(next: pieces.startIndex)
        body.withUnsafeBufferPointer { bytes in
            for piece in pieces.prefix(Self.linesPerTurn) {
                guard part.clicks.count < Self.clicksPerGroup else { return }
                part.next += 1
                do throws(RawRequestRefusal) {
                    let line = try Self.line(piece, in: bytes)
                    try reader.read(line, at: readAt, of: owner, into: &part.clicks)
                    part.isReadable = true
                    if part.clicks.count == 1 { part.firstLine = piece.line }
                } catch .unavailable {
                    part.unavailableLine = piece.line
                    return
                } catch {
                    if case .skipped = error { part.isReadable = true }
                    part.problems.append(.init(line: piece.line, message: error.words))
                }
            }
        }
        return part
    }

    private static func line(
        _ piece: RawRequestBody.Piece,
        in bytes: ByteView
    ) throws(RawRequestRefusal) -> ByteView {
        guard let range = piece.range else { throw .unreadable("not a JSON object") }
        guard range.count <= longestLine else {
            throw .unreadable("longer than \(longestLine) bytes")
        }
        return bytes.view(range)
    }
}

extension ClickReport {
    fileprivate mutating func note(_ line: Int, _ message: String, _ limit: Int) {
        guard problems.count < limit else {
            furtherProblems += 1
            return
        }
        problems.append(Problem(line: line, message: message))
    }
}

extension RawRequestRefusal {
    fileprivate var words: String {
        switch self {
        case .unreadable(let reason), .skipped(let reason): reason
        case .unavailable: "the links can't be read now"
        }
    }
}
