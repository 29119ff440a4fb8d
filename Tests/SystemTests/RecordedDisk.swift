import Foundation
import TestKit

/// One thing that a process did to a file, as `Tests/PowerLoss/recorder.c` writes it down.
struct DiskRecord {
    enum Kind: UInt32 {
        case opened = 1, wrote, truncated, synced, removed
    }

    private static let headerBytes = 40

    let kind: Kind
    let file: UInt32
    /// Where it wrote, or the new length.
    let offset: Int
    /// A sync: how many records there were when it began.
    let before: UInt64
    let number: UInt64
    /// Its bytes in the recording.
    let content: Range<Int>
    /// Where the record ends in the recording.
    var end: Int { content.upperBound }

    /// Reads the record that begins at a place; nil when none is whole there.
    init?(_ recording: Data, at start: Int) {
        guard start + Self.headerBytes <= recording.count else { return nil }
        func number<Number: FixedWidthInteger>(_ place: Int, _ type: Number.Type) -> Number {
            recording.withUnsafeBytes {
                Number(littleEndian: $0.loadUnaligned(fromByteOffset: start + place, as: type))
            }
        }
        guard let kind = Kind(rawValue: number(0, UInt32.self)) else { return nil }
        let length = Int(number(16, UInt64.self))
        let begin = start + Self.headerBytes
        guard begin + length <= recording.count else { return nil }
        self.kind = kind
        file = number(4, UInt32.self)
        offset = Int(number(8, UInt64.self))
        before = number(24, UInt64.self)
        self.number = number(32, UInt64.self)
        content = begin..<begin + length
    }
}

/// The files of a folder as a recording has them: what is safe, and what a loss of power may take.
///
/// A file that was made is there, and one that was removed is gone, at once: what a file system does with names is not tried.
final class RecordedDisk {
    private struct File {
        let name: String
        var pending: [DiskRecord] = []
    }

    private let recording: Data
    private let safe: String
    private var files: [UInt32: File] = [:]
    private var position = 0

    /// - Parameters:
    ///   - recording: What the recorder wrote.
    ///   - safe: An empty folder for what is on the disk for good.
    init(_ recording: Data, safe: String) { (self.recording, self.safe) = (recording, safe) }

    /// Where every record ends, in order.
    static func ends(_ recording: Data) -> [Int] {
        var ends: [Int] = []
        while let record = DiskRecord(recording, at: ends.last ?? 0) { ends.append(record.end) }
        return ends
    }

    /// Lets the process go on up to a place in the recording.
    func advance(to end: Int) throws {
        while position < end, let record = DiskRecord(recording, at: position) {
            position = record.end
            switch record.kind {
            case .opened: try open(record)
            case .wrote, .truncated: files[record.file]?.pending.append(record)
            case .removed:
                guard let file = files.removeValue(forKey: record.file) else { continue }
                try FileManager.default.removeItem(atPath: "\(safe)/\(file.name)")
            case .synced: try sync(record)
            }
        }
    }

    private func open(_ record: DiskRecord) throws {
        guard files[record.file] == nil else { return }
        let path = String(decoding: recording[record.content], as: UTF8.self)
        let file = File(name: URL(filePath: path).lastPathComponent)
        files[record.file] = file
        _ = FileManager.default.createFile(atPath: "\(safe)/\(file.name)", contents: nil)
    }

    private func sync(_ record: DiskRecord) throws {
        guard var file = files[record.file] else { return }
        let handle = try Handle("\(safe)/\(file.name)")
        // What was written while the sync ran may have missed it.
        for pending in file.pending where pending.number < record.before {
            handle.apply(pending, recording)
        }
        file.pending.removeAll { $0.number < record.before }
        files[record.file] = file
    }

    /// What a loss of power leaves now, in a folder of its own: of what was not synced nothing, all, a beginning, some, or some
    /// sectors of some.
    func lose(into folder: String, _ random: inout SeededRandom) throws {
        let way = Int.random(in: 0..<5, using: &random)
        for file in files.values.sorted(by: { $0.name < $1.name }) {
            let path = "\(folder)/\(file.name)"
            try FileManager.default.copyItem(atPath: "\(safe)/\(file.name)", toPath: path)
            let handle = try Handle(path)
            let beginning = Int.random(in: 0...file.pending.count, using: &random)
            for (index, pending) in file.pending.enumerated() {
                switch way {
                case 0: continue
                case 1: handle.apply(pending, recording)
                case 2: if index < beginning { handle.apply(pending, recording) }
                case 3: if Bool.random(using: &random) { handle.apply(pending, recording) }
                default: handle.apply(pending, recording, sectors: &random)
                }
            }
        }
    }

    /// An open file that records are applied to.
    private final class Handle {
        private static let sector = 512
        private let descriptor: Int32

        init(_ path: String) throws {
            descriptor = Foundation.open(path, O_WRONLY)
            guard descriptor >= 0 else { throw NotInTime(description: "\(path) can't be opened") }
        }

        deinit { close(descriptor) }

        func apply(_ record: DiskRecord, _ recording: Data) {
            guard record.kind == .wrote else {
                ftruncate(descriptor, off_t(record.offset))
                return
            }
            write(recording, record.content, at: record.offset)
        }

        /// Applies half of the sectors that a record touches.
        func apply(_ record: DiskRecord, _ recording: Data, sectors random: inout SeededRandom) {
            guard record.kind == .wrote else {
                if Bool.random(using: &random) { apply(record, recording) }
                return
            }
            var start = 0
            while start < record.content.count {
                let offset = record.offset + start
                let count = min(Self.sector - offset % Self.sector, record.content.count - start)
                if Bool.random(using: &random) {
                    let begin = record.content.lowerBound + start
                    write(recording, begin..<begin + count, at: offset)
                }
                start += count
            }
        }

        private func write(_ recording: Data, _ range: Range<Int>, at offset: Int) {
            recording.withUnsafeBytes { bytes in
                guard let base = bytes.baseAddress else { return }
                _ = pwrite(descriptor, base + range.lowerBound, range.count, off_t(offset))
            }
        }
    }
}
