#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Reads single members of an encoded event without decoding the rest.
///
/// The shape of an event is fixed, its members and their order too, so each is found by its key's bytes alone. They can't
/// stand inside a string: a quote in there has a backslash before it, and what begins with a string's own quotes is followed by
/// a comma or a brace, never by a colon. Only names of parameters are members that visitors choose, and all of them come behind
/// what is looked for.
package struct EventFields {
    private let event: ByteView

    package init(_ event: ByteView) { self.event = event }

    /// `client.location.country`.
    package var country: ByteView? { text(after: ["\"country\":"]) }
    /// `client.agent.type`.
    package var agentType: ByteView? { text(after: ["\"device\":", "\"type\":"]) }
    /// `referral.origin.type`.
    package var originType: ByteView? { text(after: ["\"origin\":", "\"type\":"]) }
    /// `referral.origin.name`.
    package var originName: ByteView? { text(after: ["\"origin\":", "\"name\":"]) }
    /// `route.id`.
    package var link: ByteView? { text(after: ["\"route\":", "\"id\":"]) }
    /// `route.slashtag`.
    package var slashtag: ByteView? { text(after: ["\"slashtag\":"]) }
    /// `route.domain.id`.
    package var domain: ByteView? { text(after: ["\"domain\":", "\"id\":"]) }
    /// `route.domain.raw`.
    package var domainName: ByteView? { text(after: ["\"domain\":", "\"raw\":"]) }
    /// `timestamp`.
    package var timestamp: ByteView? { text(after: ["\"timestamp\":"]) }

    /// `client.session.first`.
    package var isFirstOfSession: Bool {
        guard let session = event.end(of: "\"session\":", from: 0),
            let value = event.end(of: "\"first\":", from: session), value < event.count
        else { return false }
        return event[value] == 0x74
    }

    /// The text behind the last of some keys, each looked for behind the one before, as it stands between its quotes; nil for null.
    private func text(after keys: [StaticString]) -> ByteView? {
        var position = 0
        for key in keys {
            guard let end = event.end(of: key, from: position) else { return nil }
            position = end
        }
        return event.string(at: position)
    }

    /// Whether `details.link.tags` holds one of some names, given as they stand between quotes in JSON.
    package static func hasTag(_ details: ByteView, among names: [[UInt8]]) -> Bool {
        guard let list = details.end(of: "\"tags\":", from: 0) else { return false }
        // Behind the bracket, or the null.
        var position = list + 1
        while let tag = details.string(at: position) {
            if names.contains(where: { tag.elementsEqual($0) }) { return true }
            guard let base = details.baseAddress, let start = tag.baseAddress else { return false }
            // Behind the closing quote and the comma.
            position = start - base + tag.count + 2
        }
        return false
    }
}

extension ByteView {
    /// Where the first occurrence of a key, quotes and colon included, ends; it begins at or after an index.
    fileprivate func end(of key: StaticString, from start: Int) -> Int? {
        guard let base = baseAddress else { return nil }
        let length = key.utf8CodeUnitCount
        var position = Swift.max(0, start) + length - 1
        // There are fewer colons than anything else in a key.
        while position < count, let found = memchr(base + position, 0x3A, count - position) {
            let end = UnsafeRawPointer(found) - UnsafeRawPointer(base) + 1
            if memcmp(base + end - length, key.utf8Start, length) == 0 { return end }
            position = end
        }
        return nil
    }

    /// The content of a JSON string that begins at an index, escapes and all; nil when none does.
    fileprivate func string(at index: Int) -> ByteView? {
        guard index >= 0, index < count, self[index] == 0x22 else { return nil }
        var end = index + 1
        while end < count, self[end] != 0x22 { end += self[end] == 0x5C ? 2 : 1 }
        return end < count ? view(index + 1, end) : nil
    }
}
