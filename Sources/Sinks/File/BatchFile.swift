import ClickModel

/// The open file of one stream.
///
/// After a problem it is to be thrown away and opened again: what is on disk then counts.
struct BatchFile {
    private let folder: Folder
    private let names: FileNames
    private let isCompressed: Bool
    private let file: OpenFile
    private var list: BatchList

    /// When it was begun.
    var begun: Timestamp { list.begun }
    /// In bytes.
    var length: Int64 { list.last?.length ?? 0 }
    /// Whether a batch is the one that was added last.
    func endsWith(_ batch: OutgoingBatch) -> Bool {
        list.last?.batch == BatchList.name(of: batch)
    }

    /// Opens the stream's file, as whole as it was before a crash, or begins one.
    init(
        in folder: Folder,
        _ names: FileNames,
        isCompressed: Bool,
        now: Timestamp
    ) throws(FileProblem) {
        (self.folder, self.names, self.isCompressed) = (folder, names, isCompressed)
        var file = try folder.open(names.open)
        try file.lock()
        let listFile = try folder.open(names.list)
        let size = try file.size()
        let known = try BatchList.read(listFile)
        let length = known?.last?.length ?? 0
        if size > 0, known == nil || size < length {
            // Somebody took the list away, or a part of the file: nothing of it is thrown away.
            try folder.rename(names.open, to: names.setAside(at: now))
            file = try folder.open(names.open)
            try file.lock()
        } else if size > 0, var known, let last = known.last {
            let finished = names.finished(
                begun: known.begun,
                sequences: last.sequences,
                isCompressed: true
            )
            guard folder.exists(finished) else {
                if size > length { try file.cut(to: length) }
                try known.cut()
                (self.file, list) = (file, known)
                return
            }
            // It was compressed already, and only not yet removed.
        }
        try file.cut(to: 0)
        list = try BatchList(begun: now, in: listFile)
        self.file = file
        try folder.sync()
    }

    /// Adds a batch: when this returns it is on disk.
    mutating func add(_ batch: OutgoingBatch, _ own: ClosedRange<Int64>) throws(FileProblem) {
        let start = length
        do {
            try file.write(batch.body, at: start)
            let all = list.last?.sequences ?? own
            try list.add(
                BatchList.Entry(
                    length: start + Int64(batch.body.count),
                    sequences: min(
                        all.lowerBound,
                        own.lowerBound
                    )...max(all.upperBound, own.upperBound),
                    batch: BatchList.name(of: batch)
                )
            )
        } catch {
            // At once, for those who read along; opening again does it where this fails.
            try? file.cut(to: start)
            throw error
        }
    }

    /// Gives the file its last name, compressed if that is wanted; an empty one goes away.
    consuming func finish() throws(FileProblem) {
        guard let last = list.last else {
            try folder.remove(names.open)
            try folder.remove(names.list)
            return
        }
        let name = names.finished(
            begun: begun,
            sequences: last.sequences,
            isCompressed: isCompressed
        )
        if isCompressed {
            try compress(length: last.length)
            try folder.rename(names.part, to: name)
            try folder.remove(names.open)
        } else {
            try folder.rename(names.open, to: name)
        }
        try folder.remove(names.list)
        try folder.sync()
    }

    private func compress(length: Int64) throws(FileProblem) {
        do throws(FileProblem) {
            let part = try folder.open(names.part)
            try part.cut(to: 0)
            let gzip = try FileProblem.ofMemory { () throws(Gzip.Failure) in try Gzip() }
            var (read, written): (Int64, Int64) = (0, 0)
            var isLast = false
            while !isLast {
                let bytes = try file.read(1 << 20, at: read)
                read += Int64(bytes.count)
                isLast = read >= length || bytes.isEmpty
                var piece: [UInt8] = []
                try FileProblem.ofMemory { () throws(Gzip.Failure) in
                    try gzip.add(bytes, isLast: isLast) { piece += $0 }
                }
                try part.write(piece, at: written)
                written += Int64(piece.count)
            }
        } catch {
            // On a full disk its place is needed.
            try? folder.remove(names.part)
            throw error
        }
    }
}
