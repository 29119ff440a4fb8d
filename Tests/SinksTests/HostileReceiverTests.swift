import ClickModel
import NIOCore
import Testing

@testable import Sinks

/// Receivers that answer as nobody should: an attempt ends in time, in little memory, and with words.
@Suite(.timeLimit(.minutes(5))) struct HostileReceiverTests {
    /// More than what the sockets of both sides hold.
    private static let mostSent = 24 << 20
    /// One for all: each has threads for look-ups.
    private static let addressGuard = Result { try AddressGuard.loopback() }
    /// What ends an attempt is not the time, also on a machine that is busy; where it is, tests say so.
    private static let usual = 30
    private static let ok = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"

    private static func sink(
        _ server: RawServer,
        scheme: String = "http",
        timeout: Int = usual
    ) throws -> any Sink {
        WebhookProvider(addressGuard: try addressGuard.get()).sink([
            "endpoint": "\(scheme)://hook.test:\(server.port)/", "method": "POST",
            "header": "X-Key", "value": "a-secret-value", "timeout": "\(timeout)",
        ])
    }

    /// What an attempt comes to.
    private static func outcome(
        scheme: String = "http",
        body: String = "{}",
        reads: Bool = true,
        timeout: Int = usual,
        _ conduct: @escaping RawServer.Conduct
    ) async throws -> DeliveryOutcome {
        let server = try await RawServer.start(reads: reads, conduct)
        let sink = try sink(server, scheme: scheme, timeout: timeout)
        let outcome = await sink.deliver(.fixture(body: body))
        await sink.close()
        try await server.stop()
        #expect(server.sent < mostSent)
        return outcome
    }

    @Test func `a head of 100,000 lines is not read to its end`() async throws {
        let lines = (0..<100).map { "x-\($0): y\r\n" }.joined()
        let outcome = try await Self.outcome { peer in
            peer.send("HTTP/1.1 200 OK\r\n")
            for _ in 0..<1000 { peer.send(lines) }
            peer.send("content-length: 0\r\n\r\n")
        }
        #expect(outcome.words == "what came back is no HTTP answer")
    }

    @Test func `a head line without end is not read to its end`() async throws {
        let piece = String(repeating: "y", count: 1 << 16)
        let outcome = try await Self.outcome { peer in
            peer.send("HTTP/1.1 200 OK\r\nx-y: ")
            peer.sendForever(piece)
        }
        #expect(outcome.words == "what came back is no HTTP answer")
    }

    @Test func `interim answers without end are no answer`() async throws {
        let many = String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 1000)
        let fast = try await Self.outcome { $0.sendForever(many) }
        #expect(fast.words == "the answer is longer than anybody reads")
        let interim = String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 20)
        let slow = try await Self.outcome(timeout: 1) { $0.drip(interim, each: .milliseconds(100)) }
        #expect(slow.words?.hasPrefix("no answer within") ?? false)
    }

    @Test func `an answer after interim ones is the answer`() async throws {
        let outcome = try await Self.outcome { peer in
            peer.send("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n")
            peer.send(Self.ok)
        }
        #expect(outcome.isDelivered)
    }

    @Test func `of 10 GB 16 KiB are read, and the status counts`() async throws {
        let piece = String(repeating: "z", count: 1 << 16)
        let outcome = try await Self.outcome { peer in
            peer.send("HTTP/1.1 200 OK\r\ncontent-length: 10737418240\r\n\r\n")
            peer.sendForever(piece)
        }
        #expect(outcome.isDelivered)
        #expect(outcome.answer?.text.utf8.count == DeliveryAnswer.longestText)
    }

    @Test func `chunks that are all extension are not read for ever`() async throws {
        let piece = String(repeating: "e", count: 1 << 16)
        let outcome = try await Self.outcome { peer in
            peer.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;")
            peer.sendForever(piece)
        }
        #expect(outcome.isDelivered)
    }

    @Test(arguments: [
        "ZZZ\r\n", "-1\r\n", "FFFFFFFFFFFFFFFFF\r\n", "2\r\nok", "2\r\nokX", "\r\n\r\n", "0\r\n",
    ])
    func `a body in bad chunks takes nothing from the status`(_ chunks: String) async throws {
        let outcome = try await Self.outcome { peer in
            peer.send("HTTP/1.1 500 No\r\ntransfer-encoding: chunked\r\n\r\n\(chunks)")
                .whenComplete { _ in peer.close() }
        }
        #expect(outcome.answer?.status == 500)
        #expect(outcome.isFailed)
    }

    @Test func `a byte now and then doesn't stretch an attempt`() async throws {
        let head = try await Self.outcome(timeout: 1) { $0.drip(Self.ok, each: .milliseconds(500)) }
        #expect(head.words?.hasPrefix("no answer within") ?? false)
        let body = try await Self.outcome(timeout: 10) { peer in
            peer.send("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
            peer.drip(String(repeating: "b", count: 1000), each: .milliseconds(100))
        }
        #expect(body.isDelivered)
    }

    @Test func `a receiver that doesn't read costs an attempt its time`() async throws {
        let body = String(repeating: "x", count: 8 << 20)
        let outcome = try await Self.outcome(body: body, reads: false, timeout: 1) { _ in }
        #expect(outcome.words?.hasPrefix("no answer within") ?? false)
    }

    @Test func `an answer before the whole request was read is the answer`() async throws {
        let body = String(repeating: "x", count: 8 << 20)
        let outcome = try await Self.outcome(body: body) { peer in
            _ = peer.channel.setOption(.autoRead, value: false)
            peer.send("HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n")
        }
        guard case .refused(_, isTooLarge: true) = outcome else {
            Issue.record("\(outcome)")
            return
        }
    }

    @Test func `an answer that breaks off at any byte is one from its head's end on`()
        async throws
    {
        let headLength = Self.ok.utf8.count - 2
        for length in 0...Self.ok.utf8.count {
            let beginning = String(decoding: Self.ok.utf8.prefix(length), as: UTF8.self)
            let closed = try await Self.outcome { peer in
                peer.send(beginning).whenComplete { _ in peer.close() }
            }
            #expect(closed.isDelivered == (length >= headLength), "closed at \(length): \(closed)")
            let reset = try await Self.outcome { peer in
                peer.send(beginning).whenComplete { _ in peer.reset() }
            }
            // A reset can overtake what was sent before it.
            #expect(!reset.isDelivered || length >= headLength, "reset at \(length)")
            #expect(reset.isDelivered || reset.isFailed)
        }
    }

    @Test(arguments: [
        "SSH-2.0-OpenSSH_9.2\r\n", "\u{0}\u{0}\u{0}", "HTTP/9.9 200 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\n: nameless\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "\r\n\r\n\r\n",
    ])
    func `what is no HTTP is told so`(_ text: String) async throws {
        let outcome = try await Self.outcome { peer in
            peer.send(text).whenComplete { _ in peer.close() }
        }
        #expect(outcome.isFailed, "\(outcome)")
    }

    @Test func `a second answer to one request is taken for nothing`() async throws {
        let server = try await RawServer.start { peer in
            peer.send(Self.ok + "HTTP/1.1 500 Later\r\ncontent-length: 0\r\n\r\n")
        }
        let sink = try Self.sink(server)
        for _ in 0..<5 { #expect(await sink.deliver(.fixture()).isDelivered) }
        await sink.close()
        try await server.stop()
    }

    @Test func `a TLS endpoint that speaks something else, or nothing, is told so`() async throws {
        let plain = try await Self.outcome(scheme: "https") { $0.send(Self.ok) }
        #expect(plain.words == "TLS failed: wrong version number")
        let silent = try await Self.outcome(scheme: "https", timeout: 1) { _ in }
        #expect(silent.words?.hasPrefix("no answer within") ?? false)
        let gone = try await Self.outcome(scheme: "https") { $0.close() }
        #expect(gone.isFailed)
    }
}
