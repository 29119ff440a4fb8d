import ClickModel
import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A small file that only its owner may read: a key in a line.
package enum SecretFile {
    /// What went wrong, as a sentence for the operator.
    package struct Failure: Error {
        package let sentence: String

        fileprivate init(_ path: String, _ verb: String, _ code: Int32) {
            sentence = "\(path) can't be \(verb): \(SystemError.words(for: code))"
        }
    }

    /// The file's text; nil when there is no file.
    ///
    /// Any other failure is not taken for that: the key would be replaced.
    package static func text(in path: String) throws(Failure) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw Failure(path, "read", errno)
        }
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: 1024)
        let count = read(file, &buffer, buffer.count)
        guard count >= 0 else { throw Failure(path, "read", errno) }
        return String(decoding: buffer.prefix(count), as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Makes the file.
    ///
    /// Writes beside and links into place, so that a crash leaves a whole file or none, and a file
    /// that appeared meanwhile is never replaced.
    package static func store(_ line: String, at path: String) throws(Failure) {
        let text = Array((line + "\n").utf8)
        let draft = "\(path).\(getpid()).new"
        unlink(draft)
        let file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        var isWritten = file >= 0
        if isWritten {
            isWritten = write(file, text, text.count) == text.count && fsync(file) == 0
            close(file)
        }
        isWritten = isWritten && link(draft, path) == 0
        let code = errno
        unlink(draft)
        guard isWritten else { throw Failure(path, "written", code) }
        let folder = open((path as NSString).deletingLastPathComponent, O_RDONLY | O_CLOEXEC)
        if folder >= 0 {
            fsync(folder)
            close(folder)
        }
    }
}
