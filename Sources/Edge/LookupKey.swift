import ClickModel

/// What a link is looked up by: host, `/`, and the slashtag's folded bytes, in one run.
///
/// Built in a buffer that is reused from request to request; plain ASCII, which nearly all of them are,
/// takes no allocation.
struct LookupKey: ~Copyable {
    /// What a path asks for.
    enum Asked {
        /// `GET /`
        case root
        /// A link, whose key is in `bytes`.
        case link
        /// A path that can't be a link's: more segments, or bytes that no slashtag has.
        case nothing
        /// A path with a broken percent escape.
        case malformed
    }

    private var buffer: [UInt8] = []
    /// Bytes of the host in the buffer.
    private(set) var hostLength = 0

    init() { buffer.reserveCapacity(1024) }

    /// The host's bytes, in lower case.
    var host: String { String(decoding: buffer.prefix(hostLength), as: UTF8.self) }

    /// The slashtag's folded bytes.
    var slashtag: ArraySlice<UInt8> { buffer.dropFirst(hostLength + 1) }

    /// The whole key.
    func withBytes<Result>(_ body: (ByteView) -> Result) -> Result {
        buffer.withUnsafeBufferPointer(body)
    }

    /// The slashtag that a path asks for, in the visitor's own spelling; for a path that `read` calls a link.
    static func slashtagAsAsked(_ path: ByteView) -> String {
        var rest = path.view(1, path.count)
        if rest.count > 1, rest[rest.count - 1] == 0x2F { rest = rest.view(0, rest.count - 1) }
        return String(decoding: decoded(rest) ?? [], as: UTF8.self)
    }

    /// Reads host and path.
    mutating func read(host: ByteView, path: ByteView) -> Asked {
        buffer.removeAll(keepingCapacity: true)
        var name = HostName.withoutPort(host)
        if name.count > 1, name[name.count - 1] == 0x2E { name = name.view(0, name.count - 1) }
        for byte in name { buffer.append(byte.asciiLowercased) }
        hostLength = buffer.count
        buffer.append(0x2F)
        return readSlashtag(path)
    }

    private mutating func readSlashtag(_ path: ByteView) -> Asked {
        // The path begins with a slash, or is empty (an absolute target without one).
        var rest = path.view(1, path.count)
        if rest.count > 1, rest[rest.count - 1] == 0x2F { rest = rest.view(0, rest.count - 1) }
        guard rest.count > 0 else { return .root }
        var isPlain = true
        for byte in rest {
            isPlain = isPlain && byte > 0x20 && byte < 0x7F && byte != 0x25 && byte != 0x2F
        }
        guard isPlain, rest.count <= SlashtagKey.maximumLength else { return readEncoded(rest) }
        for byte in rest { buffer.append(byte.asciiLowercased) }
        return .link
    }

    /// The rare ways: percent escapes, other scripts, things that are no slashtag.
    private mutating func readEncoded(_ text: ByteView) -> Asked {
        guard text.count <= SlashtagKey.maximumLength * 3 else { return .nothing }
        guard let decoded = Self.decoded(text) else { return .malformed }
        guard let key = decoded.withUnsafeBufferPointer({ SlashtagKey(decoded: $0) }) else {
            return .nothing
        }
        buffer += key.bytes
        return .link
    }

    /// A text without its percent escapes; nil when one is broken.
    private static func decoded(_ text: ByteView) -> [UInt8]? {
        var decoded: [UInt8] = []
        var index = 0
        while index < text.count {
            guard text[index] == 0x25 else {
                decoded.append(text[index])
                index += 1
                continue
            }
            guard index + 2 < text.count, let high = text[index + 1].hexValue,
                let low = text[index + 2].hexValue
            else { return nil }
            decoded.append(high << 4 | low)
            index += 3
        }
        return decoded
    }
}
