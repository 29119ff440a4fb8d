import ClickModel
import Foundation

/// The lines of a descriptor, piece by piece.
///
/// Memory holds one piece, and of a longer line no more than the limit.
struct LineReader {
    private static let piece = 1 << 18

    private let descriptor: Int32
    private let longestLine: Int
    private var buffer = [UInt8](repeating: 0, count: piece)
    /// How much of the buffer is the beginning of a line whose end hasn't come.
    private var filled = 0
    /// Whether the beginning of the current line was thrown away.
    private var isSkipping = false

    init(_ descriptor: Int32, longestLine: Int) {
        self.descriptor = descriptor
        self.longestLine = longestLine
    }

    /// Reads on, and calls `body` with each line that is now whole; nil stands for one that was too long.
    ///
    /// - Returns: False at the end of the input.
    /// - Throws: What reading failed with.
    mutating func readPiece(_ body: (ByteView?) -> Void) throws -> Bool {
        if filled == buffer.count { makeRoom() }
        let read = try readBytes()
        guard read > 0 else {
            if filled > 0 || isSkipping { emit(0, filled, body) }
            filled = 0
            return false
        }
        var start = 0
        var searched = filled
        filled += read
        while let end = newline(from: searched) {
            emit(start, end, body)
            start = end + 1
            searched = start
        }
        if start > 0 {
            buffer.withUnsafeMutableBytes { bytes in
                guard let base = bytes.baseAddress else { return }
                memmove(base, base + start, filled - start)
            }
            filled -= start
        }
        return true
    }

    private mutating func makeRoom() {
        if buffer.count < longestLine {
            buffer += [UInt8](repeating: 0, count: buffer.count)
        } else {
            isSkipping = true
            filled = 0
        }
    }

    private mutating func readBytes() throws -> Int {
        while true {
            let room = buffer.count - filled
            let count = buffer.withUnsafeMutableBytes { bytes in
                bytes.baseAddress.map { read(descriptor, $0 + filled, room) } ?? 0
            }
            if count >= 0 { return count }
            guard errno == EINTR else {
                throw StartError("the input can't be read: \(errorText())")
            }
        }
    }

    private func newline(from start: Int) -> Int? {
        buffer.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress, start < filled else { return nil }
            return memchr(base + start, 0x0A, filled - start).map {
                UnsafeRawPointer($0) - base
            }
        }
    }

    private mutating func emit(_ start: Int, _ end: Int, _ body: (ByteView?) -> Void) {
        if isSkipping {
            isSkipping = false
            body(nil)
        } else {
            buffer.withUnsafeBufferPointer { body($0.view(start, end)) }
        }
    }
}

/// The system's words for `errno`.
func errorText() -> String { String(cString: strerror(errno)) }
