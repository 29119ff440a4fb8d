import ClickModel

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The system's name resolution.
enum SystemResolver {
    struct Failure: Error {
        let code: Int32
    }

    /// Every address of a name, in the system's order of preference.
    ///
    /// Blocks.
    static func addresses(of name: String) throws -> [IPAddress] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(name, nil, &hints, &list)
        guard code == 0 else { throw Failure(code: code) }
        defer { freeaddrinfo(list) }
        var addresses: [IPAddress] = []
        var next = list
        while let entry = next?.pointee {
            if let address = address(of: entry), !addresses.contains(address) {
                addresses.append(address)
            }
            next = entry.ai_next
        }
        return addresses
    }

    private static func address(of entry: addrinfo) -> IPAddress? {
        guard entry.ai_family == AF_INET || entry.ai_family == AF_INET6 else { return nil }
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let code = getnameinfo(
            entry.ai_addr,
            entry.ai_addrlen,
            &text,
            socklen_t(text.count),
            nil,
            0,
            NI_NUMERICHOST
        )
        guard code == 0 else { return nil }
        let host = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        // A link-local address carries its interface after a percent sign.
        return IPAddress(String(decoding: host.prefix { $0 != 0x25 }, as: UTF8.self))
    }
}
