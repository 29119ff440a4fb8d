import ClickModel
import Foundation
import Testing

@testable import Enrichment

struct GeoDatabaseTests {
    @Test(.enabled(if: Fixtures.areThere, "needs CONFORMANCE, a folder with fixtures"))
    func `every row of MaxMind's test databases comes out`() throws {
        let folder = try #require(Fixtures.folder)
        var databases: [String: GeoDatabase] = [:]
        var score = Score()
        for file in try Fixtures.files(in: "geoip") where !file.contains("own-") {
            for row in try Fixtures.rows(file) {
                let name = try #require(row.db)
                let path = folder.appending(path: "geoip/mmdb/\(name)").path
                let database = try databases[name] ?? GeoDatabase(path: path)
                databases[name] = database
                guard let wanted = row.text("country"), let address = IPAddress(row.input) else {
                    continue
                }
                let got = database.place(of: address).country
                score.add(got == wanted, "\(row.id): \(got ?? "null"), not \(wanted ?? "null")")
            }
        }
        try score.report("geoip", "all")
        #expect(score.wrong.isEmpty)
        #expect(score.total > 1000)
    }

    @Test(
        .enabled(if: Fixtures.areThere, "needs CONFORMANCE, a folder with fixtures"),
        .enabled(if: TestTables.areThere, "needs .data/tables: run scripts/setup")
    )
    func `our own database knows well-known addresses`() throws {
        let database = try TestTables.load().geo.current
        for row in try Fixtures.rows("geoip/own-wellknown.jsonl") {
            guard let wanted = row.text("country") else { continue }
            let got = IPAddress(row.input).flatMap { database.place(of: $0).country }
            #expect(got == wanted, "\(row.input)")
        }
    }

    @Test(.enabled(if: Fixtures.areThere, "needs CONFORMANCE, a folder with fixtures"))
    func `cities come with region, coordinates and time zone`() throws {
        let folder = try #require(Fixtures.folder)
        let path = folder.appending(path: "geoip/mmdb/GeoIP2-City-Test.mmdb").path
        let address = try #require(IPAddress("81.2.69.142"))
        let place = try GeoDatabase(path: path).place(of: address)
        #expect(place.city == "London")
        #expect(place.region == "England")
        #expect(place.latitude == 51.5)
        #expect(place.longitude == -0.1)
        #expect(place.timezone == "Europe/London")
    }

    @Test(.enabled(if: Fixtures.areThere, "needs CONFORMANCE, a folder with fixtures"))
    func `damaged databases are refused or survived`() throws {
        let folder = try #require(Fixtures.folder)
        let seed = UInt64.random(in: .min ... .max)
        var random = FastRandom(seed: (seed, 2))
        var (opened, refused) = (0, 0)
        var countries: Set<String> = []
        for part in ["bad-data", "mmdb"] {
            let files = try FileManager.default.contentsOfDirectory(
                at: folder.appending(path: "geoip/\(part)"),
                includingPropertiesForKeys: nil
            )
            for file in files {
                guard let database = try? GeoDatabase(path: file.path) else {
                    refused += 1
                    continue
                }
                opened += 1
                for _ in 0..<2000 {
                    let bits = UInt64.random(in: .min ... .max, using: &random)
                    for address in [
                        IPAddress(v4: UInt32(truncatingIfNeeded: bits)),
                        IPAddress(high: bits, low: bits &* 31), IPAddress(high: 0, low: bits >> 40),
                    ] {
                        if let country = database.place(of: address).country {
                            countries.insert(country)
                        }
                    }
                }
            }
        }
        #expect(refused > 0 && opened > 0)
        for country in countries {
            #expect(country.utf8.count == 2 && country.utf8.allSatisfy { 0x61...0x7A ~= $0 })
        }
        print("damaged and odd databases: \(opened) opened, \(refused) refused, seed \(seed)")
    }

    @Test func `a missing file is refused in words`() {
        let refusal = #expect(throws: UnusableTable.self) {
            try GeoDatabase(path: "/nonexistent/country.mmdb")
        }
        #expect(refusal?.description.isEmpty == false)
    }
}
