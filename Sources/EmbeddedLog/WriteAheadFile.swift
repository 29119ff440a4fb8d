import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The file of SQLite's write-ahead log, made large before it is needed.
///
/// A commit that makes the file longer must write the file's inode too: measured, that doubles what a sync
/// costs. SQLite stops reading the file at the first frame that isn't one, so zeros behind its frames are
/// nothing to it, and it starts over at the front after each checkpoint.
enum WriteAheadFile {
    /// The file system must have so many times the size free: room is for events first.
    private static let freeFactor: UInt64 = 16

    /// Fills the file up with zeros; leaves it as it is when that can't be done.
    static func presize(_ path: String, to size: Int) {
        var system = statvfs()
        guard statvfs(path, &system) == 0,
            UInt64(system.f_bavail) * UInt64(system.f_frsize) > UInt64(size) * freeFactor
        else { return }
        let file = open(path, O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        defer { close(file) }
        var position = Int(lseek(file, 0, SEEK_END))
        let zeros = [UInt8](repeating: 0, count: 1 << 20)
        while position >= 0, position < size {
            let written = zeros.withUnsafeBytes {
                pwrite(file, $0.baseAddress, min($0.count, size - position), off_t(position))
            }
            guard written > 0 else { break }
            position += written
        }
        // Now, not together with the first click.
        fdatasync(file)
    }
}
