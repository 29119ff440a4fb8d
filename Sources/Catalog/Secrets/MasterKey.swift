import Crypto
import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The key that the catalog's secrets are sealed with.
package struct MasterKey: Sendable {
    static let length = 32

    /// Where the key comes from.
    package enum Source: Hashable, Sendable {
        /// A file with its base64, made on first start.
        case file(String)
        /// The key itself, as base64.
        case inline(String)
    }

    let bytes: [UInt8]

    /// Reads the key, or makes its file where that is allowed.
    ///
    /// - Parameters:
    ///   - source: Where the key is.
    ///   - mayCreate: Whether a missing file may be made: only as long as nothing was sealed.
    /// - Returns: The key.
    /// - Throws: `masterKey` with a sentence for the operator.
    static func load(from source: Source, mayCreate: Bool) throws(CatalogError) -> MasterKey {
        switch source {
        case .inline(let text):
            return try MasterKey(base64: text, called: "secrets.key")
        case .file(let path):
            if let text = try text(in: path) { return try MasterKey(base64: text, called: path) }
            guard mayCreate else {
                throw .masterKey(
                    "\(path) is missing, and the catalog holds secrets that only its key opens: "
                        + "put it back, or name its place by secrets.keyFile"
                )
            }
            let key = MasterKey()
            try key.store(at: path)
            return key
        }
    }

    private init() {
        bytes = SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }
    }

    private init(base64: String, called name: String) throws(CatalogError) {
        let text = base64.trimmingCharacters(in: .whitespacesAndNewlines)
        guard let data = Data(base64Encoded: text), data.count == Self.length else {
            throw .masterKey("\(name) must hold base64 of \(Self.length) bytes")
        }
        bytes = Array(data)
    }

    /// The file's text; nil when there is no file.
    ///
    /// Any other failure is not taken for that.
    private static func text(in path: String) throws(CatalogError) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw .masterKey("\(path) can't be read: \(String(cString: strerror(errno)))")
        }
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: 1024)
        let count = read(file, &buffer, buffer.count)
        guard count >= 0 else {
            throw .masterKey("\(path) can't be read: \(String(cString: strerror(errno)))")
        }
        return String(decoding: buffer.prefix(count), as: UTF8.self)
    }

    /// Writes beside and links into place, so that a crash leaves a whole file or none, and a file
    /// that appeared meanwhile is never replaced.
    private func store(at path: String) throws(CatalogError) {
        let text = Array((Data(bytes).base64EncodedString() + "\n").utf8)
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
        guard isWritten else {
            throw .masterKey("\(path) can't be written: \(String(cString: strerror(code)))")
        }
        let folder = open((path as NSString).deletingLastPathComponent, O_RDONLY | O_CLOEXEC)
        if folder >= 0 {
            fsync(folder)
            close(folder)
        }
    }
}
