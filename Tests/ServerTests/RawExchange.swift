import Foundation
import HTTPTypes
import HummingbirdTesting
import Testing

/// One request over a plain socket, which shows how the connection ends.
enum RawExchange {
    struct End: Equatable {
        /// What came before the end.
        var answer = ""
        /// Whether the other side reset the connection.
        var isReset = false
    }

    struct Problem: Error {}

    /// Posts the rig's batch and reads until the other side ends or what came is `enough`.
    static func post(
        to client: any TestClientProtocol,
        _ headers: HTTPFields,
        until enough: @escaping @Sendable (String) -> Bool = { _ in false }
    ) async throws -> End {
        let port = try #require(client.port)
        let fields = headers.map { "\($0.name.rawName): \($0.value)\r\n" }.joined()
        let request =
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(ReceiverRig.body.utf8.count)\r\n"
            + fields + "\r\n" + ReceiverRig.body
        return try await ask(request, of: port, until: enough)
    }

    /// Sends a request and reads until the other side ends or what came is `enough`.
    static func ask(
        _ request: String,
        of port: Int,
        until enough: @escaping @Sendable (String) -> Bool = { _ in false }
    ) async throws -> End {
        // Blocking calls have no place on the cooperative pool's threads.
        return try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Result { try exchange(port, request, enough) })
            }
        }
    }

    private static func exchange(
        _ port: Int,
        _ request: String,
        _ enough: (String) -> Bool
    ) throws -> End {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(
            descriptor,
            SOL_SOCKET,
            SO_RCVTIMEO,
            &limit,
            socklen_t(MemoryLayout<timeval>.size)
        )
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        let bytes = Array(request.utf8)
        guard connected, send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
        else { throw Problem() }
        var end = End()
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !enough(end.answer) {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else {
                end.isReset = count < 0 && errno == ECONNRESET
                guard count == 0 || end.isReset else { throw Problem() }
                return end
            }
            end.answer += String(decoding: buffer[..<count], as: UTF8.self)
        }
        return end
    }
}
