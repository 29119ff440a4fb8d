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
        @Test func `what only the start needed is let go of, and comes back when it is read`()
            throws
        {
            // The program's own file, mapped once more: nobody else touches that.
            let file = open("/proc/self/exe", O_RDONLY)
            try #require(file >= 0)
            defer { close(file) }
            let bytes = 4 << 20
            let start = try #require(
                mmap(nil, bytes, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0)
            )
            try #require(start != MAP_FAILED)
            defer { munmap(start, bytes) }
            let sum = {
                stride(from: 0, to: bytes, by: 4096).reduce(0) {
                    $0 + Int(start.load(fromByteOffset: $1, as: UInt8.self))
                }
            }
            let before = sum()
            #expect(try resident(at: start) == bytes / 1024)
            MemorySettings.letGoOfStart()
            #expect(try resident(at: start) == 0)
            #expect(sum() == before)
        }

        /// Kilobytes of the mapping that begins there.
        private func resident(at start: UnsafeMutableRawPointer) throws -> Int {
            let file = try #require(FileHandle(forReadingAtPath: "/proc/self/smaps"))
            let text = String(decoding: try #require(try file.readToEnd()), as: UTF8.self)
            let begin = String(UInt(bitPattern: start), radix: 16) + "-"
            let mapping = text.split(separator: "\n").drop { !$0.hasPrefix(begin) }
            let line = try #require(mapping.first { $0.hasPrefix("Rss:") })
            return try #require(line.split(separator: " ").compactMap { Int($0) }.first)
        }
    #endif
}
