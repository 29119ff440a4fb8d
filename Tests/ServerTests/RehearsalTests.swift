import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Testing

@testable import Server

struct RehearsalTests {
    @Test func `each kind of trouble gets its share`() {
        var rehearsal = Rehearsal()
        #expect(rehearsal.turn(0) == .takeAndAnswer)
        rehearsal.resetShare = 0.25
        rehearsal.loseShare = 0.25
        rehearsal.failShare = 0.25
        #expect(rehearsal.turn(0) == .reset)
        #expect(rehearsal.turn(0.25) == .takeAndReset)
        #expect(rehearsal.turn(0.5) == .refuse(status: 500))
        #expect(rehearsal.turn(0.75) == .takeAndAnswer)
        rehearsal.status = 503
        #expect(rehearsal.turn(0.75) == .refuse(status: 503))
        rehearsal = Rehearsal()
        rehearsal.failShare = 1
        #expect(rehearsal.turn(0.999_999) == .refuse(status: 500))
    }

    @Test func `settings that can't be, or that would do nothing, are told`() {
        #expect(Rehearsal().problem == nil)
        let wrong: [(inout Rehearsal) -> Void] = [
            { $0.failShare = 1.5 }, { $0.resetShare = -0.1 }, { $0.loseShare = .nan },
            { ($0.failShare, $0.resetShare) = (0.6, 0.6) }, { $0.status = 100 },
            { $0.status = 600 }, { $0.slowBody = 0 }, { ($0.slowBody, $0.status) = (1, 204) },
            { $0.retryAfter = 5 }, { ($0.retryAfter, $0.failShare) = (-1, 1) },
        ]
        for change in wrong {
            var rehearsal = Rehearsal()
            change(&rehearsal)
            #expect(rehearsal.problem != nil, "\(rehearsal)")
        }
        let right: [(inout Rehearsal) -> Void] = [
            { ($0.failShare, $0.resetShare, $0.loseShare) = (0.5, 0.25, 0.25) },
            { ($0.retryAfter, $0.failShare) = (0, 0.1) }, { ($0.retryAfter, $0.status) = (9, 429) },
            { $0.slowBody = 1 },
        ]
        for change in right {
            var rehearsal = Rehearsal()
            change(&rehearsal)
            #expect(rehearsal.problem == nil, "\(rehearsal)")
        }
    }

    @Test func `a reset is a reset, without an answer, and nothing was taken`() async throws {
        let rig = try ReceiverRig { $0.rehearsal.resetShare = 1 }
        try await rig.run(.live) { client in
            let end = try await RawExchange.post(to: client, try ReceiverRig.headers())
            #expect(end == RawExchange.End(answer: "", isReset: true))
        }
        #expect(rig.lines.isEmpty)
        #expect(await rig.receiver.summary == ReceiverSummary())
    }

    @Test func `a lost answer is a reset, and the batch was taken, once`() async throws {
        let rig = try ReceiverRig { $0.rehearsal.loseShare = 1 }
        try await rig.run(.live) { client in
            for _ in 0..<2 {
                let end = try await RawExchange.post(to: client, try ReceiverRig.headers())
                #expect(end == RawExchange.End(answer: "", isReset: true))
            }
        }
        #expect(rig.lines.count == 2)
        #expect(await rig.receiver.summary.repeated == 1)
    }

    @Test func `a slow body begins when the batch is safe, and goes on after its first piece`()
        async throws
    {
        let rig = try ReceiverRig { $0.rehearsal.slowBody = 100 }
        try await rig.run(.live) { client in
            let end = try await RawExchange.post(to: client, try ReceiverRig.headers()) {
                $0.contains("\r\n\r\n.")
            }
            #expect(end.answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(end.answer.contains("\r\nContent-Length: \(SlowBody.length)\r\n"))
            let body = end.answer.split(separator: "\r\n\r\n").last ?? ""
            #expect(body.allSatisfy { $0 == "." } && body.count < SlowBody.length)
            #expect(rig.lines.count == 2)
        }
    }

    @Test func `a slow body keeps its pace`() {
        for pace in [1, 9, 10, 55, 1_000_000, Int.max] {
            let body = SlowBody(bytesPerSecond: pace)
            #expect((1...SlowBody.length).contains(body.pieceBytes))
            #expect(body.pause <= .seconds(1))
        }
        #expect(SlowBody(bytesPerSecond: 5).pause == .milliseconds(200))
        #expect(SlowBody(bytesPerSecond: 1000).pause == .milliseconds(100))
    }

    @Test func `failing answers ask to wait, and a refused sender is not asked`() async throws {
        let rig = try ReceiverRig {
            $0.rehearsal.status = 503
            $0.rehearsal.retryAfter = 7
        }
        try await rig.run { client in
            let failed = try await ReceiverRig.send(client, try ReceiverRig.headers())
            #expect(failed.status == .serviceUnavailable)
            #expect(failed.headers[.retryAfter] == "7")
            let wrong = try ReceiverRig.headers(secret: ReceiverRig.other)
            let refused = try await ReceiverRig.send(client, wrong)
            #expect(refused.status == .unauthorized)
            #expect(refused.headers[.retryAfter] == nil)
        }
        #expect(rig.lines.isEmpty)
    }

    @Test func `the set-up's test delivery is spared and left out`() async throws {
        let rig = try ReceiverRig { $0.rehearsal.resetShare = 1 }
        try await rig.run { client in
            let headers = try ReceiverRig.headers(["webhook-test": "true"])
            #expect(try await ReceiverRig.send(client, headers).status == .ok)
        }
        #expect(rig.lines.isEmpty)
        #expect(rig.notes == ["test delivery received"])
    }
}
