import ClickModel

/// The stored form of what a group taught the session table.
///
/// 24 bytes a touch, little-endian: the visitor's hash, the session's start, its last click.
enum SessionJournal {
    private static let entryBytes = 24

    static func write(_ session: SessionTable.Session, to writer: ByteWriter) {
        _ = writer.appendRoom(entryBytes) { room in
            room.storeBytes(of: session.visitor.littleEndian, as: UInt64.self)
            room.storeBytes(of: session.started.littleEndian, toByteOffset: 8, as: Int64.self)
            room.storeBytes(of: session.last.littleEndian, toByteOffset: 16, as: Int64.self)
            return entryBytes
        }
    }

    /// Calls `body` with every whole entry.
    static func read(_ bytes: ByteView, _ body: (SessionTable.Session) -> Void) {
        let raw = UnsafeRawBufferPointer(bytes)
        for start in stride(from: 0, through: raw.count - entryBytes, by: entryBytes) {
            let number = { (offset: Int) in
                UInt64(
                    littleEndian: raw.loadUnaligned(
                        fromByteOffset: start + offset,
                        as: UInt64.self
                    )
                )
            }
            body(
                SessionTable.Session(
                    visitor: number(0),
                    started: Int64(bitPattern: number(8)),
                    last: Int64(bitPattern: number(16))
                )
            )
        }
    }
}
