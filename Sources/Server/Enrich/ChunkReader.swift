import ClickModel
import Foundation

/// Some lines of the input, one after the other.
struct LineChunk: Sendable {
    /// Whole lines with their ends; the input's last line may lack its own.
    var bytes: [UInt8] = []
    /// Stands for one line that was too long to keep.
    var isTooLong = false
    /// When they were read.
    let readAt: Timestamp

    /// Calls `body` with each line, without its end; nil stands for one that was too long.
    func forEachLine(_ body: (ByteView?) -> Void) {
        if isTooLong { return body(nil) }
        bytes.withUnsafeBufferPointer { bytes in
            var start = 0
            while start < bytes.count {
                let end = bytes.view(start, bytes.count).newline.map { start + $0 } ?? bytes.count
                body(bytes.view(start, end))
                start = end + 1
            }
        }
    }
}

/// Reads a descriptor in pieces that end where a line does.
///
/// Memory holds one piece, and of a longer line no more than the limit.
struct ChunkReader {
    private static let piece = 1 << 17

    private let descriptor: Int32
    private let longestLine: Int
    private var buffer = [UInt8](repeating: 0, count: piece)
    /// How much of the buffer is the beginning of a line whose end hasn't come.
    private var filled = 0
    /// Before it no line ends.
    private var searched = 0
    /// Whether the beginning of the current line was thrown away.
    private var isSkipping = false
    private var isAtEnd = false
    private var isAtStart = true

    init(_ descriptor: Int32, longestLine: Int) {
        self.descriptor = descriptor
        self.longestLine = longestLine
    }

    /// The next lines, as many as have come; nil at the end of the input.
    ///
    /// - Throws: What reading failed with.
    mutating func next() throws -> LineChunk? {
        guard var chunk = try nextPiece() else { return nil }
        // A byte order mark is what some systems begin a file with.
        if isAtStart, chunk.bytes.starts(with: "\u{FEFF}".utf8) { chunk.bytes.removeFirst(3) }
        isAtStart = false
        return chunk
    }

    private mutating func nextPiece() throws -> LineChunk? {
        while !isAtEnd {
            // What is left behind a line that was too long may hold whole lines: first those.
            if let chunk = take() { return chunk }
            if filled == buffer.count { makeRoom() }
            let count = try read()
            isAtEnd = count == 0
            filled += count
        }
        return takeRest()
    }

    private mutating func makeRoom() {
        if buffer.count < longestLine {
            buffer += [UInt8](repeating: 0, count: buffer.count)
        } else {
            isSkipping = true
            (filled, searched) = (0, 0)
        }
    }

    private mutating func read() throws -> Int {
        while true {
            let room = buffer.count - filled
            let count = buffer.withUnsafeMutableBytes { bytes in
                bytes.baseAddress.map { Foundation.read(descriptor, $0 + filled, room) } ?? 0
            }
            if count >= 0 { return count }
            guard errno == EINTR else {
                throw StartError("the input can't be read: \(SystemError.words(for: errno))")
            }
        }
    }

    /// Takes the lines that are whole.
    private mutating func take() -> LineChunk? {
        if isSkipping {
            let end = buffer.withUnsafeBufferPointer { $0.view(searched, filled).newline }
            guard let end else {
                // Nothing of this line is wanted.
                (filled, searched) = (0, 0)
                return nil
            }
            drop(searched + end + 1)
            (isSkipping, searched) = (false, 0)
            return LineChunk(isTooLong: true, readAt: .now)
        }
        guard let last = buffer[searched..<filled].lastIndex(of: 0x0A) else {
            searched = filled
            return nil
        }
        let chunk = LineChunk(bytes: Array(buffer[...last]), readAt: .now)
        drop(last + 1)
        searched = filled
        return chunk
    }

    private mutating func takeRest() -> LineChunk? {
        defer { (isSkipping, filled) = (false, 0) }
        if isSkipping { return LineChunk(isTooLong: true, readAt: .now) }
        return filled > 0 ? LineChunk(bytes: Array(buffer[..<filled]), readAt: .now) : nil
    }

    private mutating func drop(_ count: Int) {
        buffer.withUnsafeMutableBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            memmove(base, base + count, filled - count)
        }
        filled -= count
    }
}

extension ByteView {
    /// Where the first line ends.
    var newline: Int? {
        guard let base = baseAddress else { return nil }
        return memchr(base, 0x0A, count).map { UnsafeRawPointer($0) - UnsafeRawPointer(base) }
    }
}
