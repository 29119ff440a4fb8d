import Foundation
import Synchronization

/// A terminal that nobody sits at.
final class PseudoTerminal: Sendable {
    struct NotThere: Error {}

    /// The end that programs get.
    let end: FileHandle
    private let master: Int32
    private let text = Mutex((shown: "", isOver: false))

    init() throws {
        let library = TerminalLibrary()
        master = library.open(O_RDWR | O_NOCTTY)
        guard master >= 0, library.grant(master) == 0, library.unlock(master) == 0,
            let name = library.name(master)
        else { throw NotThere() }
        let slave = open(String(cString: name), O_RDWR | O_NOCTTY)
        guard slave >= 0 else { throw NotThere() }
        end = FileHandle(fileDescriptor: slave, closeOnDealloc: false)
        Thread.detachNewThread { [self] in
            var buffer = [UInt8](repeating: 0, count: 4096)
            while true {
                let count = read(master, &buffer, buffer.count)
                guard count > 0 else { break }
                let new = String(decoding: buffer[..<count], as: UTF8.self)
                text.withLock { $0.shown += new }
            }
            text.withLock { $0.isOver = true }
        }
    }

    deinit { close(master) }

    var shown: String { text.withLock(\.shown) }
    var isOver: Bool { text.withLock(\.isOver) }

    func type(_ text: String) {
        _ = Array(text.utf8).withUnsafeBytes { write(master, $0.baseAddress, $0.count) }
    }
}

/// The system's functions for terminals, which the module of the C library leaves out.
private struct TerminalLibrary {
    typealias Step = @convention(c) (Int32) -> Int32

    let open = Self.find("posix_openpt", Step.self)
    let grant = Self.find("grantpt", Step.self)
    let unlock = Self.find("unlockpt", Step.self)
    let name = Self.find("ptsname", (@convention(c) (Int32) -> UnsafePointer<CChar>?).self)

    private static func find<Function>(_ name: String, _ type: Function.Type) -> Function {
        unsafeBitCast(dlsym(nil, name), to: type)
    }
}
