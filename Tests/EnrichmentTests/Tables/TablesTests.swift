import Foundation
import Testing

@testable import Enrichment

struct TablesTests {
    @Test func `a missing table is named, with what to do`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "no-tables-here")
        let refusal = #expect(throws: UnusableTable.self) {
            try Tables(in: folder, geoDatabase: "/no/places", crawlerRanges: "/no/ranges")
        }
        let text = try #require(refusal?.description)
        for name in [
            "user-agents.json", "crawlers.json", "public_suffix_list.dat", "/no/places",
            "geo.database", "/no/ranges", "bots.ranges",
        ] {
            #expect(text.contains(name))
        }
        #expect(text.contains("scripts/setup"))
    }

    @Test(.enabled(if: TestTables.areThere, "needs .data/tables: run scripts/setup"))
    func `a damaged table is named`() throws {
        let source = try #require(TestTables.folder)
        let folder = FileManager.default.temporaryDirectory.appending(path: "damaged-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.copyItem(at: source, to: folder)
        try Data("[{".utf8).write(to: folder.appending(path: "crawlers.json"))
        let refusal = #expect(throws: UnusableTable.self) { try Tables(in: folder) }
        #expect(refusal?.description.contains("crawlers.json") == true)
        #expect(refusal?.description.contains("country.mmdb") == false)
    }
}
