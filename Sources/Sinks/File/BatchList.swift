import ClickModel

/// What is in an open file: how far it is whole, and which batches brought it there.
///
/// It is a file beside the open one, with a line for when that was begun and then one for each batch,
/// written after the batch itself is on disk. After a crash it tells where the last whole batch ends,
/// and whether a batch that is sent again is there already.
struct BatchList {
    /// The open file up to and with one batch.
    struct Entry: Hashable {
        /// Length of the file, in bytes.
        var length: Int64
        /// The lowest and the highest number of all its events.
        var sequences: ClosedRange<Int64>
        /// The last batch's id.
        var batch: String
    }

    let begun: Timestamp
    private(set) var last: Entry?
    private let file: OpenFile
    private var length: Int64

    private init(begun: Timestamp, last: Entry?, in file: OpenFile, length: Int64) {
        (self.begun, self.last, self.file, self.length) = (begun, last, file, length)
    }

    /// Begins a list, and takes the place of what is in the file.
    ///
    /// - Throws: `FileProblem`, when it is not on disk.
    init(begun: Timestamp, in file: OpenFile) throws(FileProblem) {
        let line = Array("begun \(begun.microseconds)\n".utf8)
        try file.cut(to: 0)
        try file.write(line, at: 0)
        self.init(begun: begun, last: nil, in: file, length: Int64(line.count))
    }

    /// A batch's id as it stands in a line.
    static func name(of batch: OutgoingBatch) -> String {
        String(batch.id.map { $0.isWhitespace ? "_" : $0 })
    }

    /// Takes away what comes after the last whole line.
    mutating func cut() throws(FileProblem) { try file.cut(to: length) }

    /// Adds a batch.
    ///
    /// - Throws: `FileProblem`, when it is not on disk; the list is then to be read again.
    mutating func add(_ entry: Entry) throws(FileProblem) {
        let line = Array(Self.line(entry).utf8)
        do {
            try file.write(line, at: length)
        } catch {
            // Else a line that may not last would be believed later.
            try? file.cut(to: length)
            throw error
        }
        length += Int64(line.count)
        last = entry
    }

    /// The list in a file as far as it is whole; nil where there is none.
    ///
    /// - Throws: `FileProblem`, when it can't be read.
    static func read(_ file: OpenFile) throws(FileProblem) -> BatchList? {
        var list: BatchList?
        var line: [UInt8] = []
        var offset: Int64 = 0
        while true {
            let bytes = try file.read(64 << 10, at: offset)
            if bytes.isEmpty { return list }
            offset += Int64(bytes.count)
            for byte in bytes {
                guard byte == 0x0A else {
                    line.append(byte)
                    continue
                }
                // What comes after a line that isn't whole was never promised.
                guard take(line, into: &list, file) else { return list }
                line = []
            }
        }
    }

    private static func take(
        _ line: [UInt8],
        into list: inout BatchList?,
        _ file: OpenFile
    ) -> Bool {
        let words = String(decoding: line, as: UTF8.self).split(separator: " ")
        let length = Int64(line.count + 1)
        if list == nil {
            guard words.count == 2, words[0] == "begun", let time = Int64(words[1]) else {
                return false
            }
            let begun = Timestamp(microseconds: time)
            list = BatchList(begun: begun, last: nil, in: file, length: length)
        } else {
            guard let entry = entry(words) else { return false }
            list?.last = entry
            list?.length += length
        }
        return true
    }

    private static func line(_ entry: Entry) -> String {
        let (first, last) = (entry.sequences.lowerBound, entry.sequences.upperBound)
        return "\(entry.length) \(first) \(last) \(entry.batch) .\n"
    }

    private static func entry(_ words: [Substring]) -> Entry? {
        guard words.count == 5, words[4] == ".", let length = Int64(words[0]), length >= 0,
            let first = Int64(words[1]), let last = Int64(words[2]), first <= last
        else { return nil }
        return Entry(length: length, sequences: first...last, batch: String(words[3]))
    }
}
