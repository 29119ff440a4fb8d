import ClickModel

/// An endpoint's URL, read strictly: what two readers could take for different hosts is refused.
struct Endpoint: Hashable, Sendable {
    enum Host: Hashable, Sendable {
        case address(IPAddress)
        case name(String)
    }

    enum Problem: Error, Hashable {
        case format(String)
        /// A spelling that is used to get around address checks.
        case refused(String)
    }

    let isTLS: Bool
    let host: Host
    let port: Int
    /// The URL as it was given, but scheme and host in lower case.
    let url: String

    private static let longest = 2048

    init(_ url: String) throws(Problem) {
        guard (1...Self.longest).contains(url.utf8.count) else {
            throw .format("an endpoint is a URL of at most \(Self.longest) characters")
        }
        guard url.utf8.allSatisfy({ 0x21...0x7E ~= $0 && $0 != 0x5C }) else {
            throw .format("an endpoint is written in visible ASCII characters, without backslashes")
        }
        let lowered = url.lowercased()
        let rest: Substring
        if lowered.hasPrefix("https://") {
            (isTLS, rest) = (true, url.dropFirst(8))
        } else if lowered.hasPrefix("http://") {
            (isTLS, rest) = (false, url.dropFirst(7))
        } else {
            throw .format("an endpoint begins with https:// or http://")
        }
        guard !url.contains("#") else { throw .format("an endpoint has no fragment") }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard !authority.contains("@") else {
            throw .refused("an endpoint has no user name; use the authentication header")
        }
        let (hostText, portText) = try Self.split(authority)
        port = try Self.port(portText, isTLS: isTLS)
        host = try Self.host(hostText)
        self.url = url[..<authority.endIndex].lowercased() + url[authority.endIndex...]
    }

    /// The host and, where it isn't the scheme's own, the port: the `Host` header's value.
    var authority: String {
        let name =
            switch host {
            case .name(let name): name
            case .address(let address): address.isV4 ? "\(address)" : "[\(address)]"
            }
        return port == (isTLS ? 443 : 80) ? name : "\(name):\(port)"
    }

    /// The path and the query, as they were given.
    var target: String {
        let rest = url.dropFirst(isTLS ? 8 : 7).drop { $0 != "/" && $0 != "?" }
        return rest.hasPrefix("/") ? String(rest) : "/\(rest)"
    }

    /// The name in SNI and in the certificate; nil for an address, which the certificate names itself.
    var serverName: String? {
        guard case .name(let name) = host else { return nil }
        return name
    }

    private static func split(_ authority: Substring) throws(Problem) -> (Substring, Substring?) {
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else {
                throw .format("a bracket is not closed")
            }
            let after = authority[authority.index(after: end)...]
            guard after.isEmpty || after.hasPrefix(":") else {
                throw .format("odd text after the address")
            }
            return (authority[...end], after.isEmpty ? nil : after.dropFirst())
        }
        let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, let host = parts.first else { throw .format("more than one port") }
        return (host, parts.count == 2 ? parts[1] : nil)
    }

    private static func port(_ text: Substring?, isTLS: Bool) throws(Problem) -> Int {
        guard let text else { return isTLS ? 443 : 80 }
        guard text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let port = Int(text),
            (1...65_535).contains(port)
        else { throw .format("the port is not a number from 1 to 65535") }
        return port
    }

    private static func host(_ text: Substring) throws(Problem) -> Host {
        if text.hasPrefix("[") {
            guard let address = IPAddress(String(text.dropFirst().dropLast())) else {
                throw .refused("[...] is not an IPv6 address")
            }
            return .address(address)
        }
        guard !text.isEmpty, text.utf8.count <= 253 else {
            throw .format("the host is missing or too long")
        }
        if let address = IPAddress(String(text)), address.isV4 { return .address(address) }
        guard !text.hasSuffix(".") else { throw .refused("the host ends in a dot") }
        guard !text.contains("%") else { throw .refused("the host is percent-encoded") }
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        for label in labels {
            guard (1...63).contains(label.utf8.count), label.utf8.allSatisfy(isOfName),
                !label.hasPrefix("-"), !label.hasSuffix("-")
            else { throw .format("\(text) is not a host name") }
        }
        // As the URL Standard has it: a host whose last label is a number is an IPv4 address, and the
        // only spelling of those that is taken is the plain one.
        guard let last = labels.last, !isNumber(last) else {
            throw .refused("\(text) is an odd spelling of an address")
        }
        return .name(text.lowercased())
    }

    private static func isOfName(_ byte: UInt8) -> Bool {
        byte == 0x2D || byte == 0x5F || 0x30...0x39 ~= byte || 0x61...0x7A ~= byte.asciiLowercased
    }

    private static func isNumber(_ label: Substring) -> Bool {
        let digits = label.utf8.allSatisfy { 0x30...0x39 ~= $0 }
        let lowered = label.lowercased()
        let hex = lowered.hasPrefix("0x") && lowered.dropFirst(2).allSatisfy(\.isHexDigit)
        return digits || hex
    }
}
