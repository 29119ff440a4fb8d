import Testing

@testable import Enrichment

struct SlugTests {
    private static let cases: [(String, String?)] = [
        ("Mobile Safari UI/WKWebView", "mobile-safari-ui-wkwebview"), ("Chrome", "chrome"),
        ("Café Ünïcode", "cafe-unicode"), ("1.2.3", "1.2.3"), (".a..b.", "a-b"), ("a. b", "a-b"),
        ("  ", nil), ("", nil), ("---", nil), ("日本", nil), ("ﬁx", "fix"), ("Ⅳ", "iv"),
        ("a\u{0301}b", "ab"), ("x_y", "x-y"),
    ]

    @Test(arguments: cases)
    func `slugs are lower case ASCII with single dashes`(text: String, slug: String?) {
        #expect(Slug.of(text) == slug)
    }
}
