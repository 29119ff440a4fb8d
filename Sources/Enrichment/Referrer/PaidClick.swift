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
            if clickIDs.contains(where: { name.equalsIgnoringCase($0) }) {
                isPaid = isPaid || value.count > 0
            } else if name.equalsIgnoringCase("utm_medium") {
                isPaid =
                    isPaid || value.equalsIgnoringCase("cpc") || value.equalsIgnoringCase("ppc")
                    || value.view(0, 4).equalsIgnoringCase("paid")
            }
        }
        return isPaid
    }
}
