import ClickModel
import Foundation
import Testing

@testable import Enrichment

/// Bytes that mean harm go through every parser: nothing traps, and every event is JSON.
@Suite(.enabled(if: TestTables.areThere, "needs .data/tables: run scripts/setup"))
struct HostileBytesTests {
    private static let scraps = [
        "Mozilla/5.0 (", "Android ", "iPhone", ";", "/", "\"", "\\", "%", "%2e", "http://",
        "https://",
        "[::", "]", "@", "?", "#", "&", "=", "+", ";q=", ",", "xn--", "\u{0}", "é", "🙂", "FBAV/",
        "9.9.9",
        "Version/", "android-app://", "0x", "..", ";v=", "Chromium", "OS X 10_", "Windows NT ", "_",
        " ",
    ]

    private static func hostile(_ random: inout FastRandom) -> [UInt8] {
        let count = Int.random(in: 0...40, using: &random)
        var bytes: [UInt8] = []
        for _ in 0..<count {
            if Bool.random(using: &random) {
                bytes += (scraps.randomElement(using: &random) ?? "").utf8
            } else {
                bytes.append(UInt8.random(in: .min ... .max, using: &random))
            }
        }
        // Now and then something long.
        return Int.random(in: 0..<200, using: &random) == 0
            ? Array(repeating: bytes, count: 500).flatMap { $0 } : bytes
    }

    @Test func `whatever comes in, rules are told what the event says`() throws {
        let seed = UInt64.random(in: .min ... .max)
        print("hostile bytes: seed \(seed)")
        var random = FastRandom(seed: (seed, 5))
        let encoder = try StandardEncoder(tables: TestTables.load())
        let facts = StandardVisitorFacts(tables: try TestTables.load())
        for _ in 0..<1000 {
            var click = TestClick()
            for header in ClickHeader.allCases where Bool.random(using: &random) {
                click.headers[header] = Self.hostile(&random)
            }
            click.address = IPAddress(high: random.next() >> 32, low: random.next())
            let event = EncodedClicks([click], with: encoder).events.first ?? ""
            #expect(try VisitorFactsTests.said(event) == VisitorFactsTests.told(click, facts))
        }
    }

    @Test func `whatever comes in, an event comes out`() throws {
        let seed = UInt64.random(in: .min ... .max)
        print("hostile bytes: seed \(seed)")
        var random = FastRandom(seed: (seed, 3))
        let encoder = try StandardEncoder(tables: TestTables.load())
        for _ in 0..<3000 {
            var click = TestClick(at: Timestamp(microseconds: Int64(bitPattern: random.next())))
            for header in ClickHeader.allCases where Bool.random(using: &random) {
                click.headers[header] = Self.hostile(&random)
            }
            click.address = IPAddress(high: random.next() >> 32, low: random.next())
            let text = { (random: inout FastRandom) in
                String(decoding: Self.hostile(&random), as: UTF8.self)
            }
            if Bool.random(using: &random) { click.query = text(&random) }
            if Bool.random(using: &random) { click.location = "https://x.example/" + text(&random) }
            if Bool.random(using: &random) {
                click.route = Route(
                    id: text(&random),
                    slashtag: text(&random),
                    creatorID: text(&random),
                    workspace: WorkspaceIdentity(number: 1, id: text(&random), name: text(&random)),
                    domain: DomainIdentity(id: text(&random), raw: text(&random)),
                    destination: "http://" + text(&random)
                )
            }
            let encoded = EncodedClicks([click], with: encoder)
            for json in encoded.events + encoded.details {
                let value = try? JSONSerialization.jsonObject(with: Data(json.utf8))
                #expect(value is [String: Any], "seed \(seed): \(json)")
            }
        }
    }
}
