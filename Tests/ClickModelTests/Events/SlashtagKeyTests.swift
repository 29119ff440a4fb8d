import ClickModel
import TestKit
import Testing

struct SlashtagKeyTests {
    @Test(arguments: [
        ("Spring", "sPRING"), ("e\u{301}té", "\u{C9}T\u{C9}"), ("straße", "STRASSE"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"), ("ﬁn", "FIN"), ("ПРИВЕТ", "привет"), ("İ", "i\u{307}"),
        ("\u{212B}", "å"), ("世界", "世界"), ("%20", "%20"), ("ALTıN", "altın"), ("ıı", "ıı"),
    ])
    func `spellings that differ in case or composition are one`(left: String, right: String) {
        #expect(SlashtagKey(left) != nil)
        #expect(SlashtagKey(left) == SlashtagKey(right))
    }

    @Test(arguments: [
        ("a", "b"), ("é", "e"), ("a.", "a"), ("spring", "spring1"), ("altın", "altin"),
        ("ı", "I"), ("ı\u{307}", "i\u{307}"),
    ])
    func `other slashtags are others`(left: String, right: String) {
        #expect(SlashtagKey(left) != SlashtagKey(right))
    }

    @Test(arguments: [
        "", "a/b", "a?b", "a#b", "a b", "a\tb", "a\u{0}b", "a\u{7F}", "\u{85}", "a\u{A0}b",
        "\u{2028}",
        "\u{3000}", "\u{9F}",
    ])
    func `separators, white space and control characters make none`(text: String) {
        #expect(SlashtagKey(text) == nil)
    }

    @Test func `malformed UTF-8 makes none`() {
        for bytes in [[0xFF], [0xC3], [0x61, 0xED, 0xA0, 0x80]] as [[UInt8]] {
            #expect(bytes.withUnsafeBufferPointer { SlashtagKey(decoded: $0) } == nil)
        }
    }

    @Test func `250 bytes are enough, 251 too many`() {
        #expect(SlashtagKey(String(repeating: "a", count: 250)) != nil)
        #expect(SlashtagKey(String(repeating: "a", count: 251)) == nil)
        #expect(SlashtagKey(String(repeating: "é", count: 125)) != nil)
        #expect(SlashtagKey(String(repeating: "é", count: 126)) == nil)
    }

    @Test func `a key is the key of itself`() {
        var random = SeededRandom(for: "slashtags")
        for _ in 0..<2000 {
            let scalars = (0..<Int.random(in: 1...8, using: &random)).compactMap { _ in
                Unicode.Scalar(UInt32.random(in: 0x21...0x1FFFF, using: &random))
            }
            let text = String(String.UnicodeScalarView(scalars))
            guard let key = SlashtagKey(text), key.bytes.count <= SlashtagKey.maximumLength else {
                continue
            }
            let again = key.bytes.withUnsafeBufferPointer { SlashtagKey(decoded: $0) }
            #expect(again == key, "\(scalars)")
        }
    }
}
