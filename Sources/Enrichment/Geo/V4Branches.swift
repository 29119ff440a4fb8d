import CMaxMindDB

/// Where the search tree of an MMDB stands after an IPv4 address's first sixteen bits.
///
/// An IPv4 address is some twenty nodes deep, and each of them is somewhere else in memory. From here on only a few
/// are left.
struct V4Branches: Sendable {
    /// What the tree has there: a node's number, or beyond the number of nodes a record of the data.
    private let records: [UInt32]

    /// Goes through the tree's upper part.
    ///
    /// - Throws: `MMDB_...` when a node can't be read.
    init(of database: UnsafePointer<MMDB_s>) throws(Unreadable) {
        let nodes = database.pointee.metadata.node_count
        // In a tree of IPv6 they are behind ninety-six zeros.
        var root: UInt32 = 0
        if database.pointee.metadata.ip_version == 6 {
            for _ in 0..<96 where root < nodes { root = try Self.sides(of: root, database).left }
        }
        var level = [root]
        for _ in 0..<16 {
            var below: [UInt32] = []
            below.reserveCapacity(level.count * 2)
            for record in level {
                // What ends here holds for all that begin like this.
                let sides = record < nodes ? try Self.sides(of: record, database) : (record, record)
                below += [sides.0, sides.1]
            }
            level = below
        }
        records = level
    }

    /// The record of an address; nil where there is none.
    func record(of address: UInt32, in database: UnsafePointer<MMDB_s>) -> MMDB_entry_s? {
        let nodes = database.pointee.metadata.node_count
        var record = records[Int(address >> 16)]
        var bit: UInt32 = 1 << 15
        while record < nodes {
            // Deeper than an address is long: the tree has a circle.
            guard bit > 0, let sides = try? Self.sides(of: record, database) else { return nil }
            record = address & bit == 0 ? sides.left : sides.right
            bit >>= 1
        }
        // The format's: the number of nodes stands for nothing, and sixteen bytes separate tree and data.
        guard record - nodes >= 16 else { return nil }
        return MMDB_entry_s(mmdb: database, offset: record - nodes - 16)
    }

    struct Unreadable: Error {
        let status: Int32
    }

    private static func sides(
        of node: UInt32,
        _ database: UnsafePointer<MMDB_s>
    ) throws(Unreadable) -> (left: UInt32, right: UInt32) {
        var found = MMDB_search_node_s()
        let status = MMDB_read_node(database, node, &found)
        guard status == MMDB_SUCCESS, let left = UInt32(exactly: found.left_record),
            let right = UInt32(exactly: found.right_record)
        else { throw Unreadable(status: status) }
        return (left, right)
    }
}
