import ControlAPI
import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A plain socket that listens to a live stream, so that a test sees the bytes as they come.
final class LiveListener: Sendable {
    struct Problem: Error {
        let what: String
    }

    private struct State {
        var socket: Int32 = -1
        var bytes = Data()
    }

    private let state = Mutex(State())

    var text: String { state.withLock { String(decoding: $0.bytes, as: UTF8.self) } }

    /// - Parameters:
    ///   - port: Where the service is.
    ///   - lastEventID: Where to go on.
    ///   - query: Parameters, with the question mark.
    ///   - key: Whose it is.
    ///   - roomBytes: How much the socket takes while nobody reads; nil for what is usual.
    /// - Throws: When there is nobody.
    func connect(
        port: Int,
        lastEventID: String? = nil,
        query: String = "",
        key: String = World.adminKey,
        roomBytes: Int32? = nil
    ) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var roomBytes {
            let size = socklen_t(MemoryLayout<Int32>.size)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &roomBytes, size)
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw Problem(what: "no connection") }
        var time = timeval(tv_sec: 120, tv_usec: 0)
        setsockopt(
            descriptor,
            SOL_SOCKET,
            SO_RCVTIMEO,
            &time,
            socklen_t(MemoryLayout<timeval>.size)
        )
        var head =
            "GET /v1/events/live\(query) HTTP/1.1\r\nHost: localhost\r\napikey: \(key)\r\n"
        if let lastEventID { head += "Last-Event-ID: \(lastEventID)\r\n" }
        let bytes = Array((head + "\r\n").utf8)
        guard send(descriptor, bytes, bytes.count, 0) == bytes.count else {
            throw Problem(what: "nothing was sent")
        }
        state.withLock { $0.socket = descriptor }
    }

    /// Reads on until the text has come.
    func wait(for wanted: String) async throws {
        let wanted = Data(wanted.utf8)
        var searched = 0
        while !has(wanted, searchedTo: &searched) {
            guard try await readOn() else {
                throw Problem(what: "it ended without \(String(decoding: wanted, as: UTF8.self))")
            }
        }
    }

    private func has(_ wanted: Data, searchedTo searched: inout Int) -> Bool {
        state.withLock { state in
            let start = max(0, searched - wanted.count)
            searched = state.bytes.count
            return state.bytes.range(of: wanted, in: start..<searched) != nil
        }
    }

    /// Reads on until the other side ends.
    func waitForEnd() async throws {
        while try await readOn() {}
        close()
    }

    func close() {
        state.withLock { state in
            if state.socket >= 0 { Glibc.close(state.socket) }
            state.socket = -1
        }
    }

    private func readOn() async throws -> Bool {
        // Off the tasks' threads: the service under test needs them.
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try self.receive() }) }
        }
    }

    private func receive() throws -> Bool {
        try state.withLock { state in
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            let count = recv(state.socket, &buffer, buffer.count, 0)
            guard count >= 0 || errno == ECONNRESET else {
                throw Problem(what: "nothing came in time")
            }
            // Chunk sizes stand between the frames: they don't matter to these tests.
            state.bytes += buffer.prefix(max(0, count))
            return count > 0
        }
    }
}
