import ClickModel

/// A user agent, searched without regard to case.
struct AgentText {
    /// As it was sent.
    let bytes: [UInt8]
    /// The same in lower case.
    let lowered: [UInt8]
    /// The words it holds that tell something.
    let marks: AgentMarks

    /// Longer ones are no browser's: the rest of them tells nothing and costs time.
    static let maximumBytes = 2048

    init(_ bytes: ByteView, _ finder: AgentMarkFinder) {
        let bytes = bytes.view(0, Self.maximumBytes)
        self.bytes = Array(bytes)
        lowered = bytes.map(\.asciiLowercased)
        marks = finder.find(in: bytes)
    }

    /// Whether it claims to be a browser and names the engine that it shows pages by.
    var showsPages: Bool {
        marks.has(.browser)
            && (marks.has(.webKit) || marks.has(.gecko) || marks.has(.trident)
                || marks.has(.presto))
    }

    /// The same text with spaces in place of some parts.
    func blanking(_ ranges: [Range<Int>], _ finder: AgentMarkFinder) -> AgentText {
        var bytes = bytes
        for range in ranges {
            for index in range.clamped(to: bytes.indices) { bytes[index] = 0x20 }
        }
        return bytes.withUnsafeBufferPointer { AgentText($0, finder) }
    }

    /// Where Chrome writes `K` for every model.
    private var hiddenModel: Int? { index(of: "; k)") }

    /// Whether it names no model on purpose.
    var hidesModel: Bool { hiddenModel != nil }

    /// The same text with a model in place of the `K` that Chrome writes for every one; nil when it wrote none.
    func naming(_ model: String, _ finder: AgentMarkFinder) -> AgentText? {
        guard let start = hiddenModel else { return nil }
        var bytes = bytes
        bytes.replaceSubrange(start + 2..<start + 3, with: model.utf8)
        return bytes.withUnsafeBufferPointer { AgentText($0, finder) }
    }

    /// Where a lower-case needle begins.
    func index(of needle: StaticString, from start: Int = 0) -> Int? {
        index(
            of: ByteView(start: needle.utf8Start, count: needle.utf8CodeUnitCount),
            from: start
        )
    }

    private func index(of needle: ByteView, from start: Int = 0) -> Int? {
        let count = needle.count
        guard count > 0, start >= 0, lowered.count - start >= count else { return nil }
        return lowered.withUnsafeBufferPointer { text in
            var index = start
            while index <= text.count - count {
                var offset = 0
                while offset < count, text[index + offset] == needle[offset] { offset += 1 }
                if offset == count { return index }
                index += 1
            }
            return nil
        }
    }

    func contains(_ needle: StaticString) -> Bool { index(of: needle) != nil }

    /// The dotted number at an index: `227.0.0.43.158`; underscores count as dots.
    ///
    /// An index inside of its first number is as good: some patterns take that number's first digit for what parts it
    /// from the name (`Instagram389.0`).
    func version(at index: Int) -> String? {
        var end = index
        while end < bytes.count, isOfVersion(bytes[end]) { end += 1 }
        guard index < end else { return nil }
        var start = index
        while start > 0, 0x30...0x39 ~= bytes[start - 1] { start -= 1 }
        var token = bytes[start..<end].map { $0 == 0x5F ? 0x2E : $0 }[...]
        while token.last == 0x2E { token.removeLast() }
        while token.first == 0x2E { token.removeFirst() }
        return token.isEmpty ? nil : String(decoding: token, as: UTF8.self)
    }

    /// The dotted number that follows a lower-case needle.
    func version(after needle: StaticString) -> String? {
        index(of: needle).flatMap { version(at: $0 + needle.utf8CodeUnitCount) }
    }

    /// The dotted number that follows a lower-case needle.
    func version(after needle: [UInt8]) -> String? {
        needle.withUnsafeBufferPointer { index(of: $0) }.flatMap { version(at: $0 + needle.count) }
    }

    private func isOfVersion(_ byte: UInt8) -> Bool {
        0x30...0x39 ~= byte || byte == 0x2E || byte == 0x5F
    }
}
