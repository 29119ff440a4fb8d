import ClickModel
import Foundation

/// How many events of each workspace: of a block, or of everything up to a point in the log.
struct Tally: Equatable {
    private(set) var counts: [WorkspaceNumber: Int64] = [:]

    init() {}

    /// Counts the events of a group.
    init(_ facts: [EventFacts]) {
        var current: WorkspaceNumber = 0
        var run: Int64 = 0
        // Neighbours mostly share a workspace: one look-up for a run of them.
        for event in facts {
            if event.workspace != current {
                if run > 0 { counts[current, default: 0] += run }
                current = event.workspace
                run = 0
            }
            run += 1
        }
        if run > 0 { counts[current, default: 0] += run }
    }

    subscript(workspace: WorkspaceNumber) -> Int64 { counts[workspace] ?? 0 }

    mutating func add(_ other: Tally) {
        for (workspace, count) in other.counts { counts[workspace, default: 0] &+= count }
    }

    // MARK: - Stored form: pairs of LEB128 numbers, workspace and count, by workspace

    var stored: [UInt8] {
        var bytes: [UInt8] = []
        for (workspace, count) in counts.sorted(by: { $0.key < $1.key }) {
            Self.append(UInt64(bitPattern: workspace), to: &bytes)
            Self.append(UInt64(bitPattern: count), to: &bytes)
        }
        return bytes
    }

    init(stored bytes: some Sequence<UInt8>) {
        var numbers: [UInt64] = []
        var value: UInt64 = 0
        var shift: UInt64 = 0
        for byte in bytes {
            if shift < 64 { value |= UInt64(byte & 0x7F) << shift }
            shift += 7
            guard byte < 0x80 else { continue }
            numbers.append(value)
            (value, shift) = (0, 0)
        }
        for index in stride(from: 0, to: numbers.count - 1, by: 2) {
            // What is damaged counts wrong, and traps nothing.
            counts[Int64(bitPattern: numbers[index]), default: 0] &+= Int64(
                bitPattern: numbers[index + 1]
            )
        }
    }

    /// One workspace's count in the stored form, without the others'.
    ///
    /// A stream that looks through the index asks this of every block: a dictionary for each would be most of its work.
    static func count(of workspace: WorkspaceNumber, in stored: Data) -> Int64 {
        let wanted = UInt64(bitPattern: workspace)
        var value: UInt64 = 0
        var shift: UInt64 = 0
        var isCount = false
        var isWanted = false
        return stored.withUnsafeBytes { bytes in
            for byte in bytes {
                if shift < 64 { value |= UInt64(byte & 0x7F) << shift }
                shift += 7
                guard byte < 0x80 else { continue }
                if isCount {
                    if isWanted { return Int64(bitPattern: value) }
                } else {
                    isWanted = value == wanted
                }
                isCount.toggle()
                (value, shift) = (0, 0)
            }
            return 0
        }
    }

    private static func append(_ number: UInt64, to bytes: inout [UInt8]) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }
}
