import Catalog
import ClickModel
import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Synchronization
import TestKit
import Testing

@testable import ControlAPI

struct ClickRoutesTests {
    private static func report(
        accepted: Int = 0,
        _ problems: [ClickReport.Problem] = [],
        isReadable: Bool = true,
        _ change: (inout ClickReport) -> Void = { _ in }
    ) -> ClickReport {
        var report = ClickReport()
        report.accepted = accepted
        report.problems = problems
        report.isReadable = isReadable
        change(&report)
        return report
    }

    static let answers: [(report: ClickReport, status: Int, body: String)] = [
        (report(accepted: 3), 202, #"{"accepted":3,"errors":[]}"#),
        (
            report(accepted: 1, [.init(line: 2, message: "not a JSON object")]), 202,
            #"{"accepted":1,"errors":[{"line":2,"error":"not a JSON object"}]}"#
        ),
        (
            report([.init(line: 1, message: "HEAD is no click")]), 202,
            #"{"accepted":0,"errors":[{"line":1,"error":"HEAD is no click"}]}"#
        ),
        (
            report([.init(line: 1, message: "not a JSON object")], isReadable: false), 400,
            #"{"accepted":0,"errors":[{"line":1,"error":"not a JSON object"}]}"#
        ),
        (
            report([.init(line: 1, message: "x")], isReadable: false) { $0.furtherProblems = 7 },
            400, #"{"accepted":0,"errors":[{"line":1,"error":"x"}],"furtherErrors":7}"#
        ),
        (
            report { $0.stopped = .init(line: 1, reason: .logUnavailable) }, 503,
            #"{"code":"Unavailable","message":"the log can't take clicks: nothing was recorded","accepted":0,"errors":[{"line":1,"error":"the log can't take clicks: neither this was recorded nor what follows"}]}"#
        ),
        (
            report(accepted: 256) { $0.stopped = .init(line: 300, reason: .overload) }, 503,
            #"{"code":"Unavailable","message":"too many clicks are waiting: nothing was recorded from line 300 on","accepted":256,"errors":[{"line":300,"error":"too many clicks are waiting: neither this was recorded nor what follows"}]}"#
        ),
    ]

    @Test(arguments: answers)
    func `what became of clicks is answered`(report: ClickReport, status: Int, body: String)
        async throws
    {
        try await withAPI { client, world in
            world.recordClicks.withLock { $0 = { _ in report } }
            let answer = try await client.call(.post, "/v1/clicks", "{}")
            #expect(answer.status == status)
            #expect(answer.text == body)
            #expect((answer.headers[.init("retry-after")!] != nil) == (status == 503))
        }
    }

    @Test func `clicks are of the request's workspace, and of no other than the key's`()
        async throws
    {
        try await withAPI { client, world in
            let seen = Mutex<[ClickDelivery]>([])
            world.recordClicks.withLock {
                $0 = { delivery in
                    seen.withLock { $0.append(delivery) }
                    return Self.report(accepted: 1)
                }
            }
            let other = try await client.call(.post, "/v1/workspaces", #"{"name":"Other"}"#)
            let id = try #require(other.string("id"))
            let key = try await client.call(
                .post,
                "/v1/keys",
                #"{"name":"k","scope":"owner"}"#,
                workspace: id
            ).string("key")
            let reader = try await client.call(
                .post,
                "/v1/keys",
                #"{"name":"k","scope":"reader"}"#,
                workspace: id
            ).string("key")
            let body = #"{"route":{"creator":{"workspace":{"id":"elsewhere"}}}}"#
            #expect(try await client.call(.post, "/v1/clicks", body, key: key).status == 202)
            let main = try await world.catalog.mainWorkspace().id
            for (key, workspace, status) in [
                (key, main, 403), (reader, id, 403), ("wrong", id, 401), (nil, id, 401),
            ] {
                let answer = try await client.call(
                    .post,
                    "/v1/clicks",
                    body,
                    key: key,
                    workspace: workspace
                )
                #expect(answer.status == status)
            }
            #expect(seen.withLock { $0.map(\.workspace.id) } == [id])
            #expect(seen.withLock { $0.first?.body } == Array(body.utf8))
        }
    }

    @Test(arguments: [
        ("application/x-ndjson", true), ("Application/X-NDJSON; charset=utf-8", true),
        ("application/jsonl", true), ("application/json", false), ("text/plain", false),
    ])
    func `the type of the body says whether it is lines`(type: String, isLines: Bool) async throws {
        try await withAPI { client, world in
            let seen = Mutex<Bool?>(nil)
            world.recordClicks.withLock {
                $0 = { delivery in
                    seen.withLock { $0 = delivery.isLines }
                    return Self.report(accepted: 1)
                }
            }
            _ = try await client.call(.post, "/v1/clicks", "{}", headers: ["content-type": type])
            #expect(seen.withLock(\.self) == isLines)
        }
    }

    @Test func `eight mebibytes are taken, and a byte more is 413`() async throws {
        try await withAPI { client, world in
            world.recordClicks.withLock { $0 = { _ in Self.report(accepted: 1) } }
            let most = String(repeating: " ", count: 8 << 20)
            #expect(try await client.call(.post, "/v1/clicks", most).status == 202)
            world.recordClicks.withLock {
                $0 = { _ in
                    Issue.record("what is too large must not be recorded")
                    return ClickReport()
                }
            }
            let answer = try await client.call(.post, "/v1/clicks", most + " ")
            #expect(answer.status == 413)
            #expect(answer.code == "TooLarge")
            world.recordClicks.withLock { $0 = { _ in Self.report { $0.limit = 5 } } }
            #expect(try await client.call(.post, "/v1/clicks", "{}").status == 413)
        }
    }

    @Test func `a compressed body is 415`() async throws {
        try await withAPI { client, _ in
            let answer = try await client.call(
                .post,
                "/v1/clicks",
                "{}",
                headers: ["content-encoding": "gzip"]
            )
            #expect(answer.status == 415)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a workspace's fifth delivery at once is 429, and a place comes back`() async throws {
        try await withAPI { client, world in
            let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
            let (departures, depart) = AsyncStream.makeStream(of: Void.self)
            world.recordClicks.withLock {
                $0 = { _ in
                    arrived.yield()
                    for await _ in departures { break }
                    return Self.report(accepted: 1)
                }
            }
            try await withThrowingTaskGroup(of: Int.self) { group in
                var waiting = arrivals.makeAsyncIterator()
                for _ in 0..<4 {
                    group.addTask { try await client.call(.post, "/v1/clicks", "{}").status }
                    _ = await waiting.next()
                }
                let fifth = try await client.call(.post, "/v1/clicks", "{}")
                #expect(fifth.status == 429)
                #expect(fifth.headers[.init("retry-after")!] == "1")
                depart.finish()
                for try await status in group { #expect(status == 202) }
            }
            #expect(try await client.call(.post, "/v1/clicks", "{}").status == 202)
        }
    }
}
