extension QueryPairs {
    /// Queries with more pairs take the way whose cost doesn't grow with their square.
    private static let fewPairs = 32

    /// Writes the multi-map as JSON: names in the order of their first appearance, each with all its values.
    package static func write(_ query: ByteView, to writer: ByteWriter) {
        guard query.count > 0 else { return writer.append("{}") }
        if !writePlain(query, to: writer) { writeAny(query, to: writer) }
    }

    private struct Pair {
        let nameStart: Int
        let nameEnd: Int
        let valueEnd: Int

        var valueStart: Int { min(nameEnd + 1, valueEnd) }
    }

    /// Writes a query of few pairs whose names stand for themselves, without allocating.
    ///
    /// - Returns: Whether it was one; otherwise nothing was written.
    private static func writePlain(_ query: ByteView, to writer: ByteWriter) -> Bool {
        withUnsafeTemporaryAllocation(of: Pair.self, capacity: fewPairs) { pairs in
            var count = 0
            var start = 0
            while start < query.count {
                var nameEnd = start
                while nameEnd < query.count, query[nameEnd] != 0x3D, query[nameEnd] != 0x26 {
                    guard isPlain(query[nameEnd]) else { return false }
                    nameEnd += 1
                }
                var end = nameEnd
                while end < query.count, query[end] != 0x26 { end += 1 }
                if end > start {
                    guard count < fewPairs else { return false }
                    let pair = Pair(nameStart: start, nameEnd: nameEnd, valueEnd: end)
                    pairs.initializeElement(at: count, to: pair)
                    count += 1
                }
                start = end + 1
            }
            write(UnsafeBufferPointer(rebasing: pairs[..<count]), of: query, to: writer)
            return true
        }
    }

    /// Whether a byte of a name needs no decoding.
    private static func isPlain(_ byte: UInt8) -> Bool {
        byte != 0x25 && byte != 0x2B && byte < 0x80
    }

    private static func write(
        _ pairs: UnsafeBufferPointer<Pair>,
        of query: ByteView,
        to writer: ByteWriter
    ) {
        let name = { (index: Int) in query.view(pairs[index].nameStart, pairs[index].nameEnd) }
        writer.append(0x7B)
        var isFirst = true
        for index in pairs.indices {
            let own = name(index)
            if (0..<index).contains(where: { name($0).elementsEqual(own) }) { continue }
            if !isFirst { writer.append(0x2C) }
            isFirst = false
            writer.append(json: own)
            writer.append(":[")
            for other in index..<pairs.count where name(other).elementsEqual(own) {
                if other > index { writer.append(0x2C) }
                write(value: query.view(pairs[other].valueStart, pairs[other].valueEnd), to: writer)
            }
            writer.append(0x5D)
        }
        writer.append(0x7D)
    }

    /// Writes one value, decoded.
    private static func write(value: ByteView, to writer: ByteWriter) {
        guard value.contains(where: { $0 == 0x25 || $0 == 0x2B }) else {
            return writer.append(json: value)
        }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: value.count) { decoded in
            let count = decode(value, into: decoded)
            writer.append(json: ByteView(rebasing: decoded[..<count]))
        }
    }

    /// Turns `+` into a space and escapes into their bytes; the result is never longer.
    private static func decode(_ text: ByteView, into room: UnsafeMutableBufferPointer<UInt8>)
        -> Int
    {
        var count = 0
        var index = 0
        while index < text.count {
            var byte = text[index]
            index += 1
            if byte == 0x2B {
                byte = 0x20
            } else if byte == 0x25, index + 1 < text.count, let high = text[index].hexValue,
                let low = text[index + 1].hexValue
            {
                byte = high << 4 | low
                index += 2
            }
            room[count] = byte
            count += 1
        }
        return count
    }

    /// Writes any query, at a cost that grows with its length alone.
    private static func writeAny(_ query: ByteView, to writer: ByteWriter) {
        // By bytes: to String, two ways of writing an accent are one name.
        var groups: [[UInt8]: Int] = [:]
        /// Of each name: its bytes, and its first and last pair.
        var names: [(name: [UInt8], first: Int, last: Int)] = []
        /// Of each pair: its value, and the next pair of its name.
        var pairs: [(value: ByteView, next: Int)] = []
        forEachRawPair(query) { rawName, value in
            let name = plain(rawName)
            if let group = groups[name] {
                pairs[names[group].last].next = pairs.count
                names[group].last = pairs.count
            } else {
                groups[name] = names.count
                names.append((name, pairs.count, pairs.count))
            }
            pairs.append((value, -1))
        }
        writer.append(0x7B)
        for (index, name) in names.enumerated() {
            if index > 0 { writer.append(0x2C) }
            name.name.withUnsafeBufferPointer { writer.append(json: $0) }
            writer.append(":[")
            var pair = name.first
            while pair >= 0 {
                if pair != name.first { writer.append(0x2C) }
                write(value: pairs[pair].value, to: writer)
                pair = pairs[pair].next
            }
            writer.append(0x5D)
        }
        writer.append(0x7D)
    }

    /// A name's bytes, decoded; malformed UTF-8 is U+FFFD.
    private static func plain(_ name: ByteView) -> [UInt8] {
        let decoded = [UInt8](unsafeUninitializedCapacity: name.count) { room, count in
            count = decode(name, into: room)
        }
        guard decoded.contains(where: { $0 >= 0x80 }) else { return decoded }
        return Array(String(decoding: decoded, as: UTF8.self).utf8)
    }
}
