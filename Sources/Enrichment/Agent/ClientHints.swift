import ClickModel

/// What `Sec-CH-UA*` headers tell (User-Agent Client Hints).
struct ClientHints {
    let platform: String?
    let platformVersion: [String]
    let model: String?
    let isMobile: Bool?
    /// Brands with their versions; the full list where it was sent.
    let brands: [(name: String, version: String)]

    init(_ request: borrowing ClickRequest) {
        platform = Self.string(request[.secCHUAPlatform])
        platformVersion = (Self.string(request[.secCHUAPlatformVersion]) ?? "")
            .split(separator: ".").map(String.init)
        model = Self.string(request[.secCHUAModel])
        let mobile = request[.secCHUAMobile]
        isMobile = mobile.equals("?1") ? true : mobile.equals("?0") ? false : nil
        let full = request[.secCHUAFullVersionList]
        brands = Self.list(full.count > 0 ? full : request[.secCHUA])
    }

    /// The operating system, as far as hints tell it.
    var system: OperatingSystem? {
        guard let platform, !platform.isEmpty, platform != "Unknown" else { return nil }
        switch platform {
        case "Windows": return windows
        case "macOS": return OperatingSystem(family: "macOS", numbers: platformVersion)
        case "Android", "Linux", "Chrome OS", "iOS":
            return OperatingSystem(family: platform, numbers: platformVersion)
        default: return OperatingSystem(family: platform, numbers: platformVersion)
        }
    }

    /// Whether the hints say more than the name.
    var hasSystemVersion: Bool { !platformVersion.isEmpty }

    /// Microsoft's table of Windows' versions behind Sec-CH-UA-Platform-Version.
    private var windows: OperatingSystem? {
        guard let major = platformVersion.first.flatMap({ Int($0) }) else { return nil }
        let minor = platformVersion.count > 1 ? platformVersion[1] : "0"
        let name =
            major >= 13 ? "11" : major >= 1 ? "10" : minor == "3" ? "8.1" : minor == "2" ? "8" : "7"
        return OperatingSystem(family: "Windows", numbers: [name])
    }

    /// A structured header's string (RFC 8941): in quotes.
    private static func string(_ value: ByteView) -> String? {
        guard value.count >= 2, value[0] == 0x22, value[value.count - 1] == 0x22 else { return nil }
        let inside = value.view(1, value.count - 1).text.replacing("\\\"", with: "\"")
        return inside.isEmpty ? nil : inside
    }

    /// `"Brand";v="1.2.3", ...`, without the made-up ones that keep parsers honest.
    private static func list(_ value: ByteView) -> [(name: String, version: String)] {
        var found: [(String, String)] = []
        for item in value.text.split(separator: ",").prefix(16) {
            let parts = item.split(separator: ";v=", maxSplits: 1)
            guard parts.count == 2 else { continue }
            let name = parts[0].trimmingQuotes
            let isMadeUp = name.contains("Not") && name.contains("Brand")
            if !isMadeUp { found.append((name, parts[1].trimmingQuotes)) }
        }
        return found
    }
}

extension Substring {
    /// Without blanks and quotes at the ends.
    fileprivate var trimmingQuotes: String {
        let isOuter = { (character: Character) in character == " " || character == "\"" }
        var rest = drop(while: isOuter)
        while let last = rest.last, isOuter(last) { rest.removeLast() }
        return String(rest)
    }
}
