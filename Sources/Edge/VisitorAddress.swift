import ClickModel

/// The address of a visitor: the peer's, or what trusted proxies say.
///
/// They say by which protocol the visitor came, too.
struct VisitorAddress {
    let trusted: [AddressRange]

    /// The address for a request.
    ///
    /// With no trusted peer it is the peer's. Else the hops of all `X-Forwarded-For` lines (or, where there is
    /// none, of all `Forwarded` lines) are walked from the right over trusted addresses; the first other one
    /// is the visitor. An entry that is no address ends the walk, as do lines before the last few: nobody knows.
    func of(_ head: borrowing RequestHead, peer: IPAddress?) -> IPAddress? {
        guard let peer, isTrusted(peer) else { return peer }
        if head.forwardedForCount > 0 {
            return walk(
                head.forwardedFor,
                head.forwardedForCount,
                peer,
                hasQuotes: false,
                Self.address(ofHop:)
            )
        }
        guard head.forwardedCount > 0 else { return peer }
        return walk(
            head.forwarded,
            head.forwardedCount,
            peer,
            hasQuotes: true,
            Self.address(ofElement:)
        )
    }

    /// Whether a visitor is known to have come by TLS.
    ///
    /// A proxy says so, or the browser: it tells its brands over nothing else.
    func isOverTLS(_ head: borrowing RequestHead, peer: IPAddress?) -> Bool {
        if head.headers[Int(ClickHeader.secCHUA.rawValue)].count > 0 { return true }
        return head.saysTLS && peer.map(isTrusted) ?? false
    }

    private func isTrusted(_ address: IPAddress) -> Bool {
        trusted.contains { $0.contains(address) }
    }

    private func walk(
        _ lines: borrowing InlineArray<8, ByteView>,
        _ count: Int,
        _ peer: IPAddress,
        hasQuotes: Bool,
        _ read: (ByteView) -> IPAddress?
    ) -> IPAddress? {
        var nearest = peer
        let kept = RequestHead.forwardingLines
        for index in (max(0, count - kept)..<count).reversed() {
            var rest = lines[index % kept]
            while true {
                let start = Self.lastEntry(of: rest, hasQuotes: hasQuotes)
                guard let address = read(rest.view(start, rest.count).trimmed) else { return nil }
                nearest = address
                guard isTrusted(address) else { return address }
                guard start > 0 else { break }
                rest = rest.view(0, start - 1)
            }
        }
        // Every hop is one of ours: the farthest is as near to the visitor as can be told, unless it isn't known.
        return count > kept ? nil : nearest
    }

    /// Where the last comma-separated entry begins; commas in quotes don't separate.
    ///
    /// Searched from the right: what a visitor wrote before a proxy's entry, such as a quote that nothing
    /// closes, must not swallow the entry.
    private static func lastEntry(of line: ByteView, hasQuotes: Bool) -> Int {
        var isQuoted = false
        var index = line.count
        while index > 0 {
            if hasQuotes, line[index - 1] == 0x22 { isQuoted.toggle() }
            if line[index - 1] == 0x2C, !isQuoted { return index }
            index -= 1
        }
        return 0
    }

    /// `1.2.3.4`, `1.2.3.4:56`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:56`.
    static func address(ofHop hop: ByteView) -> IPAddress? {
        guard hop.count > 0 else { return nil }
        if hop[0] == 0x5B {
            guard let end = hop.firstIndex(of: 0x5D) else { return nil }
            let after = hop.view(end + 1, hop.count)
            guard after.count == 0 || isPort(after) else { return nil }
            return IPAddress(hop.view(1, end))
        }
        if let address = IPAddress(hop) { return address }
        guard let colon = hop.firstIndex(of: 0x3A), isPort(hop.view(colon, hop.count)),
            let address = IPAddress(hop.view(0, colon)), address.isV4
        else { return nil }
        return address
    }

    private static func isPort(_ text: ByteView) -> Bool {
        (2...6).contains(text.count) && text[0] == 0x3A
            && text.view(1, text.count).allSatisfy(RequestParser.isDigit)
    }

    /// The `for` of an element of `Forwarded` (RFC 7239): `for=192.0.2.60;proto=http`.
    static func address(ofElement element: ByteView) -> IPAddress? {
        var start = 0
        while start < element.count {
            var end = start
            var isQuoted = false
            while end < element.count, element[end] != 0x3B || isQuoted {
                if element[end] == 0x22 { isQuoted.toggle() }
                end += 1
            }
            let pair = element.view(start, end).trimmed
            if pair.view(0, 4).equalsIgnoringCase("for=") {
                var node = pair.view(4, pair.count)
                if node.count >= 2, node[0] == 0x22, node[node.count - 1] == 0x22 {
                    node = node.view(1, node.count - 1)
                }
                return address(ofHop: node)
            }
            start = end + 1
        }
        return nil
    }
}
