import ClickModel
import Foundation
import TestKit
import Testing

@testable import EmbeddedLog

@Suite struct WriteAheadFileTests {
    private static func size(of url: URL) throws -> Int {
        try #require(
            FileManager.default.attributesOfItem(atPath: url.path)[.size] as? Int
        )
    }

    /// The files as a crash at this moment leaves them.
    private static func copy(
        of folder: TemporaryFolder,
        _ names: [String]
    ) throws -> TemporaryFolder {
        let copy = try TemporaryFolder()
        for name in names {
            try FileManager.default.copyItem(
                at: folder.url.appending(path: name),
                to: copy.url.appending(path: name)
            )
        }
        return copy
    }

    @Test func `what a crash leaves in front of the zeros is read`() async throws {
        let folder = try TemporaryFolder()
        let log = try folder.openLog()
        defer { log.close() }
        let source = TestSource(for: log)
        for round in 0..<20 { try await source.append([TestEvent("event \(round)")]) }

        // As the files are while the service runs is as a crash leaves them.
        let crashed = try Self.copy(of: folder, ["log.db", "log.db-wal"])
        let wal = crashed.url.appending(path: "log.db-wal")
        #expect(try Self.size(of: wal) == LogStore.writeAheadBytes)
        let again = try crashed.openLog()
        defer { again.close() }
        #expect(again.bounds == Offset(0)..<Offset(20))
        guard case .blocks(let blocks) = try await again.read(from: .zero, workspace: nil) else {
            Issue.record("nothing was read")
            return
        }
        #expect(blocks.flatMap(\.texts) == (0..<20).map { TestEvent("event \($0)").json })
    }

    @Test func `what crashes leave behind is in the file once the log is open again`() async throws
    {
        var folder = try TemporaryFolder()
        for life in 1...4 {
            let log = try folder.openLog()
            defer { log.close() }
            // What earlier lives wrote needs no write-ahead log any more: else it would grow with each crash.
            let settled = try Self.copy(of: folder, ["log.db"]).openLog()
            #expect(settled.bounds.upperBound == Offset(Int64(life - 1) * 50))
            settled.close()
            let source = TestSource(for: log)
            for round in 0..<50 { try await source.append([TestEvent("event \(round)")]) }
            folder = try Self.copy(of: folder, ["log.db", "log.db-wal"])
            let wal = folder.url.appending(path: "log.db-wal")
            #expect(try Self.size(of: wal) == LogStore.writeAheadBytes)
        }
    }

    @Test func `a file that is missing, long or on a full disk is left alone`() throws {
        let folder = try TemporaryFolder()
        let file = folder.url.appending(path: "wal")
        WriteAheadFile.presize(file.path, to: 1 << 20)
        #expect(!FileManager.default.fileExists(atPath: file.path))
        try Data("frames".utf8).write(to: file)
        WriteAheadFile.presize(file.path, to: 3)
        #expect(try Self.size(of: file) == 6)
        WriteAheadFile.presize(file.path, to: 1 << 20)
        #expect(try Data(contentsOf: file) == Data("frames".utf8) + Data(count: (1 << 20) - 6))
        WriteAheadFile.presize(file.path, to: .max / 64)
        #expect(try Self.size(of: file) == 1 << 20)
    }
}
