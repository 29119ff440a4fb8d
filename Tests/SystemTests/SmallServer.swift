import Foundation
import Synchronization

/// A server that answers each request with a text, whatever that is, and closes the connection.
final class SmallServer: Sendable {
    struct NotThere: Error {}

    let port = freePort()
    private let listener: Int32
    private let heads = Mutex<[String]>([])

    /// - Parameter answer: What is answered to a request's head, which begins with its method and path.
    /// - Throws: `NotThere` when it can't listen.
    init(_ answer: @escaping @Sendable (_ head: String) -> String) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let isBound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isBound, listen(listener, 16) == 0 else { throw NotThere() }
        Thread.detachNewThread { [weak self] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                let head = Self.head(of: connection)
                self?.heads.withLock { $0.append(head) }
                let bytes = Array(answer(head).utf8)
                _ = send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
                // What still comes is taken, so that closing doesn't reset what was answered.
                shutdown(connection, Int32(SHUT_WR))
                var rest = [UInt8](repeating: 0, count: 4096)
                while read(connection, &rest, rest.count) > 0 {}
                close(connection)
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    var url: String { "http://127.0.0.1:\(port)" }

    /// The heads of the requests that came.
    var requests: [String] { heads.withLock(\.self) }

    private static func head(of connection: Int32) -> String {
        var head = ""
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !head.contains("\r\n\r\n") {
            let count = read(connection, &buffer, buffer.count)
            guard count > 0 else { break }
            head += String(decoding: buffer[..<count], as: UTF8.self)
        }
        return head
    }

    /// An answer.
    static func answer(
        _ status: String = "200 OK",
        headers: [String] = ["content-type: application/json"],
        body: String = ""
    ) -> String {
        (["HTTP/1.1 \(status)"] + headers
            + ["content-length: \(body.utf8.count)", "connection: close", "", body])
            .joined(separator: "\r\n")
    }
}
