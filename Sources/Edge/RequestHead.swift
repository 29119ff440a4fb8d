import ClickModel

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A request's head, as views of the bytes it was read from.
struct RequestHead: ~Copyable {
    enum Method {
        case get, head, other
    }

    /// Header lines that name forwarding hops; of more the last ones are kept, which the nearest proxies wrote.
    static let forwardingLines = 8

    fileprivate(set) var method = Method.other
    fileprivate(set) var isHTTP11 = true
    /// The host that the target names, if it is in absolute form.
    fileprivate(set) var targetHost: ByteView?
    /// Path and query: what follows the authority, or the whole target.
    fileprivate(set) var path = ByteView.none
    /// Without its question mark; nil when the target has none.
    fileprivate(set) var query: ByteView?
    fileprivate(set) var host: ByteView?
    fileprivate(set) var hasBody = false
    fileprivate(set) var asksToClose = false
    fileprivate(set) var asksToKeepAlive = false
    /// Values by `ClickHeader.rawValue`; the first line of each name.
    fileprivate(set) var headers = InlineArray<16, ByteView>(repeating: .none)
    /// Line `n` stands at `n` modulo `forwardingLines`.
    fileprivate(set) var forwardedFor = InlineArray<8, ByteView>(repeating: .none)
    fileprivate(set) var forwardedForCount = 0
    fileprivate(set) var forwarded = InlineArray<8, ByteView>(repeating: .none)
    fileprivate(set) var forwardedCount = 0
    /// Whether the first `X-Forwarded-Proto` says that the visitor came by TLS; counts from trusted proxies only.
    fileprivate(set) var saysTLS = false
    fileprivate var hasForwardedProto = false

    fileprivate var contentLength: ByteView?
    fileprivate var hasTransferEncoding = false

    init() {}
}

/// Why a head is refused: the status that says so.
///
/// The connection closes after it.
enum Refusal: Int, Error {
    case badRequest = 400
    case versionNotSupported = 505
}

/// Reads heads by the grammar of RFC 9112 and RFC 9110, strictly: what two readers could understand in two
/// ways is refused.
///
/// Refused beside plain nonsense: bare line feeds and carriage returns, folded lines, white space before a
/// colon, control characters, a missing, repeated or malformed Host in HTTP/1.1, repeated or conflicting
/// lengths, and more than one blank in the request line.
enum RequestParser {
    /// Where the next head ends in the bytes that have come.
    enum Extent: Equatable {
        case incomplete
        case malformed
        /// The head takes this many bytes, its empty line included.
        case complete(Int)
    }

    /// Looks for the end of the head, from where an earlier look stopped.
    ///
    /// - Parameters:
    ///   - bytes: All that has come of this head; an empty line before it was skipped already.
    ///   - scanned: How far earlier calls have looked; updated.
    /// - Returns: Whether the head is whole.
    static func extent(of bytes: ByteView, scanned: inout Int) -> Extent {
        guard let start = bytes.baseAddress else { return .incomplete }
        // No method begins with anything but a letter or the like: a TLS hello ends here.
        if bytes.count > 0, !isTokenCharacter(bytes[0]) { return .malformed }
        while scanned < bytes.count {
            guard let found = memchr(start + scanned, 0x0A, bytes.count - scanned) else {
                scanned = bytes.count
                return .incomplete
            }
            let index =
                found.assumingMemoryBound(to: UInt8.self) - UnsafeMutablePointer(mutating: start)
            guard index > 0, bytes[index - 1] == 0x0D else { return .malformed }
            scanned = index + 1
            if index >= 3, bytes[index - 2] == 0x0A { return .complete(index + 1) }
        }
        return .incomplete
    }

    /// Reads a whole head.
    ///
    /// - Parameter bytes: The head with its empty line; every line ends in CR LF.
    /// - Returns: The head, as views of these bytes.
    /// - Throws: `Refusal` when it isn't one.
    static func parse(_ bytes: ByteView) throws(Refusal) -> RequestHead {
        var head = RequestHead()
        guard try read(bytes, &head) == bytes.count else { throw .badRequest }
        return head
    }

    /// Reads the head that the bytes begin with, in one pass over them.
    ///
    /// What it takes for a head, `extent` and `parse` do too. Of bytes that it refuses only those two can say
    /// whether they are malformed or have not all come.
    ///
    /// - Parameters:
    ///   - bytes: What has come; more may follow the head.
    ///   - head: An empty head, which is filled.
    /// - Returns: How many bytes the head takes, its empty line included.
    /// - Throws: `Refusal` when they don't begin with a whole head.
    static func read(_ bytes: ByteView, _ head: inout RequestHead) throws(Refusal) -> Int {
        var position = try readRequestLine(bytes, &head)
        while true {
            guard position + 1 < bytes.count else { throw .badRequest }
            if bytes[position] == 0x0D {
                guard bytes[position + 1] == 0x0A else { throw .badRequest }
                try check(&head)
                return position + 2
            }
            position = try readField(bytes, from: position, &head)
        }
    }

    // MARK: - The request line

    private static func readRequestLine(
        _ bytes: ByteView,
        _ head: inout RequestHead
    ) throws(Refusal) -> Int {
        var index = 0
        while index < bytes.count, isTokenCharacter(bytes[index]) { index += 1 }
        guard index > 0, index < bytes.count, bytes[index] == 0x20 else { throw .badRequest }
        let method = bytes.view(0, index)
        head.method = method.equals("GET") ? .get : method.equals("HEAD") ? .head : .other
        let targetStart = index + 1
        index = targetStart
        while index < bytes.count, bytes[index] > 0x20, bytes[index] != 0x7F { index += 1 }
        guard index > targetStart, index < bytes.count, bytes[index] == 0x20 else {
            throw .badRequest
        }
        let version = bytes.view(index + 1, index + 9)
        let end = index + 9
        guard end + 1 < bytes.count, bytes[end] == 0x0D, bytes[end + 1] == 0x0A else {
            throw .badRequest
        }
        try parseVersion(version, &head)
        try parseTarget(bytes.view(targetStart, index), &head)
        return end + 2
    }

    private static func parseVersion(_ version: ByteView, _ head: inout RequestHead) throws(Refusal)
    {
        if version.equals("HTTP/1.1") {
            head.isHTTP11 = true
        } else if version.equals("HTTP/1.0") {
            head.isHTTP11 = false
        } else {
            let isVersion =
                version.count == 8 && version.view(0, 5).equals("HTTP/") && isDigit(version[5])
                && version[6] == 0x2E && isDigit(version[7])
            throw isVersion ? .versionNotSupported : .badRequest
        }
    }

    private static func parseTarget(_ target: ByteView, _ head: inout RequestHead) throws(Refusal) {
        var rest = target
        if rest[0] != 0x2F {
            let scheme = rest.view(0, 8)
            if scheme.equalsIgnoringCase("https://") {
                rest = rest.view(8, rest.count)
            } else if scheme.view(0, 7).equalsIgnoringCase("http://") {
                rest = rest.view(7, rest.count)
            } else {
                // `*` and the authority form belong to methods that are answered with 405.
                guard head.method == .other else { throw .badRequest }
                return
            }
            var end = 0
            while end < rest.count, rest[end] != 0x2F, rest[end] != 0x3F { end += 1 }
            head.targetHost = rest.view(0, end)
            rest = rest.view(end, rest.count)
        }
        var end = 0
        while end < rest.count, rest[end] != 0x3F, rest[end] != 0x23 { end += 1 }
        head.path = rest.view(0, end)
        guard end < rest.count, rest[end] == 0x3F else {
            // A fragment is never sent; one that is means a broken client.
            guard end == rest.count else { throw .badRequest }
            return
        }
        let query = rest.view(end + 1, rest.count)
        guard !query.contains(0x23) else { throw .badRequest }
        head.query = query
    }

    // MARK: - Fields

    /// Reads one line of the head and returns where the next one begins.
    private static func readField(
        _ bytes: ByteView,
        from start: Int,
        _ head: inout RequestHead
    ) throws(Refusal) -> Int {
        let colon = endOfName(in: bytes, from: start)
        guard colon > start, colon < bytes.count, bytes[colon] == 0x3A else { throw .badRequest }
        let end = endOfValue(in: bytes, from: colon + 1)
        guard end + 1 < bytes.count, bytes[end] == 0x0D, bytes[end + 1] == 0x0A else {
            throw .badRequest
        }
        try note(bytes.view(start, colon), bytes.view(colon + 1, end).trimmed, &head)
        return end + 2
    }

    private static func note(
        _ name: ByteView,
        _ value: ByteView,
        _ head: inout RequestHead
    ) throws(Refusal) {
        switch name.count {
        case 3: head.take(.dnt, name, value)
        case 4 where name.equalsIgnoringCase("host"):
            guard head.host == nil else { throw .badRequest }
            head.host = value
        case 5: head.take(.xMoz, name, value)
        case 7:
            head.take(.referer, name, value)
            head.take(.purpose, name, value)
            head.take(.secGPC, name, value)
        case 9:
            head.take(.secCHUA, name, value)
            if name.equalsIgnoringCase("forwarded") { head.addForwarded(value) }
        case 10:
            head.take(.userAgent, name, value)
            if name.equalsIgnoringCase("connection") { head.noteConnection(value) }
        case 11: head.take(.secPurpose, name, value)
        case 14 where name.equalsIgnoringCase("content-length"):
            guard head.contentLength == nil, value.count > 0, value.allSatisfy(isDigit) else {
                throw .badRequest
            }
            head.contentLength = value
        case 15:
            head.take(.acceptLanguage, name, value)
            head.take(.secCHUAModel, name, value)
            if name.equalsIgnoringCase("x-forwarded-for") { head.addForwardedFor(value) }
        case 16:
            head.take(.secCHUAMobile, name, value)
            head.take(.xRequestedWith, name, value)
        case 17 where name.equalsIgnoringCase("transfer-encoding"):
            guard !head.hasTransferEncoding else { throw .badRequest }
            head.hasTransferEncoding = true
        case 17 where name.equalsIgnoringCase("x-forwarded-proto"):
            // A list, or lines, where there are several proxies: the first one saw the visitor.
            if !head.hasForwardedProto {
                head.saysTLS = value.view(0, 5).equalsIgnoringCase("https")
            }
            head.hasForwardedProto = true
        case 18: head.take(.secCHUAPlatform, name, value)
        case 22: head.take(.secCHUAFormFactors, name, value)
        case 26: head.take(.secCHUAPlatformVersion, name, value)
        case 27: head.take(.secCHUAFullVersionList, name, value)
        default: break
        }
    }

    private static func check(_ head: inout RequestHead) throws(Refusal) {
        // Only HTTP/1.0 may leave the host out.
        guard head.host != nil || !head.isHTTP11 else { throw .badRequest }
        if let host = head.host, !HostName.isValid(host) { throw .badRequest }
        if let targetHost = head.targetHost, !HostName.isValid(targetHost) { throw .badRequest }
        guard head.contentLength == nil || !head.hasTransferEncoding else { throw .badRequest }
        let length = head.contentLength ?? .none
        head.hasBody = head.hasTransferEncoding || length.contains { $0 != 0x30 }
    }

    // MARK: - Characters

    private static let ones: UInt64 = 0x0101_0101_0101_0101

    /// Where the run of token characters ends.
    private static func endOfName(in bytes: ByteView, from start: Int) -> Int {
        let raw = UnsafeRawBufferPointer(bytes)
        var index = start
        while index < raw.count {
            if index + 8 <= raw.count {
                // Eight at a time: names are letters and hyphens. No sum passes its byte.
                let word = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self).littleEndian
                let low = word & (ones &* 0x7F)
                let folded = low | ones &* 0x20
                let letters = (folded &+ ones &* (0x80 - 0x61)) & ~(folded &+ ones &* (0x7F - 0x7A))
                let notHyphens = (low ^ ones &* 0x2D) &+ ones &* 0x7F
                let others = (~letters & notHyphens | word) & (ones &* 0x80)
                index += others.trailingZeroBitCount >> 3
                if others == 0 { continue }
            }
            guard isTokenCharacter(raw[index]) else { return index }
            index += 1
        }
        return index
    }

    /// Where the first control character other than the tab stands.
    private static func endOfValue(in bytes: ByteView, from start: Int) -> Int {
        let raw = UnsafeRawBufferPointer(bytes)
        var index = start
        while index < raw.count {
            if index + 8 <= raw.count {
                // Eight at a time: a borrow sets the highest bit of bytes below 0x20, and of those that
                // are 0x7F; the lowest one that is set is right. (The tests "hasless" and "haszero" of
                // Anderson's "Bit Twiddling Hacks".)
                let word = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self).littleEndian
                let delete = word ^ (ones &* 0x7F)
                let low = (word &- ones &* 0x20) & ~word
                let found = (low | (delete &- ones) & ~delete) & (ones &* 0x80)
                index += found.trailingZeroBitCount >> 3
                if found == 0 { continue }
            }
            if isControlCharacter(raw[index]) { return index }
            index += 1
        }
        return index
    }

    @inline(__always)
    private static func isControlCharacter(_ byte: UInt8) -> Bool {
        (byte < 0x20 && byte != 0x09) || byte == 0x7F
    }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    /// RFC 9110, section 5.6.2: `tchar`.
    @inline(__always)
    static func isTokenCharacter(_ byte: UInt8) -> Bool {
        // Two 64-bit maps of the ASCII characters that a token is made of.
        let low: UInt64 = 0x03FF_6CFA_0000_0000
        let high: UInt64 = 0x57FF_FFFF_C7FF_FFFE
        guard byte < 0x80 else { return false }
        return (byte < 64 ? low >> UInt64(byte) : high >> UInt64(byte - 64)) & 1 == 1
    }
}

extension RequestHead {
    /// Keeps a header's value when the name is the header's and no line before was.
    @inline(__always)
    fileprivate mutating func take(_ header: ClickHeader, _ name: ByteView, _ value: ByteView) {
        let index = Int(header.rawValue)
        guard headers[index].baseAddress == nil, name.equalsIgnoringCase(header.name) else {
            return
        }
        headers[index] = value
    }

    fileprivate mutating func addForwardedFor(_ value: ByteView) {
        forwardedFor[forwardedForCount % Self.forwardingLines] = value
        forwardedForCount += 1
    }

    fileprivate mutating func addForwarded(_ value: ByteView) {
        forwarded[forwardedCount % Self.forwardingLines] = value
        forwardedCount += 1
    }

    fileprivate mutating func noteConnection(_ value: ByteView) {
        var start = 0
        while start <= value.count {
            var end = start
            while end < value.count, value[end] != 0x2C { end += 1 }
            let option = value.view(start, end).trimmed
            if option.equalsIgnoringCase("close") { asksToClose = true }
            if option.equalsIgnoringCase("keep-alive") { asksToKeepAlive = true }
            start = end + 1
        }
    }
}
