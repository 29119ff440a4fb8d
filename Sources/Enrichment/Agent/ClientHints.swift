import ClickModel

/// What `Sec-CH-UA*` headers tell (User-Agent Client Hints).
struct ClientHints {
    let platform: String?
    let platformVersion: [String]
    let model: String?
    let isMobile: Bool?
    /// What the device is, as events name it.
    let form: String?
    /// Brands with their versions, empty where they have none; the full list where it was sent.
    let brands: [(name: String, version: String)]

    init(_ request: borrowing ClickRequest) {
        platform = Self.string(request[.secCHUAPlatform])
        let numbers = Self.string(request[.secCHUAPlatformVersion]) ?? ""
        platformVersion =
            Self.isVersion(numbers) ? numbers.split(separator: ".").map(String.init) : []
        model = Self.string(request[.secCHUAModel])
        let mobile = request[.secCHUAMobile]
        isMobile = mobile.equals("?1") ? true : mobile.equals("?0") ? false : nil
        form = Self.form(request[.secCHUAFormFactors])
        let full = request[.secCHUAFullVersionList]
        brands = Self.list(full.count > 0 ? full : request[.secCHUA])
    }

    /// The operating system, as far as hints tell it.
    var system: OperatingSystem? {
        guard let platform, !platform.isEmpty, platform != "Unknown" else { return nil }
        switch platform {
        case "Windows": return windows
        // The kernel's version, which is no distribution's.
        case "Linux": return OperatingSystem(family: platform, numbers: [])
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

    /// Whether a brand says that nobody looks.
    var isHeadless: Bool { brands.contains { $0.name.hasPrefix("Headless") } }

    /// A structured header's string (RFC 9651): in quotes; bare, as some proxies leave it, is as good.
    private static func string(_ value: ByteView) -> String? {
        var inside = value.trimmed
        guard inside.count > 0, inside.count <= 128 else { return nil }
        let text = inside[0] == 0x22 ? quoted(&inside) : inside.text
        return text?.isEmpty ?? true ? nil : text
    }

    /// Forms that the hint has a word for, the one first that says most of a device that has several.
    private static let forms: [(word: StaticString, name: String)] = [
        ("automotive", "car"), ("xr", "wearable-computer"), ("watch", "wearable-computer"),
        ("eink", "e-reader"), ("tablet", "tablet"), ("mobile", "smartphone"),
        ("desktop", "desktop"),
    ]

    /// A list of strings (RFC 9651): `"Mobile", "EInk"`.
    private static func form(_ value: ByteView) -> String? {
        let words = value.view(0, 256).split(separator: 0x2C).prefix(8).map {
            ByteView(rebasing: $0).trimmed
        }
        return forms.first { form in
            words.contains { word in
                let isQuoted = word.count >= 2 && word[0] == 0x22
                return (isQuoted ? word.view(1, word.count - 1) : word).equalsIgnoringCase(
                    form.word
                )
            }
        }?.name
    }

    private static func isVersion(_ text: String) -> Bool {
        text.utf8.allSatisfy { 0x30...0x39 ~= $0 || $0 == 0x2E }
    }

    /// `"Brand";v="1.2.3", ...`, without the made-up ones that keep parsers honest.
    private static func list(_ value: ByteView) -> [(name: String, version: String)] {
        var found: [(String, String)] = []
        var rest = value.view(0, 2048)
        while found.count < 16, let name = quoted(&rest) {
            guard let version = version(&rest) else { continue }
            let isMadeUp = name.contains("Not") && name.contains("Brand")
            // What is no version is any text that the visitor chose.
            if !isMadeUp { found.append((name, isVersion(version) ? version : "")) }
        }
        return found
    }

    /// Takes `;v="1.2"` from the beginning of `rest`, blanks behind the semicolon or none.
    private static func version(_ rest: inout ByteView) -> String? {
        var ahead = rest
        guard ahead.first == 0x3B else { return nil }
        ahead = ahead.view(1, ahead.count).trimmed
        guard ahead.view(0, 3).equals("v=\"") else { return nil }
        rest = ahead.view(2, ahead.count)
        return quoted(&rest)
    }

    /// Takes the next text in quotes from `rest`, forgiving a missing last quote; a backslash escapes what follows.
    private static func quoted(_ rest: inout ByteView) -> String? {
        guard let start = rest.firstIndex(of: 0x22) else { return nil }
        var text: [UInt8] = []
        var index = start + 1
        while index < rest.count, rest[index] != 0x22 {
            if rest[index] == 0x5C, index + 1 < rest.count { index += 1 }
            text.append(rest[index])
            index += 1
        }
        rest = rest.view(index + 1, rest.count)
        return String(decoding: text, as: UTF8.self)
    }
}
