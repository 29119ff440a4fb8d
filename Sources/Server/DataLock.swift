import ClickModel
import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Keeps a second service out of a data folder: two writers would shed each other's clicks.
///
/// The lock is the process's, so that the system lets go of it however the process ends.
enum DataLock {
    /// Takes the folder for as long as the process lives.
    ///
    /// - Throws: `StartError` while another process has it.
    static func take(_ directory: String) throws(StartError) {
        let path = "\(directory)/lock"
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            throw StartError("\(path) can't be made: \(SystemError.words(for: errno))")
        }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            let holder = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
            let process = Int(holder.prefix { $0.isNumber }).map { " (process \($0))" } ?? ""
            close(file)
            throw StartError(
                "the data folder \(directory) is in use by another clickstream\(process): stop that one, or "
                    + "give this one a data.directory of its own"
            )
        }
        let text = Array("\(getpid())\n".utf8)
        // For whoever looks; the lock itself is the system's. The file stays open.
        _ = ftruncate(file, 0)
        _ = write(file, text, text.count)
    }
}
