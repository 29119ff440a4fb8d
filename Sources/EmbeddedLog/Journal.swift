import ClickModel
import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The file that a group of clicks is synced into before it is answered, and streams' steps before they go on; what is
/// in it moves to SQLite behind.
///
/// Two halves, written from front to back in turn. The file has its size, and its bytes are zeros, before it is
/// used: a sync then writes the data and nothing else. A half is written anew once everything in it is in
/// SQLite, so what an older round left there is known by its offsets, which SQLite has, and by its steps' numbers.
///
/// docs/log-format.md describes records. Used by one thread at a time.
final class Journal {
    /// A group of clicks, as one commit wrote it.
    struct Record {
        let first: Offset
        let count: Int
        let arrived: Timestamp
        /// See `BlockCodec`.
        let block: Data
        /// What the group taught the session table.
        let sessions: Data
        /// Records are numbered as they are written: one whose sync failed has a successor at the same offset.
        let number: UInt64
    }

    /// What a crash left.
    struct Leftover {
        /// The groups that SQLite lacks, in order.
        var records: [Record] = []
        /// All steps; SQLite has some of them, or later ones.
        var steps: [StoredStep] = []
    }

    /// What a record holds, by its first four bytes.
    private enum Kind: UInt32 {
        case clicks = 0x314A_5343  // "CSJ1"
        case steps = 0x534A_5343  // "CSJS"
    }

    private static let headerBytes = 56
    /// Where the checksum of all the rest stands.
    private static let checksumAt = 48
    /// The file system must have so many times the size free for zeros: room is for events first.
    private static let freeFactor: UInt64 = 16

    private let file: Int32
    private let path: String
    let halfBytes: Int
    /// Of the SQLite file that this belongs to: another one's records are not taken for its own.
    private let identity: UInt64
    private let clicksHeader = ByteWriter(capacity: Journal.headerBytes)
    private let stepsHeader = ByteWriter(capacity: Journal.headerBytes)
    private var half = 0
    private var position = 0
    private var nextNumber: UInt64 = 1
    /// How many steps were written since the file was opened.
    private var steps = 0
    /// Where the last record of each half ends in the log, and how many steps had been written then.
    private var ends = [(offset: Offset.zero, steps: 0), (offset: Offset.zero, steps: 0)]

    /// Opens the file, or makes it.
    ///
    /// - Parameters:
    ///   - path: Where it is.
    ///   - identity: The log's own number.
    ///   - bytes: Its size, both halves together.
    /// - Throws: `LogError` when it can't be opened.
    init(path: String, identity: UInt64, bytes: Int) throws(LogError) {
        file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            throw .io("\(path) can't be opened: \(SystemError.words(for: errno))")
        }
        self.path = path
        self.identity = identity
        halfBytes = bytes / 2
    }

    deinit { close(file) }

    // MARK: - Writing

    /// Bytes that a group of clicks takes.
    func bytes(block: Int, sessions: Int) -> Int { Self.headerBytes + block + sessions }

    /// Bytes that steps of so many bytes take.
    func bytes(steps: Int) -> Int { steps == 0 ? 0 : Self.headerBytes + steps }

    /// Whether so many bytes fit into a half at all.
    func canHold(_ bytes: Int) -> Bool { bytes <= halfBytes }

    /// Whether so many bytes fit behind the last record.
    func hasRoom(for bytes: Int) -> Bool { position + bytes <= halfBytes }

    /// Up to where SQLite must have the log, and how many of the steps, before the other half can be written anew.
    var neededBeforeTurn: (offset: Offset, steps: Int) { ends[1 - half] }

    /// Goes on at the front of the other half, which must hold nothing any more that SQLite lacks.
    func turn() { (half, position) = (1 - half, 0) }

    /// Writes a group of clicks, steps, or both, and syncs them: when this returns, they are there whatever happens.
    ///
    /// - Parameters:
    ///   - group: What `Record` has.
    ///   - steps: Their bytes, how many they are, and where the log ended when they were made.
    /// - Throws: `LogError` when they aren't; the next record is then written in their place.
    func append(
        _ group: (
            block: ByteView, sessions: ByteView, first: Offset, count: Int, arrived: Timestamp
        )?,
        steps: (bytes: ByteView, count: Int, end: Offset)
    ) throws(LogError) {
        var parts: [ByteView] = []
        if let group {
            fill(
                clicksHeader,
                .clicks,
                group.count,
                group.first,
                group.arrived,
                group.block,
                group.sessions
            )
            parts += [clicksHeader.bytes, group.block, group.sessions]
        }
        if steps.count > 0 {
            let nothing = ByteView(start: nil, count: 0)
            fill(stepsHeader, .steps, steps.count, steps.end, .now, steps.bytes, nothing)
            parts += [stepsHeader.bytes, steps.bytes]
        }
        try write(parts, at: half * halfBytes + position)
        try sync()
        position += parts.reduce(0) { $0 + $1.count }
        self.steps += steps.count
        ends[half].steps = self.steps
        if let group { ends[half].offset = group.first.advanced(by: group.count) }
    }

    private func fill(
        _ header: ByteWriter,
        _ kind: Kind,
        _ count: Int,
        _ first: Offset,
        _ written: Timestamp,
        _ block: ByteView,
        _ sessions: ByteView
    ) {
        header.removeAll()
        header.append(littleEndian: kind.rawValue)
        header.append(littleEndian: UInt32(clamping: count))
        header.append(littleEndian: identity)
        header.append(littleEndian: first.value)
        header.append(littleEndian: written.microseconds)
        header.append(littleEndian: nextNumber)
        header.append(littleEndian: UInt32(clamping: block.count))
        header.append(littleEndian: UInt32(clamping: sessions.count))
        header.append(littleEndian: Self.checksum(kind, header.bytes, block, sessions))
        nextNumber += 1
    }

    /// Whether a record can be written: one of zeros, which is none, in the place of the next one.
    ///
    /// - Throws: `LogError` when it can't.
    func probe() throws(LogError) {
        let zeros = [UInt8](repeating: 0, count: min(4096, halfBytes - position))
        let result = zeros.withUnsafeBufferPointer { zeros in
            Result { () throws(LogError) in
                try write([zeros], at: half * halfBytes + position)
                try sync()
            }
        }
        try result.get()
    }

    private func write(_ parts: [ByteView], at start: Int) throws(LogError) {
        let total = parts.reduce(0) { $0 + $1.count }
        let vectors = parts.map {
            iovec(iov_base: UnsafeMutableRawPointer(mutating: $0.baseAddress), iov_len: $0.count)
        }
        let atOnce = pwritev(file, vectors, Int32(vectors.count), off_t(start))
        // What wasn't written at once is written again piece by piece, which tells why.
        if atOnce != total { try writeInPieces(parts, at: start) }
    }

    private func writeInPieces(_ parts: [ByteView], at start: Int) throws(LogError) {
        var place = start
        for part in parts {
            var rest = UnsafeRawBufferPointer(part)
            while rest.count > 0 {
                let written = pwrite(file, rest.baseAddress, rest.count, off_t(place))
                guard written > 0 else {
                    if written < 0, errno == EINTR { continue }
                    throw failure("written")
                }
                rest = UnsafeRawBufferPointer(rebasing: rest[written...])
                place += written
            }
        }
    }

    private func sync() throws(LogError) {
        #if canImport(Glibc)
            let result = fdatasync(file)
        #else
            let result = fcntl(file, F_FULLFSYNC)
        #endif
        guard result == 0 else { throw failure("synced") }
    }

    private func failure(_ what: String) -> LogError {
        let code = errno
        if code == ENOSPC || code == EDQUOT { return .full }
        return .io("\(path) can't be \(what): \(SystemError.words(for: code))")
    }

    private static func checksum(
        _ kind: Kind,
        _ header: ByteView,
        _ block: ByteView,
        _ sessions: ByteView
    ) -> UInt64 {
        let ofHeader = ByteHash(seed: UInt64(kind.rawValue)).hash(header.view(0, checksumAt))
        let ofBlock = ByteHash(seed: ofHeader).hash(block)
        return ByteHash(seed: ofBlock).hash(sessions)
    }

    // MARK: - Opening

    /// Gives the file its size, in zeros; leaves it to grow where the disk has little room.
    ///
    /// Only behind what it has: after `records`, or nothing of a crash is found.
    func makeRoom() {
        var system = statvfs()
        let size = 2 * halfBytes
        guard fstatvfs(file, &system) == 0,
            UInt64(system.f_bavail) * UInt64(system.f_frsize)
                > UInt64(size).multipliedReportingOverflow(by: Self.freeFactor).partialValue
        else { return }
        var place = Int(lseek(file, 0, SEEK_END))
        let zeros = [UInt8](repeating: 0, count: 1 << 20)
        while place >= 0, place < size {
            let written = zeros.withUnsafeBytes {
                pwrite(file, $0.baseAddress, min($0.count, size - place), off_t(place))
            }
            guard written > 0 else { break }
            place += written
        }
        // Now, not together with the first click.
        fdatasync(file)
    }

    /// What a crash left; called once, before anything is written.
    ///
    /// - Parameter end: Where the log ends in SQLite.
    /// - Returns: The groups that come after that, and steps.
    /// - Throws: `LogError` when the file can't be read, or goes on where SQLite never was.
    func leftover(from end: Offset) throws(LogError) -> Leftover {
        var found: [Offset: Record] = [:]
        var leftover = Leftover()
        var buffer: [UInt8] = []
        var reached = Offset.zero
        for half in 0..<2 {
            let stop = (half + 1) * halfBytes
            var place = half * halfBytes
            while let (kind, size) = try readRecord(at: place, before: stop, into: &buffer) {
                let record = buffer.withUnsafeBufferPointer { Self.record($0) }
                nextNumber = max(nextNumber, record.number &+ 1)
                guard kind == .clicks else {
                    leftover.steps += try steps(of: record, at: place)
                    reached = max(reached, record.first)
                    place += size
                    continue
                }
                place += size
                // What an older round left is in SQLite.
                guard record.first >= end else { continue }
                let known = found[record.first]
                if known.map({ $0.number < record.number }) ?? true { found[record.first] = record }
            }
        }
        var next = end
        while let record = found[next] {
            leftover.records.append(record)
            next = next.advanced(by: record.count)
        }
        if let stray = found.keys.filter({ $0 > next }).min() ?? (reached > next ? reached : nil) {
            throw .io(
                "\(path) goes on at offset \(stray.value), but the log ends at \(next.value): "
                    + "log.db and log.journal are not of the same time, or the journal is damaged. Restore both together; or "
                    + "move log.journal away to go on without the events that only it has"
            )
        }
        return leftover
    }

    private func steps(of record: Record, at place: Int) throws(LogError) -> [StoredStep] {
        let steps = [UInt8](record.block).withUnsafeBufferPointer { StoredStep.steps($0) }
        guard let steps, steps.count == record.count else {
            throw .io("the journal's steps at byte \(place) of \(path) can't be read")
        }
        return steps
    }

    /// Reads the record that begins at a place; what it holds and its size, or nil when none does, or a torn one.
    private func readRecord(
        at place: Int,
        before stop: Int,
        into buffer: inout [UInt8]
    ) throws(LogError) -> (Kind, size: Int)? {
        guard place + Self.headerBytes <= stop,
            try read(Self.headerBytes, at: place, into: &buffer)
        else { return nil }
        let known = buffer.withUnsafeBufferPointer { header -> (Kind, size: Int)? in
            guard let kind = Kind(rawValue: header.number(at: 0)), header.long(at: 8) == identity
            else { return nil }
            return (
                kind, Self.headerBytes + Int(header.number(at: 40)) + Int(header.number(at: 44))
            )
        }
        guard let (kind, size) = known, size <= stop - place,
            try read(size, at: place, into: &buffer)
        else { return nil }
        let isWhole = buffer.withUnsafeBufferPointer { bytes in
            let blockEnd = Self.headerBytes + Int(bytes.number(at: 40))
            let block = bytes.view(Self.headerBytes, blockEnd)
            let sessions = bytes.view(blockEnd, bytes.count)
            let first = Int64(bitPattern: bytes.long(at: 16))
            // An offset that no log reaches is not written: it would overflow what is counted from it.
            return bytes.long(at: Self.checksumAt) == Self.checksum(kind, bytes, block, sessions)
                && first >= 0 && first < .max / 2 && bytes.number(at: 4) > 0
        }
        return isWhole ? (kind, size) : nil
    }

    /// Reads so many bytes; false when the file ends before.
    private func read(
        _ count: Int,
        at place: Int,
        into buffer: inout [UInt8]
    ) throws(LogError) -> Bool {
        buffer.removeAll(keepingCapacity: true)
        buffer.append(contentsOf: repeatElement(0, count: count))
        var filled = 0
        while filled < count {
            let read = buffer.withUnsafeMutableBytes {
                pread(
                    file,
                    $0.baseAddress.map { $0 + filled },
                    count - filled,
                    off_t(place + filled)
                )
            }
            if read < 0, errno == EINTR { continue }
            guard read >= 0 else { throw failure("read") }
            guard read > 0 else { return false }
            filled += read
        }
        return true
    }

    /// What the bytes of a whole record say.
    private static func record(_ bytes: ByteView) -> Record {
        let blockEnd = headerBytes + Int(bytes.number(at: 40))
        return Record(
            first: Offset(Int64(bitPattern: bytes.long(at: 16))),
            count: Int(bytes.number(at: 4)),
            arrived: Timestamp(microseconds: Int64(bitPattern: bytes.long(at: 24))),
            block: Data(bytes.view(headerBytes, blockEnd)),
            sessions: Data(bytes.view(blockEnd, bytes.count)),
            number: bytes.long(at: 32)
        )
    }
}
