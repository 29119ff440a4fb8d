import Catalog
import ClickModel
import Foundation
import HTTPTypes
import HummingbirdTesting
import TestKit
import Testing

struct EventFilterTests {
    /// One event of each sort; `m` is what none of the filters is about.
    static func events(of workspace: WorkspaceNumber) -> [TestEvent] {
        func event(_ mark: String, _ change: (inout TestEvent) -> Void = { _ in }) -> TestEvent {
            var event = TestEvent(mark, workspace: workspace)
            change(&event)
            return event
        }
        return [
            event("m"),
            event("link") { $0.link = "l1" },
            event("domain") { ($0.link, $0.domain) = ("l2", "d1") },
            event("tag") { $0.tags = ["x", "sum mer"] },
            event("br") { $0.country = "br" },
            event("de") { $0.country = "de" },
            event("bot") { $0.agent = "bot" },
            event("human") { $0.agent = "human" },
            event("social") { $0.origin = ("social", "facebook") },
            event("orphan") { $0.isOrphan = true },
            TestEvent("foreign", workspace: 77, country: "br", link: "l1"),
        ]
    }

    static let cases: [(query: String, marks: [String])] = [
        ("links=l1", ["link"]),
        ("links=l1,l2", ["link", "domain"]),
        ("links=l1&links=l2", ["link", "domain"]),
        ("links=l1%2Cl2", ["link", "domain"]),
        ("links=none", []),
        ("domains=d1", ["domain"]),
        ("tags=sum%20mer", ["tag"]),
        ("countries=br", ["br"]),
        ("countries=BR,%20de,", ["br", "de"]),
        ("types=bot", ["bot"]),
        ("types=human,bot", ["bot", "human"]),
        ("origins=social", ["social"]),
        ("origins=facebook", ["social"]),
        ("origins=facebook&countries=br", []),
        ("links=l2&domains=d1", ["domain"]),
        ("countries=&links=l1", ["link"]),
        ("countries=,&links=l1", ["link"]),
    ]

    @Test(arguments: cases)
    func `a page holds what the filter lets through`(query: String, marks: [String]) async throws {
        try await withAPI { client, world in
            let mine = try await world.catalog.mainWorkspace().number
            try await world.source.append(Self.events(of: mine))
            let page = try await client.call(.get, "/v1/events?\(query)")
            #expect(page.status == 200)
            #expect(Self.marks(page.text) == marks)
        }
    }

    @Test func `orphans come to who asks for them`() async throws {
        try await withAPI { client, world in
            let mine = try await world.catalog.mainWorkspace().number
            try await world.source.append(Self.events(of: mine))
            for (query, hasOrphan) in [
                ("", false), ("orphans=", false), ("orphans=false", false), ("orphans=true", true),
            ] {
                let page = try await client.call(.get, "/v1/events?\(query)")
                #expect(Self.marks(page.text).contains("orphan") == hasOrphan)
                #expect(Self.marks(page.text).count == (hasOrphan ? 10 : 9))
            }
        }
    }

    @Test func `pages with a filter reach every event once, however few a page holds`() async throws
    {
        try await withAPI { client, world in
            let mine = try await world.catalog.mainWorkspace().number
            for number in 0..<300 {
                try await world.source.append([
                    TestEvent("\(number)", workspace: mine, country: number % 7 == 0 ? "br" : "de"),
                    TestEvent("\(number)", workspace: 77, country: "br"),
                ])
            }
            var marks: [String] = []
            var path: String? = "/v1/events?limit=4&countries=br,fr&format=extended&tags="
            var pages = 0
            while let next = path {
                let page = try await client.call(.get, next)
                #expect(page.status == 200)
                marks += Self.marks(page.text)
                if let next = page.next {
                    #expect(next.contains("countries=br,fr&") && next.contains("format=extended"))
                }
                path = page.next
                pages += 1
                try #require(pages < 100)
            }
            #expect(marks == stride(from: 0, to: 300, by: 7).map(String.init))
        }
    }

    @Test(arguments: [
        ("countries=bra", "countries:InvalidFormat"),
        ("countries=b1,de", "countries:InvalidFormat"),
        ("types=robot", "types:InvalidFormat"),
        ("orphans=yes", "orphans:InvalidFormat"),
        ("orphans=1", "orphans:InvalidFormat"),
        ("link=l1", "link:InvalidFormat"),
        ("filter=x", "filter:InvalidFormat"),
        ("Countries=br", "Countries:InvalidFormat"),
        ("countries", "-"),
        ("nonsense", "nonsense:InvalidFormat"),
        ("links=" + String(repeating: "a,", count: 1001), "links:InvalidFormat"),
    ])
    func `what can't be a filter is refused by name`(query: String, problem: String) async throws {
        try await withAPI { client, _ in
            let isFine = problem == "-"
            for path in ["/v1/events"] + (isFine ? [] : ["/v1/events/live"]) {
                let answer = try await client.call(.get, "\(path)?\(query)")
                #expect(answer.status == (isFine ? 200 : 403))
                #expect(answer.problems == (isFine ? [] : [problem]))
            }
        }
    }

    @Test func `pages have parameters that a live stream hasn't`() async throws {
        try await withAPI { client, _ in
            let answer = try await client.call(
                .get,
                "/v1/events/live?limit=5&to=2019-01-01T00:00:00Z"
            )
            #expect(answer.problems == ["limit:InvalidFormat", "to:InvalidFormat"])
        }
    }

    @Test func `a stream's own filter and format are read by its id`() async throws {
        try await withAPI { client, world in
            let mine = try await world.catalog.mainWorkspace().number
            try await world.source.append(Self.events(of: mine))
            let made = try await client.call(
                .post,
                "/v1/streams",
                """
                {"endpoint":"https://example.com/","method":"POST",
                 "authentication":{"header":"X","value":"y"},"format":"extended",
                 "filter":{"countries":["br","de"],"orphans":true}}
                """
            )
            let id = try #require(made.string("id"))
            let page = try await client.call(.get, "/v1/events?stream=\(id)")
            #expect(Self.marks(page.text) == ["br", "de"])
            #expect(page.text.contains(#""details":"#))
            // Parameters narrow it down and choose another form.
            let part = try await client.call(
                .get,
                "/v1/events?stream=\(id)&countries=de,fr&format=rebrandly"
            )
            #expect(part.text == #"{"mark":"de","country":"de"}"# + "\n")
            let beyond = try await client.call(.get, "/v1/events?stream=\(id)&countries=fr")
            #expect(beyond.status == 200 && beyond.text.isEmpty)

            let other = try await client.call(.post, "/v1/workspaces", #"{"name":"Other"}"#)
            let foreign = try await client.call(
                .get,
                "/v1/events?stream=\(id)",
                workspace: other.string("id")
            )
            #expect(foreign.status == 404)
            #expect(try await client.call(.get, "/v1/events/live?stream=none").status == 404)
        }
    }

    @Test func `a stream that asks for orphans shows them`() async throws {
        try await withAPI { client, world in
            let mine = try await world.catalog.mainWorkspace().number
            try await world.source.append(Self.events(of: mine))
            let made = try await client.call(
                .post,
                "/v1/streams",
                """
                {"endpoint":"https://example.com/","method":"POST",
                 "authentication":{"header":"X","value":"y"},"filter":{"orphans":true}}
                """
            )
            let id = try #require(made.string("id"))
            for (query, count) in [("", 10), ("&orphans=true", 10), ("&orphans=false", 9)] {
                let page = try await client.call(.get, "/v1/events?stream=\(id)\(query)")
                #expect(Self.marks(page.text).count == count, "\(query)")
            }
        }
    }

    @Test func `CloudEvents come one a line`() async throws {
        try await withAPI { client, world in
            let mine = try await world.catalog.mainWorkspace().number
            try await world.source.append([
                TestEvent("a", workspace: mine), TestEvent("b", workspace: mine),
            ])
            let page = try await client.call(.get, "/v1/events?format=cloudevents")
            let lines = page.text.split(separator: "\n")
            #expect(lines.count == 2)
            for line in lines {
                let event = try JSONSerialization.jsonObject(with: Data(line.utf8))
                #expect((event as? [String: Any])?["specversion"] as? String == "1.0")
            }
        }
    }

    @Test(.timeLimit(.minutes(5)), arguments: cases.filter { !$0.marks.isEmpty })
    func `a live stream sends what the filter lets through`(query: String, marks: [String])
        async throws
    {
        try await withAPI(.live) { client, world in
            let mine = try await world.catalog.mainWorkspace().number
            let listener = LiveListener()
            defer { listener.close() }
            try listener.connect(port: try #require(client.port), query: "?\(query)")
            try await listener.wait(for: ": live\n\n")
            try await world.source.append(Self.events(of: mine))
            let last = try #require(marks.last)
            try await listener.wait(for: "\"mark\":\"\(last)\"")
            let data = listener.text.split(separator: "\n").filter { $0.hasPrefix("data: ") }
            #expect(Self.marks(data.map { $0.dropFirst(6) }.joined(separator: "\n")) == marks)
        }
    }

    private static func marks(_ text: String) -> [String] {
        text.split(separator: "\n").map { line in
            line.firstMatch(of: /"mark":"([^"]*)"/).map { String($0.1) } ?? "?"
        }
    }
}
