import ClickModel
import TestKit
import Testing

@testable import EmbeddedLog

@Suite struct SharedBlocksTests {
    private func block(_ first: Int64, bytes: Int) -> Block {
        let payload = [UInt8](repeating: 0x20, count: bytes).withUnsafeBufferPointer {
            OwnedBytes($0)
        }
        return Block(first: Offset(first), facts: [], payload: payload)
    }

    @Test func `what was not used for longest goes first, and memory is bounded`() {
        let shared = SharedBlocks(limitBytes: 1000)
        for first: Int64 in [1, 2, 3] { shared.put(block(first, bytes: 300)) }
        #expect(shared.block(at: Offset(1))?.first == Offset(1))
        shared.put(block(4, bytes: 300))
        #expect(shared.block(at: Offset(2)) == nil)
        for first: Int64 in [1, 3, 4] { #expect(shared.block(at: Offset(first)) != nil) }
        // One that is larger than all the room is not kept.
        shared.put(block(5, bytes: 5000))
        #expect(shared.block(at: Offset(5)) == nil)
    }

    @Test func `streams that catch up together unpack a block once`() async throws {
        let folder = try TemporaryFolder()
        var settings = LogSettings()
        // Only the newest block is kept for those who follow the end.
        settings.recentBytes = 1
        let log = try folder.openLog(settings)
        defer { log.close() }
        let source = TestSource(for: log)
        for number in 0..<4 {
            try await source.append((0..<50).map { TestEvent("m\(number)-\($0)") })
        }
        guard case .blocks(let first) = try await log.read(from: .zero, workspace: 1),
            case .blocks(let second) = try await log.read(from: .zero, workspace: 1)
        else {
            Issue.record("nothing was read")
            return
        }
        #expect(first.flatMap(\.texts) == second.flatMap(\.texts))
        #expect(first[0] === second[0])
    }
}
