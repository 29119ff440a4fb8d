import Foundation
import Testing

@testable import Server

@Suite struct MemorySettingsTests {
    @Test func `code of files is found, and nothing that may have been written to`() {
        let maps = """
            5570ca000000-5570ca6f2000 r--p 00000000 fe:00 1234                       /opt/clickstream
            5570ca6f2000-5570cc1b0000 r-xp 006f2000 fe:00 1234                       /opt/clickstream
            5570cc1b1000-5570cc27f000 rw-p 020b1000 fe:00 1234                       /opt/clickstream
            7f3992200000-7f3992201000 rwxp 00000000 fe:00 99                         /opt/written code
            7f3992300000-7f3992301000 r-xp 00000000 fe:00 99                         /opt/a b/lib.so (deleted)
            7ffd1b5f6000-7ffd1b5f8000 r-xp 00000000 00:00 0                          [vdso]
            7f3992400000-7f3992401000 r-xp 00000000 00:00 0
            nonsense
            """
        #expect(
            MemorySettings.codeOfFiles(in: maps) == [
                0x5570_ca6f_2000..<0x5570_cc1b_0000, 0x7f39_9230_0000..<0x7f39_9230_1000,
            ]
        )
    }

    #if os(Linux)
        @Test func `what only the start needed is let go of, and the rest comes back`() throws {
            let before = try residentOfFiles()
            MemorySettings.letGoOfStart()
            let after = try residentOfFiles()
            #expect(after < before * 3 / 4, "\(before) KB before, \(after) KB after")
        }

        private func residentOfFiles() throws -> Int {
            let status = try #require(FileHandle(forReadingAtPath: "/proc/self/status"))
            let text = String(decoding: try #require(try status.readToEnd()), as: UTF8.self)
            let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("RssFile:") })
            return try #require(line.split(separator: " ").compactMap { Int($0) }.first)
        }
    #endif
}
