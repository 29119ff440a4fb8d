import CMaxMindDB
import Foundation
import TestKit
import Testing

@testable import Enrichment

@Suite struct V4BranchesTests {
    @Test(.enabled(if: TestTables.areThere, "needs .data/tables: run scripts/setup"))
    func `every part of the address space leads where the library finds it`() throws {
        let tables = try #require(TestTables.folder)
        let found = try compare(
            tables.appending(path: "country.mmdb").path,
            addresses: spread(by: 21_001)
        )
        #expect(found > 100_000)
    }

    @Test(
        .enabled(if: Fixtures.areThere, "needs CONFORMANCE, a folder with fixtures"),
        arguments: [
            "test-ipv4-24", "test-ipv4-28", "test-ipv4-32", "test-mixed-24", "test-mixed-28",
            "test-mixed-32", "test-ipv6-24", "test-ipv6-32", "no-ipv4-search-tree",
        ]
    )
    func `trees of every shape do`(name: String) throws {
        let file = try #require(Fixtures.folder)
            .appending(path: "geoip/mmdb/MaxMind-DB-\(name).mmdb")
        let found = try compare(
            file.path,
            addresses: Array(0x0101_0100...0x0101_0140) + spread(by: 1_000_003)
        )
        #expect(found > 0 || name.contains("ipv6"))
    }

    private func spread(by step: Int) -> [UInt32] {
        stride(from: 0, through: Int(UInt32.max), by: step).map { UInt32($0) }
    }

    /// How many of the addresses have a record.
    private func compare(_ path: String, addresses: [UInt32]) throws -> Int {
        var database = MMDB_s()
        try #require(MMDB_open(path, UInt32(MMDB_MODE_MMAP), &database) == MMDB_SUCCESS)
        defer { MMDB_close(&database) }
        let branches = try V4Branches(of: &database)
        var found = 0
        for address in addresses {
            var error: Int32 = 0
            var socket = sockaddr_in()
            socket.sin_family = sa_family_t(AF_INET)
            socket.sin_addr.s_addr = address.bigEndian
            let expected = withUnsafePointer(to: &socket) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    MMDB_lookup_sockaddr(&database, $0, &error)
                }
            }
            let entry = branches.record(of: address, in: &database)
            try #require(
                entry?.offset == (expected.found_entry ? expected.entry.offset : nil),
                "\(String(address, radix: 16))"
            )
            found += entry == nil ? 0 : 1
        }
        return found
    }
}
