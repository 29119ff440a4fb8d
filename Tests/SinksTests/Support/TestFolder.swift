import ClickModel
import Foundation
import Synchronization
import TestKit

@testable import Sinks

/// A folder of a test's own, on a disk that can be told to refuse.
final class TestFolder: TestDestination {
    /// How the next writes fail.
    enum Fault: Sendable {
        /// Nothing is written: the disk is full.
        case full
        /// A part is written, and then the disk is broken.
        case torn
        /// Everything is written, and nothing reaches the disk.
        case unsynced
    }

    let url: URL
    private let faults = Mutex<[Fault]>([])
    /// How many times the disk is asked before it fails.
    private let patience = Mutex(0)

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "sink-\(UUID())")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    var folder: Folder { Folder(url.path, disk: disk) }

    /// Lets the next batches fail.
    func fail(_ fault: Fault...) { faults.withLock { $0 = fault } }

    /// Lets the disk fail when it was written to this often.
    func failAfter(_ count: Int, _ fault: Fault...) {
        patience.withLock { $0 = count }
        faults.withLock { $0 = fault }
    }

    /// Names of the files, sorted.
    var names: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []).sorted()
    }

    func bytes(of name: String) -> [UInt8] {
        (try? Data(contentsOf: url.appending(path: name))).map(Array.init) ?? []
    }

    func text(of name: String) -> String { String(decoding: bytes(of: name), as: UTF8.self) }

    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: url.appending(path: name))
    }

    private var disk: Folder.Disk {
        Folder.Disk(
            write: { [self] file, bytes, offset in
                switch faults.withLock({ $0.first }) {
                case .full:
                    faults.withLock { _ = $0.removeFirst() }
                    errno = ENOSPC
                    return nil
                case .torn where bytes.count > 1:
                    let half = UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count / 2)])
                    _ = Folder.Disk.real.write(file, half, offset)
                    faults.withLock { _ = $0.removeFirst() }
                    errno = EIO
                    return nil
                case .torn, .unsynced, nil: return Folder.Disk.real.write(file, bytes, offset)
                }
            },
            sync: { [self] file in
                guard case .unsynced = faults.withLock({ $0.first }), isOut() else {
                    return Folder.Disk.real.sync(file)
                }
                faults.withLock { _ = $0.removeFirst() }
                errno = EIO
                return false
            }
        )
    }

    private func isOut() -> Bool {
        patience.withLock { patience in
            defer { patience = max(0, patience - 1) }
            return patience == 0
        }
    }

    // MARK: - A destination

    let settings = ["name": "acme"]
    /// A disk gives an answer to everything.
    let conducts: Set<DestinationConduct> = [.accept, .refuse, .breakOff]

    func prepare(_ conduct: [DestinationConduct]) {
        faults.withLock { faults in
            faults = conduct.compactMap {
                switch $0 {
                case .accept, .hang: nil
                case .refuse: .full
                case .breakOff: .torn
                }
            }
        }
    }

    /// Two lines a batch, as the suite sends them.
    var accepted: [[UInt8]] {
        let files = names.filter { $0.hasSuffix(".ndjson") || $0.hasSuffix(".ndjson.open") }
            .filter { !$0.contains("test") }
        let lines = files.map { bytes(of: $0) }.joined()
            .split(separator: 0x0A, omittingEmptySubsequences: true)
        return stride(from: 0, to: lines.count - lines.count % 2, by: 2).map {
            lines[$0] + [0x0A] + lines[$0 + 1] + [0x0A]
        }
    }
}
