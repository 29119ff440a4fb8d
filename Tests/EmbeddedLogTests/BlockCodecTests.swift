import ClickModel
import Foundation
import TestKit
import Testing

@testable import EmbeddedLog

@Suite struct BlockCodecTests {
    /// The same two events as versions before had them: with zstd's checksum instead of ours.
    static let earlier = """
        Q1NCMgIAAAB9AAAAAAAAACi1L/0ESJUCAELEDx2wJ60BSHKUpoLrELjvfa1RRp85hrWCoSKMDGzvFE/QAh258j+NQ2MMCUXhPw6ifXDYKaUawS126ZYDEFLgVgYAwAjIbpfqBRTJmYESZQmk8KPG
        """

    /// Two events as docs/log-format.md describes their block, made by the `zstd` command.
    static let golden = """
        Q1NCMgIAAAB9AAAALwc2pii1L/0ASJUCAELEDx2wJ60BSHKUpoLrELjvfa1RRp85hrWCoSKMDGzvFE/QAh258j+NQ2MMCUXhPw6ifXDYKaUawS126ZYDEFLgVgYAwAjIbpfqBRTJmYESZQk=
        """

    private static func decode(_ bytes: [UInt8]) throws(DamagedBlock) -> Block {
        let result = bytes.withUnsafeBufferPointer { view in
            Result { () throws(DamagedBlock) in try BlockCodec.decode(view, first: Offset(7)) }
        }
        return try result.get()
    }

    @Test(arguments: [golden, earlier])
    func `a block stored as the format's page says is read`(_ text: String) throws {
        let stored = try #require(Data(base64Encoded: text))
        let block = try Self.decode(Array(stored))
        #expect(block.offsets == Offset(7)..<Offset(9))
        #expect(block.texts == ["a", "b"].map { TestEvent($0).json })
        #expect(block.withEvent(at: 1) { $0.details.text } == #"{"of":"bb"}"#)
        #expect(block.facts[0].id.high == 0x019A_B300_0000_7001)
        #expect(block.facts[1].id.low == 0x8000_0000_0000_0007)
        #expect(block.facts[1].timestamp.microseconds == 1_562_076_426_981_095)
        #expect(block.facts.map(\.workspace) == [1, 2])
    }

    @Test func `what is stored is read back, and the group is as it was`() throws {
        let group = EventGroup()
        let events = (0..<600).map {
            TestEvent("event \($0)", workspace: Int64($0 % 3), isOrphan: $0 % 5 == 0)
        }
        for event in events { event.encode(into: group) }
        #expect(group.facts.contains { $0.isOrphan })
        let payload = Array(group.payload.bytes)
        let codec = BlockCodec()
        let stored = Array(try codec.encode(group))
        withExtendedLifetime(codec) {}
        #expect(Array(group.payload.bytes) == payload)
        #expect(stored.prefix(4) == Array("CSB2".utf8)[...])
        let block = try Self.decode(stored)
        #expect(block.facts == group.facts)
        #expect(block.texts == events.map(\.json))
    }

    @Test(arguments: [false, true])
    func `no damage traps, and none is taken for a block`(isEarlier: Bool) throws {
        let text = isEarlier ? Self.earlier : Self.golden
        let stored = Array(try #require(Data(base64Encoded: text)))
        for length in 0..<stored.count {
            #expect(throws: DamagedBlock.self) { try Self.decode(Array(stored.prefix(length))) }
        }
        let whole = try Self.decode(stored)
        for index in stored.indices {
            for bit in 0..<8 {
                var damaged = stored
                damaged[index] ^= 1 << bit
                guard let block = try? Self.decode(damaged) else { continue }
                // Some bits say nothing of the content, such as the size of zstd's window.
                #expect(block.facts == whole.facts && block.texts == whole.texts)
                #expect(isEarlier && index >= 12)
            }
        }
    }
}
