import ClickstreamReceiver
import Foundation

/// Batches, one a line, and the ids of those that came last.
///
/// Why nothing is lost and nothing doubled: a batch's id and its events are one line, written by
/// one write and synced to disk before the answer. There is no moment at which one is kept and the
/// other is not. A crash
/// - before the line is whole leaves half a line, which the next start cuts off: the sender got no
///   answer, and sends the batch again;
/// - after that, but before the answer, leaves the whole line: the batch comes again under the same
///   id, which the next start has read from the file.
///
/// In a database it is the same with one transaction that inserts the id (unique) and the events.
actor BatchFile {
    /// The part of a line that a start needs.
    private struct Line: Decodable {
        let id: String
    }

    private static let pieceBytes = 1 << 20
    private static let newline = UInt8(ascii: "\n")

    private let file: FileHandle
    private var end: UInt64 = 0
    private var ledger = BatchLedger(remembering: 100_000)

    init(path: String) throws {
        if !FileManager.default.fileExists(atPath: path) {
            _ = FileManager.default.createFile(
                atPath: path,
                contents: nil,
                attributes: [.posixPermissions: 0o600]
            )
        }
        file = try FileHandle(forUpdating: URL(filePath: path))
        var rest = Data()
        while let piece = try file.read(upToCount: Self.pieceBytes), !piece.isEmpty {
            rest += piece
            guard let last = rest.lastIndex(of: Self.newline) else { continue }
            for line in rest[..<last].split(separator: Self.newline) {
                ledger.resume(id: try JSONDecoder().decode(Line.self, from: line).id)
            }
            let whole = rest.distance(from: rest.startIndex, to: last) + 1
            end += UInt64(whole)
            rest = Data(rest.dropFirst(whole))
        }
        try file.truncate(atOffset: end)
    }

    /// Returns when the batch is on disk; false if it came before.
    func keep(_ batch: Batch) throws -> Bool {
        let finding = ledger.finding(for: batch)
        guard finding != .repeated else { return false }
        var line = Data(#"{"id":"#.utf8) + (try JSONEncoder().encode(batch.id))
        line += Data(#","events":["#.utf8) + Data(batch.events.joined(separator: [0x2C]))
        line += Data("]}".utf8)
        // A line break can only stand between JSON's tokens, where a space does as well.
        line = Data(line.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 }) + [Self.newline]
        do {
            try file.write(contentsOf: line)
            try file.synchronize()
        } catch {
            try? file.truncate(atOffset: end)
            throw error
        }
        end += UInt64(line.count)
        ledger.record(batch)
        return true
    }
}
