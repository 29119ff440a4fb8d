import ClickModel
import Foundation
import NIOCore
import Server

/// Where an export goes, and what is told of it meanwhile.
struct ExportOutput {
    private static let beats = Duration.seconds(10)
    private static let beatsOnTerminal = Duration.milliseconds(200)

    /// Nil until there is something to write: an export that doesn't begin leaves the file as it was.
    private var file: FileHandle?
    private let isContinued: Bool
    /// The file's length behind the last whole page; nil when it has none, as a pipe.
    private var whole: off_t?
    private let path: String?
    /// Whether a line on the terminal is written over and over.
    private let isTerminal: Bool
    private var events = 0
    private var told = ContinuousClock.now
    /// Behind what is written.
    private(set) var cursor: String?

    init(_ path: String?, isContinued: Bool) {
        self.path = path
        self.isContinued = isContinued
        isTerminal = isatty(STDERR_FILENO) == 1 && (path != nil || !Printing.isTerminal)
        // A pipe whose reader went away is an error of the write.
        signal(SIGPIPE, SIG_IGN)
    }

    private mutating func open() throws -> FileHandle {
        if let file { return file }
        guard let path else {
            file = .standardOutput
            return .standardOutput
        }
        let flags = O_WRONLY | O_CREAT | O_CLOEXEC | (isContinued ? O_APPEND : O_TRUNC)
        let descriptor = Foundation.open(path, flags, 0o644)
        guard descriptor >= 0 else {
            throw Failed("\(path) can't be written: \(SystemError.words(for: errno))")
        }
        let opened = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        file = opened
        noteLength(of: opened)
        return opened
    }

    private mutating func noteLength(of file: FileHandle) {
        var facts = stat()
        guard path != nil, fstat(file.fileDescriptor, &facts) == 0,
            facts.st_mode & S_IFMT == S_IFREG
        else { return }
        whole = facts.st_size
    }

    /// Writes a page: as it is, or as lines of a table, which begins with its header.
    mutating func write(_ page: EventPages.Page, _ table: EventCSV?, upTo cursor: String?) throws {
        let file = try open()
        do {
            try write(page.events, table, to: file)
        } catch {
            // What follows by --after is neither torn nor there twice.
            if let whole { ftruncate(file.fileDescriptor, whole) }
            throw error
        }
        self.cursor = cursor
        noteLength(of: file)
    }

    private mutating func write(_ page: ByteBuffer, _ table: EventCSV?, to file: FileHandle) throws
    {
        let lines = ByteWriter(capacity: 1 << 16)
        if let table, cursor == nil, !isContinued { table.appendHeader(to: lines) }
        var last: String?
        var count = 0
        try page.withUnsafeReadableBytes { raw in
            let bytes = raw.bindMemory(to: UInt8.self)
            for line in bytes.split(separator: 0x0A) {
                count += 1
                guard let table else { continue }
                guard table.append(ByteView(rebasing: line), to: lines) else {
                    throw Failed("the service sent what is no event")
                }
            }
            if table == nil { try show(bytes, isCSV: false, to: file) }
            last = bytes.split(separator: 0x0A).last.map { String(decoding: $0, as: UTF8.self) }
        }
        if table != nil { try show(lines.bytes, isCSV: true, to: file) }
        events += count
        tell(last)
    }

    /// Writes what may be seen on a terminal.
    private func show(_ bytes: ByteView, isCSV: Bool, to file: FileHandle) throws {
        guard path == nil, Printing.isTerminal else { return try write(bytes, to: file) }
        let shown = Printing.harmless(String(decoding: bytes, as: UTF8.self), isCSV: isCSV)
        try Array(shown.utf8).withUnsafeBufferPointer { try write($0, to: file) }
    }

    private func write(_ bytes: ByteView, to file: FileHandle) throws {
        var rest = UnsafeRawBufferPointer(bytes)
        while let base = rest.baseAddress, !rest.isEmpty {
            let count = Foundation.write(file.fileDescriptor, base, rest.count)
            if count > 0 {
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            } else if errno != EINTR {
                let name = path ?? "standard output"
                throw Failed("\(name) can't be written: \(SystemError.words(for: errno))")
            }
        }
    }

    // MARK: - What is told

    private mutating func tell(_ last: String?) {
        let pause = isTerminal ? Self.beatsOnTerminal : Self.beats
        guard told.duration(to: .now) >= pause, isTerminal || path != nil else { return }
        told = .now
        let time = last?.firstMatch(of: /"timestamp":"([^"]*)"/).map {
            ", up to \($0.1.prefix(19))"
        }
        put("\(amount)\(time ?? "")", isLast: false)
    }

    private var amount: String { events == 1 ? "1 event" : "\(events) events" }

    private func put(_ text: String, isLast: Bool) {
        guard isTerminal else { return Printing.error(text) }
        let end = isLast ? "\n" : ""
        FileHandle.standardError.write(Data("\r\u{1B}[K\(TerminalText.line(text))\(end)".utf8))
    }

    func note(_ text: String) { put(text, isLast: true) }

    /// Makes sure that everything is in the file, and says how to go on from there.
    func finish() throws {
        if path != nil, let file, fsync(file.fileDescriptor) != 0, errno != EINVAL, errno != EROFS {
            throw Failed("the file can't be written: \(SystemError.words(for: errno))")
        }
        let more = cursor.map { ". Later: --after \($0)" } ?? ""
        put("\(amount) exported\(more)", isLast: true)
    }

    /// What an export did, for programs.
    var summary: [String: Any] {
        ["file": path ?? "", "events": events, "after": cursor as Any? ?? NSNull()]
    }

    /// What is said of an export that was broken off.
    func farewell(after error: any Error) -> String {
        let ahead = isTerminal ? "\n" : ""
        guard let cursor else { return "\(ahead)\(error)" }
        return "\(ahead)\(error)\nUp to here \(amount) written: go on with --after \(cursor)"
    }
}
