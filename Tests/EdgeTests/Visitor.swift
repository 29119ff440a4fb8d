import Dispatch
import Foundation

/// A client on a plain socket, which sends any bytes whatever.
final class Visitor: @unchecked Sendable {
    struct Trouble: Error { let what: String }

    private let descriptor: Int32
    private var received: [UInt8] = []
    private static let threads = DispatchQueue(label: "visitors", attributes: .concurrent)

    /// Connects to a port of this machine.
    ///
    /// - Parameters:
    ///   - port: The port.
    ///   - bufferBytes: The size of the socket's own buffers, when it matters.
    /// - Throws: `Trouble` when nobody listens there.
    init(port: Int, bufferBytes: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port)).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        // No test waits longer than this for bytes that never come.
        var patience = timeval(tv_sec: 15, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, size)
        if var bufferBytes {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bufferBytes, 4)
            setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &bufferBytes, 4)
        }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Trouble(what: "connect: \(errno)") }
    }

    deinit { close(descriptor) }

    func send(_ text: String) async throws {
        let bytes = Array(text.utf8)
        try await offload { [self] in
            var sent = 0
            while sent < bytes.count {
                let count = bytes.withUnsafeBytes {
                    Foundation.send(
                        descriptor,
                        $0.baseAddress?.advanced(by: sent),
                        bytes.count - sent,
                        Int32(MSG_NOSIGNAL)
                    )
                }
                guard count > 0 else { throw Trouble(what: "send: \(errno)") }
                sent += count
            }
        }
    }

    /// Sends a text over and over, without reading, until the server takes no more.
    ///
    /// - Returns: How many times it was sent whole, and what is left to send of the last one.
    func stuff(_ text: String) async throws -> (whole: Int, rest: String) {
        let bytes = Array(text.utf8)
        let sent = try await offload { [self] in
            var sent = 0
            // A server that doesn't stop by then never will.
            while sent < 256 << 20 {
                let start = sent % bytes.count
                let count = bytes.withUnsafeBytes {
                    Foundation.send(
                        descriptor,
                        $0.baseAddress?.advanced(by: start),
                        bytes.count - start,
                        Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
                    )
                }
                if count > 0 {
                    sent += count
                } else if errno != EAGAIN {
                    throw Trouble(what: "send: \(errno)")
                } else {
                    var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    guard poll(&wanted, 1, 1000) > 0 else { return sent }
                }
            }
            throw Trouble(what: "the server takes everything")
        }
        let left = sent % bytes.count
        let rest = left == 0 ? [] : bytes[left...]
        return (sent / bytes.count, String(decoding: rest, as: UTF8.self))
    }

    /// Says that nothing more will be sent.
    func finish() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Goes away without a word: the server's next write meets a reset.
    func vanish() {
        var now = linger(l_onoff: 1, l_linger: 0)
        setsockopt(
            descriptor,
            SOL_SOCKET,
            SO_LINGER,
            &now,
            socklen_t(MemoryLayout<linger>.size)
        )
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    /// The next answer: status, header lines by lower-case name, body.
    func answer(toHead: Bool = false) async throws -> Answer {
        try await offload { [self] in
            while true {
                if let answer = Answer(&received, toHead: toHead) { return answer }
                guard try receiveSome() else { throw Trouble(what: "closed") }
            }
        }
    }

    /// Takes up to so many bytes of what has come, and drops them.
    func receive(_ count: Int) async throws {
        try await offload { [self] in
            var bytes = [UInt8](repeating: 0, count: count)
            guard recv(descriptor, &bytes, count, Int32(MSG_DONTWAIT)) != 0 else {
                throw Trouble(what: "closed")
            }
        }
    }

    /// Whether nothing has come that wasn't read yet.
    var isQuiet: Bool {
        var byte: UInt8 = 0
        let flags = Int32(MSG_DONTWAIT) | Int32(MSG_PEEK)
        return received.isEmpty && recv(descriptor, &byte, 1, flags) < 0 && errno == EAGAIN
    }

    /// Waits for the server to close; returns what it sent before that.
    func rest() async throws -> String {
        try await offload { [self] in
            while try receiveSome() {}
            defer { received = [] }
            return String(decoding: received, as: UTF8.self)
        }
    }

    /// - Returns: False when the other side has closed.
    private func receiveSome() throws -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        if count < 0, errno == ECONNRESET { return false }
        guard count >= 0 else { throw Trouble(what: "recv: \(errno)") }
        received += chunk[..<count]
        return count > 0
    }

    /// Runs what blocks away from the threads that tests share.
    private func offload<Result: Sendable>(
        _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            Self.threads.async { continuation.resume(with: Swift.Result(catching: body)) }
        }
    }
}

/// One answer of the server.
struct Answer: Equatable, Sendable {
    let status: Int
    let fields: [String: String]
    let body: String

    var location: String? { fields["location"] }

    /// Takes an answer from the front of the bytes; nil while it is incomplete.
    init?(_ bytes: inout [UInt8], toHead: Bool) {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
            .components(separatedBy: "\r\n")
        var fields: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = line[line.index(after: colon)...]
            fields[line[..<colon].lowercased()] = value.trimmingCharacters(in: .whitespaces)
        }
        let length = toHead ? 0 : Int(fields["content-length"] ?? "") ?? 0
        guard bytes.count >= end.upperBound + length else { return nil }
        status = Int(lines[0].split(separator: " ")[1]) ?? 0
        self.fields = fields
        body = String(decoding: bytes[end.upperBound..<end.upperBound + length], as: UTF8.self)
        bytes.removeFirst(end.upperBound + length)
    }
}
