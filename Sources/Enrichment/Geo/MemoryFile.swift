import CLinux
import ClickModel

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What tells one version of a file from the next without reading it.
package struct FileVersion: Hashable, Sendable {
    private let device: UInt64
    private let inode: UInt64
    private let size: Int64
    private let seconds: Int
    private let nanoseconds: Int

    fileprivate init(_ status: stat) {
        device = UInt64(truncatingIfNeeded: status.st_dev)
        inode = UInt64(truncatingIfNeeded: status.st_ino)
        size = Int64(status.st_size)
        seconds = status.st_mtim.tv_sec
        nanoseconds = status.st_mtim.tv_nsec
    }

    /// The version that lies under a path now; nil when there is none.
    package static func current(of path: String) -> FileVersion? {
        var status = stat()
        return stat(path, &status) == 0 ? FileVersion(status) : nil
    }
}

/// A copy of a file in memory that the kernel shows as a file, for libraries that want a path.
///
/// Gone with its last use. Who maps the original instead dies of SIGBUS when that is cut short.
final class MemoryFile {
    private let descriptor: Int32
    /// Which version of the original it is a copy of.
    let version: FileVersion

    /// Where the copy can be opened as long as this value lives.
    var path: String { "/proc/self/fd/\(descriptor)" }

    init(copyOf path: String) throws(UnusableTable) {
        let source = open(path, O_RDONLY | O_CLOEXEC)
        guard source >= 0 else { throw UnusableTable(description: SystemError.words(for: errno)) }
        defer { close(source) }
        var status = stat()
        guard fstat(source, &status) == 0 else {
            throw UnusableTable(description: SystemError.words(for: errno))
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw UnusableTable(description: "it is no regular file")
        }
        let descriptor = memfd_create("clickstream", clinux_close_on_exec)
        guard descriptor >= 0 else {
            throw UnusableTable(description: SystemError.words(for: errno))
        }
        (self.descriptor, version) = (descriptor, FileVersion(status))
        // From here on what was opened is closed with this object, thrown away or not.
        try Self.copy(source, to: descriptor)
        guard fstat(source, &status) == 0, FileVersion(status) == version else {
            throw UnusableTable(description: "it changed while it was read")
        }
    }

    deinit { close(descriptor) }

    private static func copy(_ source: Int32, to target: Int32) throws(UnusableTable) {
        while true {
            let count = sendfile(target, source, nil, 1 << 30)
            if count == 0 { return }
            if count < 0, errno != EINTR {
                throw UnusableTable(description: SystemError.words(for: errno))
            }
        }
    }
}
