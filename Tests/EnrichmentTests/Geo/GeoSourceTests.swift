import ClickModel
import Foundation
import TestKit
import Testing

@testable import Enrichment

@Suite(.enabled(if: GeoFile.python != nil, "needs the set-up's Python: run scripts/setup"))
struct GeoSourceTests {
    private let path = FileManager.default.temporaryDirectory
        .appending(path: "clickstream-\(UUID()).mmdb").path

    private func remove() { try? FileManager.default.removeItem(atPath: path) }

    /// A layout as a vendor documents it.
    struct Layout: CustomTestStringConvertible {
        let vendor: String
        let type: String
        let record: String
        var region: String?
        var city: String?
        var latitude: Double?
        var longitude: Double?
        var timezone: String?

        var testDescription: String { vendor }
    }

    @Test(arguments: [
        Layout(
            vendor: "MaxMind GeoLite2 Country",
            type: "GeoLite2-Country",
            record: #"{"country": {"iso_code": "DE", "names": {"en": "Germany"}}}"#
        ),
        Layout(
            vendor: "MaxMind, an address registered elsewhere",
            type: "GeoIP2-Country",
            record: #"{"registered_country": {"iso_code": "DE"}}"#
        ),
        Layout(
            vendor: "MaxMind GeoIP2 City",
            type: "GeoIP2-City",
            record: #"""
                {"country": {"iso_code": "DE"}, "city": {"names": {"en": "Bonn"}},
                 "subdivisions": [{"iso_code": "NW", "names": {"en": "North Rhine-Westphalia"}}],
                 "location": {"latitude": 50.7333, "longitude": 7.1, "time_zone": "Europe/Berlin"}}
                """#,
            region: "North Rhine-Westphalia",
            city: "Bonn",
            latitude: 50.7,
            longitude: 7.1,
            timezone: "Europe/Berlin"
        ),
        Layout(
            vendor: "DB-IP City Lite",
            type: "DBIP-City-Lite",
            record: #"""
                {"country": {"iso_code": "DE"}, "city": {"names": {"en": "Bonn"}},
                 "subdivisions": [{"names": {"en": "Nordrhein-Westfalen"}}],
                 "location": {"latitude": 50.7333, "longitude": 7.1}}
                """#,
            region: "Nordrhein-Westfalen",
            city: "Bonn",
            latitude: 50.7,
            longitude: 7.1
        ),
        Layout(
            vendor: "IPinfo Lite",
            type: "ipinfo bundle_location_lite.mmdb",
            record: #"{"country": "Germany", "country_code": "DE", "continent": "Europe"}"#
        ),
        Layout(
            vendor: "IPinfo country",
            type: "ipinfo generic_country_free.mmdb",
            record: #"{"country": "DE", "country_name": "Germany"}"#
        ),
        Layout(
            vendor: "IPinfo location",
            type: "ipinfo standard_location.mmdb",
            record: #"""
                {"country": "DE", "city": "Bonn", "region": "North Rhine-Westphalia",
                 "lat": "50.7333", "lng": "7.1", "timezone": "Europe/Berlin"}
                """#,
            region: "North Rhine-Westphalia",
            city: "Bonn",
            latitude: 50.7,
            longitude: 7.1,
            timezone: "Europe/Berlin"
        ),
    ])
    func `databases of every vendor are understood`(layout: Layout) throws {
        defer { remove() }
        try GeoFile.write(path, type: layout.type, #"{"198.51.100.0/24": \#(layout.record)}"#)
        let address = try #require(IPAddress("198.51.100.7"))
        let place = try GeoDatabase(path: path).place(of: address)
        #expect(place.country == "de")
        #expect(place.region == layout.region)
        #expect(place.city == layout.city)
        #expect(place.latitude == layout.latitude)
        #expect(place.longitude == layout.longitude)
        #expect(place.timezone == layout.timezone)
    }

    private func country(_ encoder: StandardEncoder) throws -> String {
        var click = TestClick()
        click.address = IPAddress("198.51.100.7")
        return try EncodedClicks.member(
            "client.location.country",
            of: EncodedClicks([click], with: encoder).events[0]
        )
    }

    @Test(.enabled(if: TestTables.areThere, "needs .data/tables: run scripts/setup"))
    func `a new database counts from the next click on, a damaged one never`() throws {
        defer { remove() }
        let record = { (country: String) in
            #"{"198.51.100.0/24": {"country": {"iso_code": "\#(country)"}}}"#
        }
        try GeoFile.write(path, type: "Country", record("DE"))
        let tables = try Tables(in: #require(TestTables.folder), geoDatabase: path)
        let encoder = try StandardEncoder(tables: tables)
        #expect(try country(encoder) == "de")

        try GeoFile.write(path, type: "Country", record("FR"))
        #expect(try country(encoder) == "de")
        try tables.geo.reload()
        #expect(try country(encoder) == "fr")

        let whole = try Data(contentsOf: URL(filePath: path))
        for length in [0, 1, 100, whole.count / 2, whole.count - 1] {
            // Cut in place, under the feet of who reads it.
            try whole.prefix(length).write(to: URL(filePath: path))
            #expect(throws: UnusableTable.self) { try tables.geo.reload() }
            #expect(try country(encoder) == "fr")
        }
        try FileManager.default.removeItem(atPath: path)
        #expect(throws: UnusableTable.self) { try tables.geo.reload() }
        #expect(try country(encoder) == "fr")
        try GeoFile.write(path, type: "Country", record("BR"))
        try tables.geo.reload()
        #expect(try country(encoder) == "br")
    }

    @Test func `a database of something else is refused in words`() throws {
        defer { remove() }
        try GeoFile.write(
            path,
            type: "GeoLite2-ASN",
            #"{"198.51.100.0/24": {"autonomous_system_number": 64496}}"#
        )
        let refusal = #expect(throws: UnusableTable.self) { try GeoSource(path: path) }
        #expect(refusal?.description.contains("names a country") == true)
    }

    @Test(.enabled(if: Fixtures.areThere, "needs CONFORMANCE, a folder with fixtures"))
    func `damage deep inside is seen when the database is opened`() throws {
        let folder = try #require(Fixtures.folder).appending(path: "geoip")
        for name in [
            "mmdb/MaxMind-DB-test-broken-search-tree-24.mmdb",
            "mmdb/MaxMind-DB-test-broken-pointers-24.mmdb",
            "bad-data/libmaxminddb-corrupt-search-tree.mmdb",
        ] {
            #expect(throws: UnusableTable.self, "\(name)") {
                try GeoDatabase(path: folder.appending(path: name).path)
            }
        }
    }
}
