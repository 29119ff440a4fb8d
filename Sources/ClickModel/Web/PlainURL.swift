/// An http or https URL that is written as the URL Standard would write it, read without copying.
///
/// Most destinations and referrers are. What has a port, credentials, an address, other scripts, dot
/// segments, or anything that would be encoded or dropped, is left to `WebURL`, which says the same of these.
package struct PlainURL {
    package let scheme: ByteView
    package let hostname: ByteView
    /// Begins with a slash.
    package let path: ByteView
    /// Without the question mark; nil when there is none.
    package let query: ByteView?

    private static let slash: StaticString = "/"

    /// Reads a URL; nil when it needs the whole parser, or is none.
    package init?(_ bytes: ByteView) {
        guard let schemeEnd = Self.schemeEnd(bytes) else { return nil }
        scheme = bytes.view(0, schemeEnd)
        let hostStart = schemeEnd + 3
        guard let hostEnd = Self.hostEnd(bytes, from: hostStart) else { return nil }
        hostname = bytes.view(hostStart, hostEnd)
        guard let pathEnd = Self.pathEnd(bytes, from: hostEnd) else { return nil }
        path =
            pathEnd > hostEnd
            ? bytes.view(hostEnd, pathEnd)
            : ByteView(start: Self.slash.utf8Start, count: 1)
        guard pathEnd < bytes.count, bytes[pathEnd] == 0x3F else {
            query = nil
            return
        }
        var end = pathEnd + 1
        while end < bytes.count, bytes[end] != 0x23 {
            guard !PercentEncoding.isEncodedInQuery(bytes[end]) else { return nil }
            end += 1
        }
        query = bytes.view(pathEnd + 1, end)
    }

    private static func schemeEnd(_ bytes: ByteView) -> Int? {
        if bytes.view(0, 8).equals("https://") { return 5 }
        return bytes.view(0, 7).equals("http://") ? 4 : nil
    }

    /// Where a name in lower case ASCII ends; nil when it may be an address or be in Punycode.
    private static func hostEnd(_ bytes: ByteView, from start: Int) -> Int? {
        var index = start
        var labelStart = start
        while index < bytes.count, index - start <= WebHost.longestName {
            switch bytes[index] {
            case 0x61...0x7A, 0x30...0x39, 0x2D: break
            case 0x2E:
                guard isPlainLabel(bytes.view(labelStart, index)) else { return nil }
                labelStart = index + 1
            case 0x2F, 0x3F, 0x23:
                return isPlainEnd(bytes.view(labelStart, index)) ? index : nil
            default: return nil
            }
            index += 1
        }
        guard index == bytes.count, index - start <= WebHost.longestName else { return nil }
        return isPlainEnd(bytes.view(labelStart, index)) ? index : nil
    }

    private static func isPlainLabel(_ label: ByteView) -> Bool {
        1...WebHost.longestLabel ~= label.count && !label.view(0, 4).equals("xn--")
    }

    /// A last label that begins with a digit may make the name an IPv4 address.
    private static func isPlainEnd(_ label: ByteView) -> Bool {
        isPlainLabel(label) && !(0x30...0x39 ~= label[0])
    }

    private static func pathEnd(_ bytes: ByteView, from start: Int) -> Int? {
        var index = start
        while index < bytes.count {
            let byte = bytes[index]
            if byte == 0x3F || byte == 0x23 { break }
            guard byte != 0x5C, !PercentEncoding.isEncodedInPath(byte) else { return nil }
            if byte == 0x2F {
                let next = bytes.view(index + 1, index + 4)
                if next.first == 0x2E || next.equalsIgnoringCase("%2e") { return nil }
            }
            index += 1
        }
        return index
    }
}
