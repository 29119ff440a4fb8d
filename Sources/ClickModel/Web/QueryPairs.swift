/// Pairs of a query string, by the URL Standard's `application/x-www-form-urlencoded` parser (section 5.1).
package enum QueryPairs {
    /// Every name and value in order: `+` is a space, escapes are decoded, malformed UTF-8 is U+FFFD.
    package static func parse(_ query: ByteView) -> [(name: String, value: String)] {
        query.split(separator: 0x26).map { pair in
            let end = pair.firstIndex(of: 0x3D) ?? pair.endIndex
            return (decoded(pair[..<end]), decoded(pair[end...].dropFirst()))
        }
    }

    /// Calls `body` with each pair as it is written, without decoding anything.
    package static func forEachRawPair(
        _ query: ByteView,
        _ body: (_ name: ByteView, _ value: ByteView) -> Void
    ) {
        var start = 0
        while start < query.count {
            var end = start
            var equals = -1
            while end < query.count, query[end] != 0x26 {
                if query[end] == 0x3D, equals < 0 { equals = end }
                end += 1
            }
            let nameEnd = equals < 0 ? end : equals
            if end > start {
                body(query.view(start, nameEnd), query.view(min(nameEnd + 1, end), end))
            }
            start = end + 1
        }
    }

    private static func decoded(_ bytes: Slice<ByteView>) -> String {
        guard bytes.contains(where: { $0 == 0x25 || $0 == 0x2B || $0 >= 0x80 }) else {
            return String(decoding: bytes, as: UTF8.self)
        }
        let spaced = bytes.map { $0 == 0x2B ? 0x20 : $0 }
        return String(decoding: PercentEncoding.decode(spaced), as: UTF8.self)
    }
}
