import ClickModel

/// A user agent in one of the few forms that nearly all browsers share, cut into its pieces.
///
/// In these forms, from version 10 on, nothing but the browser's version follows from the version's digits, and the digits of the
/// products around it tell nothing: so what was found for one of them holds for all that share form and platform.
struct CommonAgent {
    /// Which of `forms` it has.
    let form: Int
    /// What stands in the first parentheses: the system, the device.
    let platform: Range<Int>
    /// The browser's version.
    let version: Range<Int>

    /// What follows the platform.
    ///
    /// `%` is the browser's version, `#` one with four numbers, `~` another
    /// product's, `@` a word.
    static let forms: [StaticString] = [
        "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/# Safari/537.36",
        "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/# Mobile Safari/537.36",
        "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/~ Safari/537.36 Edg/#",
        "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/~ Mobile Safari/537.36 EdgA/#",
        "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/~ Safari/537.36 OPR/#",
        "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/~ Mobile Safari/537.36 OPR/#",
        "AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/% Chrome/~ Mobile Safari/537.36",
        "AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/# Mobile Safari/537.36",
        "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/% Safari/605.1.15",
        "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/% Mobile/@ Safari/604.1",
        "AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/% Mobile/@ Safari/604.1",
        "AppleWebKit/605.1.15 (KHTML, like Gecko) GSA/% Mobile/@ Safari/604.1",
    ]

    /// From this version on Safari's tells the one of iOS, which the platform doesn't any more.
    static let firstUnfrozen = 26
    /// The form of Safari on iOS.
    private static let mobileSafari = 9

    init?(_ text: ByteView) {
        let start = "Mozilla/5.0 (" as StaticString
        guard text.count <= 512, text.view(0, start.utf8CodeUnitCount).equals(start),
            let end = text.firstIndex(of: 0x29), end + 1 < text.count, text[end + 1] == 0x20
        else { return nil }
        platform = start.utf8CodeUnitCount..<end
        let rest = text.view(end + 2, text.count)
        for (form, template) in Self.forms.enumerated() {
            guard let version = Self.match(rest, template) else { continue }
            if form == Self.mobileSafari,
                Self.number(rest, version.lowerBound) >= Self.firstUnfrozen
            {
                return nil
            }
            self.form = form
            self.version = end + 2 + version.lowerBound..<end + 2 + version.upperBound
            return
        }
        return nil
    }

    /// Where the version is in a text that has the form; nil when it has another one.
    private static func match(_ text: ByteView, _ template: StaticString) -> Range<Int>? {
        let form = ByteView(start: template.utf8Start, count: template.utf8CodeUnitCount)
        var version: Range<Int>?
        var index = 0
        for byte in form {
            let start = index
            switch byte {
            case 0x23, 0x25, 0x7E:
                while index < text.count, isDigit(text[index]) || text[index] == 0x2E { index += 1 }
                let digits = text.view(start, index)
                let dots = digits.count { $0 == 0x2E }
                // uap-core's list takes other versions for other browsers' here and there.
                guard digits.count > 2, isDigit(digits[0]), isDigit(digits[1]),
                    isDigit(digits[digits.count - 1]), byte == 0x23 ? dots == 3 : dots > 0
                else { return nil }
                if byte != 0x7E { version = start..<index }
            case 0x40:
                while index < text.count, isWord(text[index]) { index += 1 }
                guard index > start else { return nil }
            default:
                guard index < text.count, text[index] == byte else { return nil }
                index += 1
            }
        }
        return index == text.count ? version : nil
    }

    /// The two digits that every version begins with.
    private static func number(_ text: ByteView, _ index: Int) -> Int {
        Int(text[index] & 15) * 10 + Int(text[index + 1] & 15)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { 0x30...0x39 ~= byte }

    private static func isWord(_ byte: UInt8) -> Bool {
        isDigit(byte) || 0x41...0x5A ~= byte & 0xDF
    }
}

/// What is known of the agents that share a form, a platform and all other headers that describe them.
final class CommonFacts: Sendable {
    let key: [UInt8]
    /// With the version of the one that it was found for.
    let facts: AgentFacts

    init(_ facts: AgentFacts, key: ByteView) {
        self.key = Array(key)
        self.facts = facts
    }
}
