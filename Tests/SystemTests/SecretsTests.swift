import Foundation
import Synchronization
import Testing

/// A receiver that sends back what it was sent: with 200 for test deliveries, else with 500.
private final class EchoReceiver: Sendable {
    let port = freePort()
    private let socket: Int32
    private let count = Mutex(0)

    /// How many batches came.
    var batches: Int { count.withLock { $0 } }

    init() throws {
        socket = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let isBound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isBound, listen(socket, 16) == 0 else { throw NotInTime(description: "no port") }
        Thread.detachNewThread { [self] in
            while true {
                let connection = accept(socket, nil, nil)
                guard connection >= 0 else { return }
                serve(connection)
            }
        }
    }

    func stop() {
        shutdown(socket, Int32(SHUT_RDWR))
        close(socket)
    }

    private func serve(_ connection: Int32) {
        defer { close(connection) }
        var request: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        // A batch of these tests comes in one or two pieces; the end is that nothing more comes.
        var limit = timeval(tv_sec: 0, tv_usec: 300_000)
        setsockopt(
            connection,
            SOL_SOCKET,
            SO_RCVTIMEO,
            &limit,
            socklen_t(MemoryLayout<timeval>.size)
        )
        while true {
            let got = recv(connection, &buffer, buffer.count, 0)
            guard got > 0 else { break }
            request += buffer[..<got]
        }
        let text = String(decoding: request, as: UTF8.self)
        let isTest = text.lowercased().contains("webhook-test: true")
        if !isTest { count.withLock { $0 += 1 } }
        let head =
            "HTTP/1.1 \(isTest ? "200 OK" : "500 Echo")\r\nContent-Length: \(request.count)\r\nConnection: close\r\n\r\n"
        let answer = Array(head.utf8) + request
        _ = send(connection, answer, answer.count, Int32(MSG_NOSIGNAL))
    }
}

@Suite(.enabled(if: binary != nil, "CLICKSTREAM_BINARY names the binary to test"), .serialized)
struct SecretsTests {
    @Test func `no secret of a stream is in a file, the service's own log or an answer`()
        async throws
    {
        let folder = try Folder()
        let service = ServiceProcess(data: folder.path, settings: ["LOGGING_LEVEL": "debug"])
        let receiver = try EchoReceiver()
        defer { receiver.stop() }
        try await service.start()
        _ = try await service.setUp(nil)
        let value = "authentication-\(UUID())"
        let key = "envelope-\(UUID())"
        let made = try await service.api(
            "POST",
            "/v1/streams",
            [
                "endpoint": "http://127.0.0.1:\(receiver.port)/", "method": "POST", "key": key,
                "authentication": ["header": "X-Key", "value": "Bearer \(value)"],
                "batch": ["seconds": 0],
            ]
        )
        let id = made["id"] as? String ?? ""
        _ = try await eventually("the stream is active") {
            try await service.api("GET", "/v1/streams/\(id)")["status"] as? String == "active"
                ? true : nil
        }
        let rotated = try await service.api("POST", "/v1/streams/\(id)/rotate-secret")
        #expect(try await service.click("/a?n=1").status == 302)
        _ = try await eventually("the receiver had a batch and its answer was noted") {
            let stream = try await service.api("GET", "/v1/streams/\(id)")
            return receiver.batches > 0 && stream["status"] as? String == "failing" ? true : nil
        }
        let shown = try await service.request(
            service.controlPort,
            "GET",
            "/v1/streams/\(id)/deliveries",
            headers: ["apikey": service.key, "workspace": service.workspace ?? ""]
        )
        // The answer was kept: it is the echo, without what is secret.
        #expect(String(decoding: shown.body, as: UTF8.self).contains("[redacted]"))
        let later = try await service.request(
            service.controlPort,
            "GET",
            "/v1/streams/\(id)",
            headers: ["apikey": service.key, "workspace": service.workspace ?? ""]
        )
        #expect(service.stop() == 0)

        let secrets = [made["secret"], rotated["secret"]].compactMap { $0 as? String }
        #expect(secrets.count == 2)
        let raw = secrets.compactMap { Data(base64Encoded: String($0.dropFirst(6))) }
        #expect(raw.count == 2)
        let wanted =
            [value, key].map { Data($0.utf8) } + secrets.map { Data($0.dropFirst(6).utf8) } + raw
        var places: [(name: String, data: Data)] = [
            ("deliveries", shown.body), ("stream", later.body),
            ("log", try Data(contentsOf: URL(filePath: service.log))),
        ]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            let path = "\(folder.path)/\(name)"
            places.append((name, try Data(contentsOf: URL(filePath: path))))
        }
        #expect(
            places.contains { $0.name == "log.db" } && places.contains { $0.name == "catalog.db" }
        )
        for place in places {
            for secret in wanted {
                #expect(place.data.range(of: secret) == nil, "a secret is in \(place.name)")
            }
        }
        // The search itself finds what is there.
        #expect(places.contains { $0.data.range(of: Data(id.utf8)) != nil })
    }
}
