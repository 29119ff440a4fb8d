import ClickModel
import Foundation
import GRDB

/// A block as it is on the disk, with what its row says of it.
struct StoredBlock: Sendable {
    let offsets: Range<Offset>
    let tally: Tally
    /// See `BlockCodec`.
    let data: Data

    /// How many events of the workspace (nil: of any) the block holds.
    func count(of workspace: WorkspaceNumber?) -> Int64 {
        workspace.map { tally[$0] } ?? offsets.upperBound.value - offsets.lowerBound.value
    }

    /// Bytes of its events before compression, as far as the block is whole.
    var plainBytes: Int { Self.plainBytes(data) }

    /// The same of the beginning of a block's data.
    static func plainBytes(_ data: Data) -> Int {
        data.withUnsafeBytes { BlockCodec.plainBytes($0.bindMemory(to: UInt8.self)) }
    }

    func decode() throws(DamagedBlock) -> Block { try Self.decode(data, offsets) }

    /// Reads a row's data, which must hold the events that its row says.
    static func decode(_ data: Data, _ offsets: Range<Offset>) throws(DamagedBlock) -> Block {
        let result = data.withUnsafeBytes { raw in
            Result { () throws(DamagedBlock) in
                try BlockCodec.decode(raw.bindMemory(to: UInt8.self), first: offsets.lowerBound)
            }
        }
        let block = try result.get()
        guard block.offsets == offsets else { throw DamagedBlock(reason: "its count is wrong") }
        return block
    }
}

extension Range<Offset> {
    /// More events than any block has room for.
    private static var impossible: Int64 { 1 << 24 }

    /// Where the events of a row's block lie.
    ///
    /// One place where the row's count is impossible: the block is damaged, and must neither trap nor hide what lies behind it.
    init(of row: Row) {
        let (first, count) = (row.number("first"), row.number("count"))
        self = Offset(first)..<Offset(first &+ (1..<Self.impossible ~= count ? count : 1))
    }
}

extension Row {
    /// A column's number; 0 where a damaged row has none.
    func number(_ column: String) -> Int64 { optional(column) ?? 0 }

    /// A column's bytes; none where a damaged row has none.
    func data(_ column: String) -> Data { optional(column) ?? Data() }

    /// A column's value; nil where it has none, or a damaged row has another kind.
    func optional<Value: DatabaseValueConvertible>(_ column: String) -> Value? {
        (self[column] as DatabaseValue?).flatMap(Value.fromDatabaseValue)
    }

    /// A column's text, or null.
    ///
    /// - Throws: `LogError.io` when a damaged row has something else.
    func text(_ column: String) throws -> String? {
        let value = self[column] as DatabaseValue?
        guard let value, !value.isNull else { return nil }
        guard let text = String.fromDatabaseValue(value) else {
            throw LogError.io("a row of log.db is damaged: its \(column) is no text")
        }
        return text
    }

    /// A number that a row must have to mean anything, and that is counted on from.
    ///
    /// - Throws: `LogError.io` when a damaged row has none, or one that nothing reaches.
    func count(_ column: String) throws -> Int64 {
        let number: Int64? = optional(column)
        guard let number, 0..<(Int64.max / 4) ~= number else {
            throw LogError.io("a row of log.db is damaged: its \(column) is no count")
        }
        return number
    }
}

extension Block {
    /// Whether an event of the workspace (nil: of any) lies at or after `offset`.
    func hasEvents(of workspace: WorkspaceNumber?, from offset: Offset) -> Bool {
        let skipped = Int(max(0, offset.value - first.value))
        guard skipped < facts.count else { return false }
        guard let workspace else { return true }
        return facts[skipped...].contains { $0.workspace == workspace }
    }
}
