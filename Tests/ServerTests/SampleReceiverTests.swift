import ClickModel
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Testing

@testable import Server

struct SampleReceiverTests {
    @Test func `a batch is kept once, line by line, and what is odd is noted`() async throws {
        let rig = try ReceiverRig()
        try await rig.run { client in
            for (id, first) in [("bat_1", 1), ("bat_1", 1), ("bat_2", 6), ("bat_3", 4)] {
                let headers = try ReceiverRig.headers(id: id, numbers: first...(first + 1))
                #expect(try await ReceiverRig.send(client, headers).status == .ok)
            }
        }
        let batch = [#"{"a":1}"#, #"{"a":2}"#]
        #expect(rig.lines == batch + batch + batch)
        #expect(
            rig.notes == [
                "batch bat_1 came again: dropped", "batch bat_2: missing before it: 3 to 5",
                "batch bat_3 brings what was missing",
            ]
        )
        #expect(
            await rig.receiver.summary.line
                == "batches: 3, events: 6, repeated: 1, gaps: 1, wrong signatures: 0"
        )
    }

    @Test func `streams are told apart by path and key, and lanes by their number`() async throws {
        let rig = try ReceiverRig()
        try await rig.run { client in
            for (path, id, lane) in [
                ("/a", "bat_1", "0"), ("/b", "bat_2", "0"), ("/a", "bat_3", "1"),
            ] {
                let headers = try ReceiverRig.headers(
                    id: id,
                    numbers: 5...6,
                    ["webhook-lane": lane]
                )
                #expect(try await ReceiverRig.send(client, headers, path: path).status == .ok)
            }
            let again = try ReceiverRig.headers(id: "bat_4", numbers: 6...6, ["webhook-lane": "1"])
            #expect(try await ReceiverRig.send(client, again, path: "/a").status == .ok)
        }
        #expect(rig.notes == ["batch bat_4 of lane 1 has a new id and brings again: 6"])
    }

    @Test func `a batch that could not be kept is not taken for one that was`() async throws {
        let rig = try ReceiverRig { $0.out = "/dev/full" }
        try await rig.run { client in
            for _ in 0..<2 {
                let headers = try ReceiverRig.headers()
                #expect(
                    try await ReceiverRig.send(client, headers).status == .internalServerError
                )
            }
        }
        #expect(await rig.receiver.summary == ReceiverSummary())
    }

    @Test func `line breaks between an event's tokens make no second line`() async throws {
        let rig = try ReceiverRig()
        let body = "{\"data\":[{\"a\":\r\n1}],\"key\":\"k\"}"
        try await rig.run { client in
            let headers = try ReceiverRig.headers(body: body)
            #expect(try await ReceiverRig.send(client, headers, body: body).status == .ok)
        }
        #expect(rig.lines == [#"{"a":  1}"#])
    }

    @Test func `a wrong secret, another time or no time at all is refused`() async throws {
        let rig = try ReceiverRig()
        try await rig.run { client in
            let wrong = try ReceiverRig.headers(secret: ReceiverRig.other)
            #expect(try await ReceiverRig.send(client, wrong).status == .unauthorized)
            for time in ["0", "-1", "9223372036854775807", "-9223372036854775808", "1e3", ""] {
                let headers = try ReceiverRig.headers(timestamp: time)
                #expect(
                    try await ReceiverRig.send(client, headers).status == .unauthorized,
                    "\(time)"
                )
            }
        }
        #expect(rig.lines.isEmpty)
        #expect(await rig.receiver.summary.wrongSignatures == 7)
    }

    @Test func `while secrets rotate either is right`() async throws {
        let rig = try ReceiverRig { $0.secrets = [ReceiverRig.other, ReceiverRig.secret] }
        try await rig.run { client in
            for (id, secret) in [("bat_1", ReceiverRig.secret), ("bat_2", ReceiverRig.other)] {
                let headers = try ReceiverRig.headers(id: id, secret: secret)
                #expect(try await ReceiverRig.send(client, headers).status == .ok)
            }
        }
        #expect(rig.lines.count == 4)
    }

    @Test func `the authentication header has to be right`() async throws {
        let rig = try ReceiverRig()
        try await rig.run { client in
            for value in ["", "V", "vv"] {
                let headers = try ReceiverRig.headers(["X-Key": value])
                #expect(try await ReceiverRig.send(client, headers).status == .unauthorized)
            }
        }
        #expect(rig.lines.isEmpty)
    }

    @Test func `what is no batch is refused`() async throws {
        let rig = try ReceiverRig()
        try await rig.run { client in
            for body in ["", "[1]", "{\"data\":[{}]"] {
                let headers = try ReceiverRig.headers(body: body)
                let answer = try await ReceiverRig.send(client, headers, body: body)
                #expect(answer.status == .badRequest)
            }
        }
        #expect(rig.lines.isEmpty)
    }

    @Test func `a compressed batch is refused, and says why`() async throws {
        let rig = try ReceiverRig()
        try await rig.run { client in
            let headers = try ReceiverRig.headers(["Content-Encoding": "gzip"])
            let answer = try await ReceiverRig.send(client, headers)
            #expect(answer.status == .unsupportedMediaType)
        }
        #expect(rig.notes == ["a request was refused: it is compressed"])
    }

    @Test func `a secret of another form is told at the start`() {
        #expect(throws: StartError.self) { try ReceiverRig { $0.secrets = ["secret"] } }
    }
}
