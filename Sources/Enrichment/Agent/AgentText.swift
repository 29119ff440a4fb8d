import ClickModel

/// A user agent, searched without regard to case.
struct AgentText {
    /// As it was sent.
    let bytes: [UInt8]
    /// The same in lower case.
    let lowered: [UInt8]

    init(_ bytes: ByteView) {
        // Longer ones are no browser's; the rest of them tells nothing and costs time.
        self.bytes = Array(bytes.prefix(2048))
        lowered = self.bytes.map(\.asciiLowercased)
    }

    /// Where a lower-case needle begins.
    func index(of needle: StaticString, from start: Int = 0) -> Int? {
        let count = needle.utf8CodeUnitCount
        guard count > 0, lowered.count - start >= count else { return nil }
        let first = needle.utf8Start[0]
        var index = start
        while index <= lowered.count - count {
            if lowered[index] == first {
                var offset = 1
                while offset < count, lowered[index + offset] == needle.utf8Start[offset] { offset += 1 }
                if offset == count { return index }
            }
            index += 1
        }
        return nil
    }

    func contains(_ needle: StaticString) -> Bool { index(of: needle) != nil }

    func containsAny(_ needles: [StaticString]) -> Bool { needles.contains { contains($0) } }

    /// The dotted number at an index: `227.0.0.43.158`; underscores count as dots.
    func version(at index: Int) -> String? {
        var end = index
        while end < bytes.count, isOfVersion(bytes[end]) { end += 1 }
        let token = bytes[min(index, end)..<end].map { $0 == 0x5F ? 0x2E : $0 }
        let text = String(decoding: token, as: UTF8.self).trimmingDots
        return text.isEmpty ? nil : text
    }

    /// The dotted number that follows a lower-case needle.
    func version(after needle: StaticString) -> String? {
        index(of: needle).flatMap { version(at: $0 + needle.utf8CodeUnitCount) }
    }

    /// The text of a range.
    func text(_ range: Range<Int>) -> String {
        String(decoding: bytes[range.clamped(to: 0..<bytes.count)], as: UTF8.self)
    }

    private func isOfVersion(_ byte: UInt8) -> Bool {
        0x30...0x39 ~= byte || byte == 0x2E || byte == 0x5F
    }
}

extension String {
    /// Without dots at the ends.
    var trimmingDots: String {
        var rest = self[...]
        while rest.last == "." { rest.removeLast() }
        while rest.first == "." { rest.removeFirst() }
        return String(rest)
    }
}
