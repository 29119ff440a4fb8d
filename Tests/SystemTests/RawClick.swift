import Foundation

/// One click over a socket of its own, without a client that could retry or reuse anything.
enum RawClick {
    /// The answer's status, or nil when there was none.
    static func get(port: Int, path: String) async -> Int? {
        // Blocking calls have no place on the cooperative pool's threads.
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: exchange(port, path)) }
        }
    }

    private static func exchange(_ port: Int, _ path: String) -> Int? {
        let request = """
            GET \(path) HTTP/1.1\r\nHost: \(ServiceProcess.domain)\r\nUser-Agent: curl/8.5.0\r\n\
            Connection: close\r\n\r\n
            """
        let answer = send(port, Array(request.utf8))
        let line = String(decoding: answer.prefix(16), as: UTF8.self).split(separator: " ")
        guard line.count >= 2, answer.suffix(4) == Array("\r\n\r\n".utf8) || answer.count > 64
        else {
            return nil
        }
        return Int(line[1])
    }

    /// Sends bytes and reads until the other side closes or five seconds pass.
    static func send(_ port: Int, _ bytes: [UInt8]) -> [UInt8] {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var limit = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard connected,
            Foundation.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
        else { return [] }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(socket, &buffer, buffer.count, 0)
            guard count > 0 else { return answer }
            answer += buffer[..<count]
        }
    }
}
