import ClickModel
import Foundation
import Testing

@testable import EmbeddedLog

@Suite struct RecentBlocksTests {
    private static let workspace: WorkspaceNumber = 7
    private let codec = BlockCodec()

    /// A block of one event of so many bytes, and the same as it is stored.
    private func block(_ first: Int64, bytes: Int) throws -> (StoredBlock, Block) {
        let group = EventGroup()
        for index in 0..<bytes {
            group.payload.append(UInt8(truncatingIfNeeded: index &* 31 &+ Int(first)))
        }
        group.add(
            EventFacts(
                id: ClickID(high: UInt64(first), low: 1),
                timestamp: .now,
                workspace: Self.workspace,
                eventLength: bytes,
                detailsLength: 0
            )
        )
        let offsets = Offset(first)..<Offset(first + 1)
        let stored = StoredBlock(
            offsets: offsets,
            tally: Tally(group.facts),
            data: Data(try codec.encode(group))
        )
        return (stored, try stored.decode())
    }

    @Test func `whether they are followed shows in who reads them`() throws {
        let recent = RecentBlocks(limitBytes: 1 << 20)
        #expect(!recent.isFollowed)
        recent.append(try block(0, bytes: 10).0, storedEnd: Offset(0))
        #expect(!recent.isFollowed)
        _ = recent.read(from: Offset(0), workspace: nil, limitBytes: 1)
        #expect(recent.isFollowed)
        for first in 1...Int64(300) {
            recent.append(try block(first, bytes: 10).0, storedEnd: Offset(0))
        }
        #expect(!recent.isFollowed)
    }

    @Test func `those that came last are kept unpacked, within two megabytes`() throws {
        let recent = RecentBlocks(limitBytes: 64 << 20)
        let bytes = 100_000
        for first in 0..<Int64(60) {
            let (stored, unpacked) = try block(first, bytes: bytes)
            recent.append(stored, storedEnd: Offset(0))
            recent.keep(unpacked)
        }
        let read = try #require(
            recent.read(from: Offset(0), workspace: Self.workspace, limitBytes: .max)
        )
        #expect(read.blocks.count == 60)
        let kept = read.blocks.compactMap(\.unpacked)
        #expect(kept.map(\.first.value) == Array((60 - Int64(kept.count))..<60))
        #expect((1...(2 << 20) / bytes).contains(kept.count))
        #expect(kept.count > 15)
        for block in kept {
            let first = block.withEvent(at: 0) { $0.event.first }
            #expect(first == UInt8(truncatingIfNeeded: block.first.value))
        }
    }

    @Test func `a block that nobody has any more is not kept unpacked`() throws {
        let recent = RecentBlocks(limitBytes: 1)
        let (old, unpacked) = try block(0, bytes: 1000)
        recent.append(old, storedEnd: Offset(1))
        recent.keep(unpacked)
        recent.append(try block(1, bytes: 1000).0, storedEnd: Offset(2))
        #expect(recent.read(from: Offset(0), workspace: nil, limitBytes: 1) == nil)
        recent.keep(unpacked)
        let read = try #require(recent.read(from: Offset(1), workspace: nil, limitBytes: .max))
        #expect(read.blocks.map(\.stored.offsets.lowerBound) == [Offset(1)])
        #expect(read.blocks[0].unpacked == nil)
    }

    @Test func `a block larger than all of the room is kept alone`() throws {
        let recent = RecentBlocks(limitBytes: 64 << 20)
        for first in 0..<Int64(3) {
            let (stored, unpacked) = try block(first, bytes: 3 << 20)
            recent.append(stored, storedEnd: Offset(0))
            recent.keep(unpacked)
        }
        let read = try #require(recent.read(from: Offset(0), workspace: nil, limitBytes: .max))
        #expect(read.blocks.map { $0.unpacked != nil } == [false, false, true])
    }
}
