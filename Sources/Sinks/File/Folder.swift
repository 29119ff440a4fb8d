import ClickModel

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What the system said no to.
struct FileProblem: Error, Hashable {
    /// What was tried, such as "write a.ndjson.open".
    let attempt: String
    let code: Int32

    init(_ attempt: String, code: Int32 = errno) { (self.attempt, self.code) = (attempt, code) }

    /// What compressing says when there is no room for its tables.
    static func ofMemory<Value>(
        _ work: () throws(Gzip.Failure) -> Value
    ) throws(FileProblem) -> Value {
        do {
            return try work()
        } catch {
            throw FileProblem("compress", code: ENOMEM)
        }
    }

    /// A sentence for the stream's owner; it names no folder, which is the operator's matter.
    var words: String { "could not \(attempt): \(SystemError.words(for: code))" }
}

/// A folder whose files are written so that a crash takes nothing that was promised.
struct Folder: Sendable {
    /// The calls that a disk refuses in practice, so that a test can refuse them.
    struct Disk: Sendable {
        /// Writes at an offset; gives how many bytes went through, or nothing and `errno`.
        var write: @Sendable (Int32, UnsafeRawBufferPointer, Int64) -> Int?
        /// Brings what was written to the disk.
        var sync: @Sendable (Int32) -> Bool

        static let real = Disk(
            write: { file, bytes, offset in
                let count = pwrite(file, bytes.baseAddress, bytes.count, off_t(offset))
                return count < 0 ? nil : count
            },
            sync: { fsync($0) == 0 }
        )
    }

    private let path: String
    private let disk: Disk

    init(_ path: String, disk: Disk = .real) { (self.path, self.disk) = (path, disk) }

    /// Opens a file for reading and writing, and makes it where it isn't there.
    func open(_ name: String) throws(FileProblem) -> OpenFile {
        let flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW
        let number = opened(of: name, flags)
        guard number >= 0 else { throw FileProblem("open \(name)") }
        // The service keeps its own files to itself (umask); these are for others' loaders.
        fchmod(number, 0o640)
        return OpenFile(number, name, disk)
    }

    func exists(_ name: String) -> Bool { access(place(of: name), F_OK) == 0 }

    /// Gives a file another name, in place of the file that has it, and keeps that through a crash.
    func rename(_ name: String, to other: String) throws(FileProblem) {
        guard moved(place(of: name), place(of: other)) == 0 else {
            throw FileProblem("rename \(name)")
        }
        try sync()
    }

    func remove(_ name: String) throws(FileProblem) {
        guard unlink(place(of: name)) == 0 || errno == ENOENT else {
            throw FileProblem("remove \(name)")
        }
    }

    /// Keeps names that were made, changed and removed through a crash.
    func sync() throws(FileProblem) {
        let number = openedFolder()
        guard number >= 0 else { throw FileProblem("open the folder") }
        defer { _ = close(number) }
        guard disk.sync(number) else { throw FileProblem("write the folder") }
    }

    private func place(of name: String) -> String { "\(path)/\(name)" }

    // The system's `open` and `rename`, which the methods above hide.

    private func opened(of name: String, _ flags: Int32) -> Int32 {
        systemOpen(place(of: name), flags, 0o640)
    }

    private func openedFolder() -> Int32 { systemOpen(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0) }

    private func moved(_ old: String, _ new: String) -> Int32 { systemRename(old, new) }
}

private func systemOpen(_ path: String, _ flags: Int32, _ mode: mode_t) -> Int32 {
    open(path, flags, mode)
}

private func systemRename(_ old: String, _ new: String) -> Int32 { rename(old, new) }

/// A file of a `Folder`; closed when nobody holds it any longer.
final class OpenFile {
    let name: String
    private let number: Int32
    private let disk: Folder.Disk

    fileprivate init(_ number: Int32, _ name: String, _ disk: Folder.Disk) {
        (self.number, self.name, self.disk) = (number, name, disk)
    }

    deinit { _ = close(number) }

    /// Keeps other processes, and other sinks of this one, from writing here.
    func lock() throws(FileProblem) {
        guard flock(number, LOCK_EX | LOCK_NB) == 0 else {
            throw FileProblem("have \(name) alone")
        }
    }

    func size() throws(FileProblem) -> Int64 {
        var facts = stat()
        guard fstat(number, &facts) == 0 else { throw FileProblem("look at \(name)") }
        return Int64(facts.st_size)
    }

    /// Writes everything at an offset, and brings it to the disk.
    func write(_ bytes: [UInt8], at offset: Int64) throws(FileProblem) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                disk.write(
                    number,
                    UnsafeRawBufferPointer(rebasing: buffer[done...]),
                    offset + Int64(done)
                )
            }
            guard let count else {
                if errno == EINTR { continue }
                throw FileProblem("write \(name)")
            }
            done += count
        }
        guard disk.sync(number) else { throw FileProblem("write \(name)") }
    }

    /// Up to `count` bytes from an offset; none at the end.
    func read(_ count: Int, at offset: Int64) throws(FileProblem) -> [UInt8] {
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            var result = -1
            repeat {
                result = pread(number, buffer.baseAddress, count, off_t(offset))
            } while result < 0 && errno == EINTR
            failed = result < 0
            filled = max(0, result)
        }
        guard !failed else { throw FileProblem("read \(name)") }
        return bytes
    }

    /// Cuts the file off, and brings that to the disk.
    func cut(to length: Int64) throws(FileProblem) {
        guard ftruncate(number, off_t(length)) == 0, disk.sync(number) else {
            throw FileProblem("cut \(name)")
        }
    }
}
