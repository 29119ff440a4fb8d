import Catalog
import ClickModel
import Foundation
import HTTPTypes
import HummingbirdTesting
import TestKit
import Testing

struct EventRoutesTests {
    @Test func `pages give a workspace's events once each, in order`() async throws {
        try await withAPI { client, world in
            let mine = try await world.catalog.mainWorkspace().number
            for number in 0..<7 {
                try await world.source.append([
                    TestEvent("m\(number)", workspace: mine), TestEvent("other", workspace: 77),
                ])
            }
            var lines: [String] = []
            var path: String? = "/v1/events?limit=3&format=rebrandly"
            var pages = 0
            while let next = path {
                let page = try await client.call(.get, next)
                #expect(page.status == 200)
                #expect(page.headers[.contentType] == "application/x-ndjson")
                lines += page.text.split(separator: "\n").map(String.init)
                path = page.next
                pages += 1
                try #require(pages < 10)
            }
            #expect(lines == (0..<7).map { TestEvent("m\($0)").json })
            let all = try await client.call(.get, "/v1/events")
            #expect(all.text.split(separator: "\n").count == 7)
            #expect(all.next == nil)
        }
    }

    @Test func `from and to bound the time, the extended format has more`() async throws {
        try await withAPI { client, world in
            let mine = try await world.catalog.mainWorkspace().number
            for second in 1...5 {
                let time = Timestamp(microseconds: Int64(second) * 1_000_000)
                try await world.source.append([TestEvent("s\(second)", workspace: mine, at: time)])
            }
            let page = try await client.call(
                .get,
                "/v1/events?from=1970-01-01T00:00:02Z&to=1970-01-01T01:00:04%2B01:00&format=extended"
            )
            let lines = page.text.split(separator: "\n")
            #expect(lines.count == 2)
            #expect(lines.first?.hasPrefix(#"{"mark":"s2","id":""#) == true)
            #expect(lines.first?.contains(#""offset":1,"details":{"#) == true)
        }
    }

    @Test(arguments: [
        "format=xml", "last=zzz", "last=e00000000000000zz", "from=yesterday", "limit=0",
    ])
    func `a parameter that can't be is 403`(query: String) async throws {
        try await withAPI { client, _ in
            for path in ["/v1/events", "/v1/events/live"] {
                let answer = try await client.call(.get, "\(path)?\(query)")
                #expect(answer.status == 403)
            }
        }
    }

    @Test func `a trimmed log is read on from what is left`() async throws {
        try await withAPI { client, world in
            let mine = try await world.catalog.mainWorkspace().number
            for number in 0..<4 {
                try await world.source.append([TestEvent("m\(number)", workspace: mine)])
            }
            let first = try await client.call(.get, "/v1/events?limit=1")
            try await world.log.trim(before: Offset(3))
            let next = try #require(first.next)
            let second = try await client.call(.get, next)
            #expect(second.text == TestEvent("m3").json + "\n")
        }
    }
}

extension Answer {
    /// The address in the answer's `Link`.
    var next: String? {
        guard let name = HTTPField.Name("link"), let link = headers[name],
            let match = link.wholeMatch(of: /<(.*)>; rel="next"/)
        else { return nil }
        return String(match.1)
    }
}
