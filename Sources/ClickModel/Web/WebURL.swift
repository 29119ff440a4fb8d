/// An http or https URL, read as the WHATWG URL Standard says browsers do.
///
/// Section numbers in comments are of that standard (https://url.spec.whatwg.org).
package struct WebURL: Hashable, Sendable {
    /// `http` or `https`.
    package let scheme: String
    package let username: String
    package let password: String
    /// In ASCII: a name, an IPv4 address, or an IPv6 one in brackets.
    package let hostname: String
    /// Nil when it is the scheme's own.
    package let port: Int?
    /// Begins with a slash.
    package let path: String
    /// Without the question mark; nil when there is none.
    package let query: String?
    /// Without the number sign; nil when there is none.
    package let fragment: String?

    /// The whole URL in visible ASCII.
    package var serialised: String {
        var text = "\(scheme)://"
        if !username.isEmpty || !password.isEmpty {
            text += username
            if !password.isEmpty { text += ":\(password)" }
            text += "@"
        }
        text += hostname
        if let port { text += ":\(port)" }
        text += path
        if let query { text += "?\(query)" }
        if let fragment { text += "#\(fragment)" }
        return text
    }

    /// Reads an absolute URL; nil when it is none or of another scheme.
    package init?(_ text: String) {
        var text = text
        let parsed = text.withUTF8 { WebURL(bytes: $0) }
        guard let parsed else { return nil }
        self = parsed
    }

    package init?(bytes: ByteView) {
        let input = Self.cleaned(bytes)
        guard let colon = input.firstIndex(of: 0x3A) else { return nil }
        switch String(decoding: input[..<colon], as: UTF8.self).lowercased() {
        case "http": scheme = "http"
        case "https": scheme = "https"
        default: return nil
        }
        var index = colon + 1
        while index < input.count, input[index] == 0x2F || input[index] == 0x5C { index += 1 }
        var end = index
        while end < input.count, !Self.endsAuthority(input[end]) { end += 1 }
        guard let authority = Authority(input[index..<end], scheme: scheme) else { return nil }
        username = authority.username
        password = authority.password
        hostname = authority.hostname
        port = authority.port

        let rest = input[end...]
        let fragmentStart = rest.firstIndex(of: 0x23)
        let beforeFragment = rest[..<(fragmentStart ?? rest.endIndex)]
        let queryStart = beforeFragment.firstIndex(of: 0x3F)
        path = Self.path(beforeFragment[..<(queryStart ?? beforeFragment.endIndex)])
        query = queryStart.map {
            PercentEncoding.encode(beforeFragment[($0 + 1)...], PercentEncoding.specialQuery)
        }
        fragment = fragmentStart.map {
            PercentEncoding.encode(rest[($0 + 1)...], PercentEncoding.fragment)
        }
    }

    /// Section 4.4: no control characters or spaces at the ends, no tabs and line ends at all.
    private static func cleaned(_ bytes: ByteView) -> [UInt8] {
        var low = 0
        var high = bytes.count
        while low < high, bytes[low] <= 0x20 { low += 1 }
        while high > low, bytes[high - 1] <= 0x20 { high -= 1 }
        // Malformed UTF-8 becomes U+FFFD, as any decoder before the parser would have it.
        let text = bytes.view(low, high).text
        return text.utf8.filter { $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }
    }

    private static func endsAuthority(_ byte: UInt8) -> Bool {
        byte == 0x2F || byte == 0x5C || byte == 0x3F || byte == 0x23
    }

    /// Section 4.4, "path start state" and "path state": dot segments go, backslashes are slashes.
    ///
    /// In one pass, whatever it is made of: a referrer may have thousands of segments.
    private static func path(_ bytes: ArraySlice<UInt8>) -> String {
        var path: [UInt8] = []
        path.reserveCapacity(bytes.count + 1)
        /// Where the slashes before the segments stand.
        var segments: [Int] = []
        // The first slash has nothing before it.
        var rest = bytes.dropFirst()
        while true {
            let end = rest.firstIndex { $0 == 0x2F || $0 == 0x5C }
            let segment = rest[..<(end ?? rest.endIndex)]
            let dots = dots(segment)
            if dots == 2, let start = segments.popLast() { path.removeSubrange(start...) }
            // A dot segment at the end leaves an empty one.
            if dots == 0 || end == nil {
                segments.append(path.count)
                path.append(0x2F)
                if dots == 0 { PercentEncoding.append(segment, PercentEncoding.path, to: &path) }
            }
            guard let end else { return String(decoding: path, as: UTF8.self) }
            rest = rest[(end + 1)...]
        }
    }

    /// How many dots a segment consists of, each as it is or escaped; 0 when it isn't one or two of them.
    private static func dots(_ segment: ArraySlice<UInt8>) -> Int {
        guard segment.count <= 6 else { return 0 }
        var (rest, count) = (segment, 0)
        while let byte = rest.popFirst() {
            if byte == 0x25 {
                guard rest.popFirst() == 0x32, let last = rest.popFirst(), last | 0x20 == 0x65
                else { return 0 }
            } else if byte != 0x2E {
                return 0
            }
            count += 1
        }
        return count > 2 ? 0 : count
    }
}

/// User, password, host and port.
private struct Authority {
    var username = ""
    var password = ""
    let hostname: String
    let port: Int?

    init?(_ bytes: ArraySlice<UInt8>, scheme: String) {
        var hostAndPort = bytes
        if let at = bytes.lastIndex(of: 0x40) {
            let credentials = bytes[..<at]
            let colon = credentials.firstIndex(of: 0x3A) ?? credentials.endIndex
            username = PercentEncoding.encode(credentials[..<colon], PercentEncoding.userinfo)
            password = PercentEncoding.encode(
                credentials[colon...].dropFirst(),
                PercentEncoding.userinfo
            )
            hostAndPort = bytes[(at + 1)...]
        }
        var hostEnd = hostAndPort.endIndex
        if hostAndPort.first == 0x5B {
            guard let bracket = hostAndPort.firstIndex(of: 0x5D) else { return nil }
            hostEnd = bracket + 1
            guard hostEnd == hostAndPort.endIndex || hostAndPort[hostEnd] == 0x3A else {
                return nil
            }
        } else if let colon = hostAndPort.firstIndex(of: 0x3A) {
            hostEnd = colon
        }
        guard let host = WebHost.parse(hostAndPort[hostAndPort.startIndex..<hostEnd]) else {
            return nil
        }
        hostname = host
        let digits = hostAndPort[hostEnd...].dropFirst()
        guard digits.allSatisfy({ 0x30...0x39 ~= $0 }) else { return nil }
        let significant = digits.drop { $0 == 0x30 }
        guard significant.count <= 5 else { return nil }
        let number = significant.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        guard number <= 65_535 else { return nil }
        port = digits.isEmpty || number == (scheme == "https" ? 443 : 80) ? nil : number
    }
}
