import Catalog
import ClickModel
import ControlAPI
import Foundation
import Synchronization
import Testing

@testable import Server

/// An intake that keeps what is submitted, and settles it as a test says.
private final class KeptClicks: ClickIntake {
    struct Seen: Equatable {
        var workspace: String?
        var link: String?
        var slashtag: String?
        var agent: String?
        var time: Timestamp
        var isOrphan: Bool
    }

    private struct State {
        var seen: [Seen] = []
        var groups: [Int] = []
        var waiting: [@Sendable (Acceptance) -> Void] = []
    }

    private let state = Mutex(State())
    /// What becomes of a group by its number from 0; nil for what waits for `settle`.
    private let outcome: @Sendable (Int) -> Acceptance?

    init(_ outcome: @escaping @Sendable (Int) -> Acceptance? = { _ in .durable }) {
        self.outcome = outcome
    }

    var seen: [Seen] { state.withLock { $0.seen } }
    var groups: [Int] { state.withLock { $0.groups } }
    var waiting: Int { state.withLock { $0.waiting.count } }

    func submit(_ group: ClickGroup, settled: @escaping @Sendable (Acceptance) -> Void) {
        let acceptance = state.withLock { state in
            let acceptance = outcome(state.groups.count)
            state.groups.append(group.count)
            group.forEach { click, request in
                state.seen.append(
                    Seen(
                        workspace: click.route.workspace.id,
                        link: click.route.id,
                        slashtag: click.route.slashtag,
                        agent: request[.userAgent].baseAddress == nil
                            ? nil : request[.userAgent].text,
                        time: click.receivedAt,
                        isOrphan: click.route.isOrphan
                    )
                )
            }
            if acceptance == nil { state.waiting.append(settled) }
            return acceptance
        }
        if let acceptance { settled(acceptance) }
    }

    func settle(_ acceptance: Acceptance) {
        let due = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        for settled in due { settled(acceptance) }
    }
}

/// A catalog with two workspaces, `Main` and `Other`, each with a domain and a link `/a`.
private struct Place {
    let catalog: Catalog
    let main: Workspace
    let other: Workspace
    let mainLink: String
    let otherLink: String
    private let folder: URL

    init() async throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "clicks-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        catalog = try Catalog(CatalogSettings(directory: folder.path))
        main = try await catalog.mainWorkspace()
        other = try await catalog.createWorkspace(name: "Other")
        var links: [String] = []
        for (workspace, domain) in [(main, "main.test"), (other, "other.test")] {
            _ = try await catalog.createDomain(fullName: domain, in: workspace)
            let draft = LinkDraft(destination: "https://www.example.com/", slashtag: "a")
            links.append(
                try await catalog.createLink(draft, in: workspace, by: catalog.account()).id
            )
        }
        (mainLink, otherLink) = (links[0], links[1])
    }

    func close() {
        try? catalog.close()
        try? FileManager.default.removeItem(at: folder)
    }

    func record(
        _ body: some Sequence<UInt8>,
        isLines: Bool = false,
        into intake: some ClickIntake
    ) async -> ClickReport {
        await ClickRecorder(intake: intake, links: catalog).record(
            ClickDelivery(body: Array(body), isLines: isLines, workspace: main)
        )
    }
}

struct ClickRecorderTests {
    private static func with(_ body: (Place) async throws -> Void) async throws {
        let place = try await Place()
        defer { place.close() }
        try await body(place)
    }

    @Test func `an object, an array and lines are recorded`() async throws {
        try await Self.with { place in
            for (body, count) in [
                (#"{"headers":{"User-Agent":"ua"}}"#, 1),
                (#"[{"headers":{"user-agent":["ua"]}},{"headers":{"USER-AGENT":"ua"}}]"#, 2),
                (
                    "{\"headers\":{\"user-agent\":\"ua\"}}\n{\"headers\":{\"user-agent\":\"ua\"}}\n",
                    2
                ),
            ] {
                let intake = KeptClicks()
                let report = await place.record(body.utf8, into: intake)
                #expect(report.accepted == count && report.problems.isEmpty)
                #expect(intake.seen.map(\.agent) == Array(repeating: "ua", count: count))
            }
        }
    }

    @Test func `a click is of the request's workspace, whatever its route says`() async throws {
        try await Self.with { place in
            let intake = KeptClicks()
            let route =
                #"{"route":{"id":"x","creator":{"id":"me","workspace":{"id":"\#(place.other.id)","name":"Other"}}}}"#
            #expect(await place.record("\(route)\n{}".utf8, into: intake).accepted == 2)
            #expect(intake.seen.map(\.workspace) == [place.main.id, place.main.id])
            #expect(intake.seen.map(\.link) == ["x", nil])
        }
    }

    @Test func `the catalog fills in the workspace's own links, and nobody else's`() async throws {
        try await Self.with { place in
            let intake = KeptClicks()
            let lines = [
                #"{"url":"https://main.test/a?x=1"}"#, #"{"url":"https://other.test/a"}"#,
                #"{"url":"https://main.test/none"}"#,
                #"{"url":"https://other.test/a","route":{"id":"mine"}}"#,
            ]
            let recorder = ClickRecorder(intake: intake, links: place.catalog)
            for workspace in [place.main, place.other, place.main] {
                let report = await recorder.record(
                    ClickDelivery(
                        body: Array(lines.joined(separator: "\n").utf8),
                        isLines: true,
                        workspace: workspace
                    )
                )
                #expect(report.accepted == 4)
            }
            let ofMain = [place.mainLink, nil, nil, "mine"]
            let ofOther = [nil, place.otherLink, nil, place.otherLink]
            #expect(intake.seen.map(\.link) == ofMain + ofOther + ofMain)
            #expect(
                intake.seen.map(\.workspace)
                    == [place.main, place.other, place.main].flatMap { workspace in
                        (0..<4).map { _ in workspace.id }
                    }
            )
            #expect(intake.seen.map(\.slashtag).prefix(3) == ["a", "a", "none"])
            #expect(intake.seen.allSatisfy { !$0.isOrphan })
        }
    }

    @Test func `bad lines are told by their numbers, and the others recorded`() async throws {
        try await Self.with { place in
            let intake = KeptClicks()
            let lines = [
                "{}", "nonsense", "", #"{"method":"HEAD"}"#, #"{"method":"post"}"#,
                #"{"timestamp":"yesterday"}"#, #"{"ip":"1.2.3"}"#, #"{"headers":[]}"#,
                #"{"route":1}"#, #"{"route":{"id":7}}"#, #"{"method":"GET"}"#,
                #"{"url":7}"#, "[{}]", #"{"headers":{"referer":{}}}"#,
                "{\"headers\":{\"referer\":\"" + String(repeating: "x", count: 1 << 17) + "\"}}",
            ]
            let report = await place.record(lines.joined(separator: "\r\n").utf8, into: intake)
            #expect(report.accepted == 2)
            #expect(
                report.problems.map { "\($0.line) \($0.message)" } == [
                    "2 not a JSON object", "4 HEAD is no click", "5 post is no click",
                    "6 timestamp is no RFC 3339 date and time", "7 ip is no IP address",
                    "8 headers is no object", "9 route is no object", "10 route.id is no text",
                    "12 url is no text", "13 not a JSON object",
                    "14 headers.referer is neither a text nor a list of texts",
                    "15 longer than 131072 bytes",
                ]
            )
        }
    }

    @Test func `nothing readable is told apart from what is no click`() async throws {
        try await Self.with { place in
            for (body, isReadable, line) in [
                ("nonsense", false, 1), ("", false, 1), ("[]", false, 1), ("\n\n", false, 1),
                ("[{},", false, 2), (#"{"method":"HEAD"}"#, true, 1), ("[1]", false, 1),
            ] {
                let intake = KeptClicks()
                let report = await place.record(body.utf8, into: intake)
                #expect(report.accepted == 0 && intake.groups.isEmpty)
                #expect(report.isReadable == isReadable, "\(body)")
                #expect(report.problems.map(\.line) == [line])
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `nothing is accepted before it is on disk, nor when it can't be written`() async throws {
        try await Self.with { place in
            let intake = KeptClicks { _ in nil }
            async let report = place.record("{}\n{}".utf8, into: intake)
            while intake.waiting == 0 { await Task.yield() }
            intake.settle(.shed(.logUnavailable))
            let failed = await report
            #expect(failed.accepted == 0)
            #expect(failed.stopped == .init(line: 1, reason: .logUnavailable))
        }
    }

    @Test func `a large delivery goes in parts, and stops where the log does`() async throws {
        try await Self.with { place in
            let lines = (1...1000).map { number in number % 10 == 0 ? "?" : "{}" }
                .joined(separator: "\n")
            let all = KeptClicks()
            let whole = await place.record(lines.utf8, into: all)
            #expect(whole.accepted == 900 && whole.problems.count == 100)
            #expect(all.groups == [256, 256, 256, 132])
            #expect(Set(all.seen.map(\.time)).count == 1)

            let part = KeptClicks { $0 < 2 ? .durable : .shed(.overload) }
            let report = await place.record(lines.utf8, into: part)
            #expect(report.accepted == 512)
            // 512 clicks and the bad lines between them.
            #expect(report.stopped == .init(line: 569, reason: .overload))
        }
    }

    @Test func `errors are told up to a number, and counted beyond it`() async throws {
        try await Self.with { place in
            let lines = String(repeating: "?\n", count: 5000)
            let report = await place.record(lines.utf8, into: KeptClicks())
            #expect(report.problems.count == 1000)
            #expect(report.furtherProblems == 4000)
            let many = String(repeating: "{}\n", count: ClickRecorder.mostLines + 1)
            let refused = await place.record(many.utf8, into: KeptClicks())
            #expect(refused.limit == ClickRecorder.mostLines && refused.accepted == 0)
        }
    }

    @Test func `no bytes bring it down`() async throws {
        try await Self.with { place in
            let deep = String(repeating: "[", count: 50_000)
            let texts: [String] = [
                "{\"a\":\(deep)}", "[\(deep)", String(repeating: "{\"a\":", count: 50_000),
                #"{"url":"http://a/\u0000","headers":{"user-agent":"\u0000"}}"#,
                #"{"url":"\ud800","headers":{"referer":"\udc00\ud800"}}"#,
                #"{"timestamp":1e999999}"#, #"{"timestamp":"9999-12-31T23:59:59.999999Z"}"#,
                #"{"timestamp":"0000-01-01T00:00:00Z"}"#,
                #"{"timestamp":"99999999999999999999-01-01T00:00:00Z"}"#,
                #"{"x":123456789012345678901234567890e99999}"#, #"{"x":-0}"#,
                "{\"headers\":{\"user-agent\":\"" + String(repeating: "a", count: 100_000)
                    + "\"}}",
                "{\"url\":\"http://a/?" + String(repeating: "a&", count: 50_000) + "\"}",
                "{\"route\":{\"slashtag\":\"\\u0000\",\"destination\":\"\\u0000\"}}",
                #"{"ip":"::ffff:1.2.3.4","headers":{"User-Agent":"a","user-agent":"b"}}"#,
                #"{"headers":{"user-agent":1,"referer":null}}"#,
            ]
            let half: [UInt8] = Array("{\"url\":\"http://a/".utf8) + [0xF0, 0x9F]
            let bytes: [[UInt8]] = [
                half, half + Array("\"}".utf8), [0xFF, 0xFE], [0xEF, 0xBB, 0xBF], [0xEF, 0xBB], [0],
                [0x7B, 0x7D, 0, 0x7B, 0x7D],
            ]
            let bodies = texts.map { Array($0.utf8) } + bytes
            for body in bodies {
                for isLines in [false, true] {
                    let report = await place.record(body, isLines: isLines, into: KeptClicks())
                    #expect(report.accepted + report.problems.count >= 1)
                }
            }
        }
    }

    @Test func `a catalog that can't be read stops a delivery where it stands`() async throws {
        try await Self.with { place in
            try place.catalog.close()
            let intake = KeptClicks()
            let lines = "{\"headers\":{}}\n{\"url\":\"https://main.test/a\"}\n{\"headers\":{}}\n"
            let report = await place.record(lines.utf8, isLines: true, into: intake)
            #expect(report.accepted == 1)
            #expect(report.stopped?.line == 2)
        }
    }
}
