import ClickModel

/// Whether a click was paid for, by the parameters of the short link and of its destination.
enum PaidClick {
    /// Click ids that only advertisements carry.
    private static let clickIDs: [StaticString] = [
        "gclid", "gbraid", "wbraid", "msclkid", "ttclid", "twclid",
    ]

    /// Whether a URL's query, as it was written, says so.
    static func isMarked(url: ByteView) -> Bool {
        guard let mark = url.firstIndex(of: 0x3F) else { return false }
        let end = url.firstIndex(of: 0x23) ?? url.count
        return isMarked(query: url.view(mark + 1, end))
    }

    static func isMarked(query: ByteView) -> Bool {
        var isPaid = false
        QueryPairs.forEachRawPair(query) { name, value in
            if isPaid { return }
            isPaid = decoding(name) { name in
                if clickIDs.contains(where: { name.equalsIgnoringCase($0) }) {
                    return value.count > 0
                }
                guard name.equalsIgnoringCase("utm_medium") else { return false }
                return decoding(value, isPaidMedium)
            }
        }
        return isPaid
    }

    private static func isPaidMedium(_ value: ByteView) -> Bool {
        let value = value.trimmed
        return value.equalsIgnoringCase("cpc") || value.equalsIgnoringCase("ppc")
            || value.view(0, 4).equalsIgnoringCase("paid")
    }

    /// Longer ones are none of the words above, whatever is escaped in them.
    private static let longest = 128

    /// Calls `body` with what a name or value stands for: nearly all stand for themselves.
    private static func decoding(_ raw: ByteView, _ body: (ByteView) -> Bool) -> Bool {
        guard raw.contains(where: { $0 == 0x25 || $0 == 0x2B }) else { return body(raw) }
        let spaced = raw.view(0, longest).map { $0 == 0x2B ? 0x20 : $0 }
        return PercentEncoding.decode(spaced).withUnsafeBufferPointer(body)
    }
}
