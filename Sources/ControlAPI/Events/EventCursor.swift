import ClickModel

/// A place in the log as the API's clients carry it about: opaque to them.
struct EventCursor: Hashable {
    /// Where reading goes on.
    let offset: Offset

    init(_ offset: Offset) { self.offset = offset }

    /// Reads what `text` wrote; nil for anything else.
    init?(_ text: String) {
        guard text.utf8.count == 17, text.utf8.first == 0x65,
            text.utf8.dropFirst().allSatisfy({ $0.hexValue != nil }),
            let value = Int64(text.dropFirst(), radix: 16), value >= 0
        else { return nil }
        offset = Offset(value)
    }

    var text: String {
        let digits = String(max(0, offset.value), radix: 16)
        return "e" + String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}
