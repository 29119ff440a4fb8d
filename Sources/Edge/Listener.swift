import CLinux
import ClickModel
import Glibc

/// The socket that connections come to.
struct Listener {
    /// Why an address can't be listened on.
    enum Failure: Error {
        case system(Int32)
        /// The address isn't one.
        case name(Int32)

        var words: String {
            switch self {
            case .system(let code): SystemError.words(for: code)
            case .name(let code): String(cString: gai_strerror(code))
            }
        }
    }

    /// What came of looking for a connection.
    enum Arrival {
        case connection(CInt, IPAddress?)
        case none
        /// No descriptors or no memory: looking again at once would not help.
        case exhausted
    }

    private static let backlog: CInt = 4096

    let descriptor: CInt

    /// Listens on an address and a port.
    init(host: String, port: Int) throws(Failure) {
        var hints = addrinfo()
        hints.ai_flags = AI_PASSIVE
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &found)
        defer { if let found { freeaddrinfo(found) } }
        guard code == 0, let first = found?.pointee else { throw .name(code) }
        descriptor = socket(
            first.ai_family,
            CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue),
            first.ai_protocol
        )
        guard descriptor >= 0 else { throw .system(errno) }
        var yes: CInt = 1
        let size = socklen_t(MemoryLayout<CInt>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, size)
        guard bind(descriptor, first.ai_addr, first.ai_addrlen) == 0,
            listen(descriptor, Self.backlog) == 0
        else {
            let code = errno
            Glibc.close(descriptor)
            throw .system(code)
        }
    }

    /// The port that is listened on.
    var port: Int {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getsockname(descriptor, $0, &length)
            }
        }
        return result == 0 ? Int(Self.port(of: &address)) : 0
    }

    /// Takes the next connection.
    func accept() -> Arrival {
        while true {
            var address = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let accepted = withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    accept4(
                        descriptor,
                        $0,
                        &length,
                        CInt(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
                    )
                }
            }
            if accepted >= 0 {
                var yes: CInt = 1
                let size = socklen_t(MemoryLayout<CInt>.size)
                setsockopt(accepted, CInt(IPPROTO_TCP), TCP_NODELAY, &yes, size)
                return .connection(accepted, Self.peer(&address))
            }
            switch errno {
            case EAGAIN: return .none
            case EMFILE, ENFILE, ENOBUFS, ENOMEM: return .exhausted
            // The listener itself is gone or never was one.
            case EBADF, EINVAL, ENOTSOCK, EOPNOTSUPP, EFAULT: return .none
            // One connection broke before it was taken: the next may not have.
            default: continue
            }
        }
    }

    func close() { Glibc.close(descriptor) }

    private static func port(of address: inout sockaddr_storage) -> UInt16 {
        // The port stands at the same place in both families.
        withUnsafeBytes(of: &address) {
            UInt16(bigEndian: $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
        }
    }

    private static func peer(_ address: inout sockaddr_storage) -> IPAddress? {
        let family = CInt(address.ss_family)
        return withUnsafeBytes(of: &address) { bytes in
            switch family {
            case AF_INET: IPAddress(bytes: bytes[4..<8])
            case AF_INET6: IPAddress(bytes: bytes[8..<24])
            default: nil
            }
        }
    }
}
