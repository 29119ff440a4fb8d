/// The rules that an app's parts must obey.
enum AppRules {
    private static let longest = 2048
    /// What a browser would run instead of opening an app.
    private static let forbiddenSchemes: Set = [
        "javascript", "data", "vbscript", "file", "about", "blob",
    ]

    static func check(ios: String?, android: String?) throws(CatalogError) {
        guard ios != nil || android != nil else {
            throw .invalid("ios", "an app opens on ios, on android or on both")
        }
        if let ios { try check(url: ios, "ios") }
        if let android { try check(url: android, "android") }
    }

    /// Checks where in an app a link leads: visible ASCII, for it goes into `Location`.
    static func check(path: String) throws(CatalogError) {
        guard (1...longest).contains(path.utf8.count), isVisible(path), !path.contains("#Intent")
        else {
            throw .invalid("path", "a path has 1 to \(longest) visible characters of ASCII")
        }
    }

    private static func check(url: String, _ property: String) throws(CatalogError) {
        let scheme = url.prefix { $0 != ":" }.lowercased()
        guard (1...longest).contains(url.utf8.count), isVisible(url),
            scheme.utf8.count < url.utf8.count, let first = scheme.utf8.first,
            0x61...0x7A ~= first, scheme.utf8.allSatisfy(isOfScheme),
            !forbiddenSchemes.contains(scheme)
        else {
            throw .invalid(property, "must be a URL that opens the app, such as youtube://{path}")
        }
    }

    private static func isVisible(_ text: String) -> Bool {
        text.utf8.allSatisfy { 0x21...0x7E ~= $0 }
    }

    /// RFC 3986, 3.1.
    private static func isOfScheme(_ byte: UInt8) -> Bool {
        0x61...0x7A ~= byte || 0x30...0x39 ~= byte || byte == 0x2B || byte == 0x2D || byte == 0x2E
    }
}
