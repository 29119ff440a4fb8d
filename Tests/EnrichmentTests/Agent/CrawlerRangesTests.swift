import ClickModel
import Foundation
import Testing

@testable import Enrichment

struct CrawlerRangesTests {
    private let folder = FileManager.default.temporaryDirectory.appending(
        path: "clickstream-\(UUID())"
    )

    private func write(_ files: [String: String]) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (name, text) in files {
            try Data(text.utf8).write(to: folder.appending(path: name))
        }
    }

    private func remove() { try? FileManager.default.removeItem(at: folder) }

    @Test func `an address is the crawler's whose range it is in`() throws {
        defer { remove() }
        try write([
            "bingbot.json": #"{"prefixes":[{"ipv4Prefix":"192.0.2.0/28"},{"x":"40.77.1.1"}]}"#,
            "googlebot.json": #"""
            {"creationTime":"2026-11-01T00:00:00.0","prefixes":[
             {"ipv6Prefix":"2001:db8:4801::/48"},{"ipv4Prefix":"198.51.100.64/27"}]}
            """#,
            "wide.txt": "192.0.2.0/24",
            "own.txt": "# ours\n203.0.113.9\n  203.0.113.128/25 # more\n\n",
            "README.md": "no ranges",
        ])
        let ranges = try CrawlerRanges(in: folder.path)
        let cases: [(String, Int)] = [
            ("192.0.2.0", 4), ("192.0.2.15", 4), ("192.0.2.16", 4), ("192.0.3.0", 0),
            ("191.255.255.255", 0),
            ("198.51.100.63", 0), ("198.51.100.64", 2), ("198.51.100.95", 2), ("198.51.100.96", 0),
            ("2001:db8:4801::1", 2), ("2001:db8:4802::1", 0), ("203.0.113.9", 3),
            ("203.0.113.10", 0), ("203.0.113.255", 3), ("40.77.1.1", 0), ("0.0.0.0", 0),
            ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 0),
        ]
        for (text, crawler) in cases {
            let address = try #require(IPAddress(text))
            #expect(ranges.crawler(at: address) == crawler, "\(text)")
        }
    }

    @Test(arguments: [
        ("a.txt", "192.0.2.0/24\nnonsense\n", "line 2: nonsense"), ("a.json", "{", "is no JSON"),
        ("a.json", #"{"prefixes":[]}"#, "names no address range"), ("a.txt", "# none", "names no"),
        ("a.csv", "192.0.2.0/24", "no file"),
    ])
    func `a file that can't be used is told with its place`(
        name: String,
        text: String,
        words: String
    ) throws {
        defer { remove() }
        try write([name: text])
        let error = #expect(throws: UnusableTable.self) {
            try CrawlerRanges(in: folder.path)
        }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }

    @Test(.enabled(if: TestTables.areThere, "needs .data/tables: run scripts/setup"))
    func `crawlers are verified by their addresses`() throws {
        defer { remove() }
        try write([
            "googlebot.txt": "198.51.100.0/24", "apple.txt": "203.0.113.0/28",
            "bing.txt": "203.0.113.16/28",
        ])
        let tables = try Tables(in: #require(TestTables.folder), crawlerRanges: folder.path)
        let encoder = try StandardEncoder(tables: tables)
        let bot = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
        let person = """
            Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
            Chrome/131.0.0.0 Safari/537.36
            """
        let cases: [(agent: String, address: String, type: String, reason: String)] = [
            (bot, "198.51.100.7", "bot", "verified"), (bot, "192.0.2.1", "bot", "unverified"),
            ("\(person) BingSapphire/29.5", "192.0.2.1", "human", "null"),
            ("\(person) Bing/2.0", "192.0.2.1", "bot", "unverified"),
            ("\(person) (compatible; bing; crawler)", "203.0.113.17", "bot", "verified"),
            (person, "198.51.100.7", "bot", "address"), (person, "192.0.2.1", "human", "null"),
            ("curl/8.5.0", "192.0.2.1", "bot", "user-agent"),
        ]
        // Twice: found in the cache, each is what it was.
        for (agent, address, type, reason) in cases + cases {
            var click = TestClick()
            click.set(.userAgent, agent)
            click.address = IPAddress(address)
            let encoded = EncodedClicks([click], with: encoder)
            let got = try EncodedClicks.member("client.agent.type", of: encoded.events[0])
            #expect(got == type, "\(agent) from \(address)")
            let why = try EncodedClicks.member("agent.reason", of: encoded.details[0])
            #expect(why == reason, "\(agent) from \(address)")
        }
    }
}
