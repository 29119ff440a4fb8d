/// What kind of device a user agent speaks for.
enum DeviceClass {
    private static let desktops: Set<String> = [
        "windows", "macos", "linux", "chrome-os", "freebsd", "openbsd", "netbsd", "solaris",
    ]

    /// Finds the device class.
    ///
    /// - Parameters:
    ///   - text: The user agent.
    ///   - os: The operating system's name in events.
    ///   - isMobileHint: `Sec-CH-UA-Mobile`, where sent.
    /// - Returns: The class as events name it, or nil when nothing tells.
    static func of(
        _ text: AgentText,
        os: String?,
        isMobileHint: Bool?
    ) -> String? {
        // What apps are called says nothing of the phone that names itself: a maker's of cars, of speakers.
        if os == "ios" { return iOS(text) }
        if os == "android", text.marks.has(.phoneModel), text.marks.has(.mobile),
            !text.marks.has(.tablet)
        {
            return "smartphone"
        }
        if text.marks.has(.console) { return "game-console" }
        if os == "watchos" || text.marks.has(.wearable) { return "wearable-computer" }
        if text.marks.has(.car) { return "car" }
        if text.marks.has(.display) { return "smart-display" }
        if text.marks.has(.speaker) { return "smart-speaker" }
        if os == "tvos" || text.marks.has(.television) { return "smart-tv" }
        // Hisense makes televisions, and phones that say Mobile.
        if text.contains("hisense"), !text.marks.has(.mobile) { return "smart-tv" }
        if text.marks.has(.camera) { return "camera" }
        if text.marks.has(.player) { return "portable-media-player" }
        if text.marks.has(.reader), !text.marks.has(.tablet) { return "e-reader" }
        if text.marks.has(.assistant) { return "pda" }
        if let puffin = PuffinBuild(text) { return puffin.isTablet ? "tablet" : "smartphone" }
        switch os {
        case "android"?, "fire-os"?: return android(text, isMobileHint)
        case "windows"?: return windows(text)
        case "windows-phone"?: return "smartphone"
        case "kaios"?: return "feature-phone"
        // Computers and what else there is are rows of `devices.txt`.
        case "harmonyos"?: return text.marks.has(.tablet) ? "tablet" : "smartphone"
        // Amazon's tablets ask for pages of computers in the words of one.
        case "linux"? where text.contains("silk/"): return "tablet"
        case let name? where desktops.contains(name): return "desktop"
        default: break
        }
        if text.contains("ipad") || text.contains("playbook") || text.contains("tablet") {
            return "tablet"
        }
        if text.marks.has(.phone) || text.marks.has(.firefoxOS) { return "smartphone" }
        if text.marks.has(.simplePhone) { return "feature-phone" }
        return text.marks.has(.workstation) ? "desktop" : nil
    }

    private static func iOS(_ text: AgentText) -> String {
        if let puffin = PuffinBuild(text) { return puffin.isTablet ? "tablet" : "smartphone" }
        if text.contains("ipod") { return "portable-media-player" }
        return text.contains("ipad") ? "tablet" : "smartphone"
    }

    private static func windows(_ text: AgentText) -> String {
        if text.marks.has(.pocketWindows) { return "smartphone" }
        return text.marks.has(.handheldWindows) ? "tablet" : "desktop"
    }

    private static func android(_ text: AgentText, _ isMobileHint: Bool?) -> String {
        let marks = text.marks
        if marks.has(.laptop) { return "desktop" }
        if marks.has(.setTopBox) || namesScreen(text) { return "smart-tv" }
        if marks.has(.tablet), !text.contains("coolpad") { return "tablet" }
        // Who claims to be a computer hides a phone; Samsung's tablets do that by themselves.
        if marks.has(.workstation), !text.contains("samsungbrowser/") { return "smartphone" }
        if let isMobileHint { return isMobileHint ? "smartphone" : "tablet" }
        if marks.has(.mobile) || marks.has(.phoneModel) { return "smartphone" }
        // Google asks makers of tablets to leave "Mobile" out.
        return marks.has(.webKit) ? "tablet" : "smartphone"
    }

    /// Inches that televisions are sold in.
    private static let screens: Set<Int> = [
        24, 32, 39, 40, 42, 43, 48, 49, 50, 55, 58, 65, 70, 75, 77, 82, 83, 85, 98,
    ]

    /// Whether a model is named after its screen, as makers of televisions do: `32LE77SM`, `H55B7510`.
    private static func namesScreen(_ text: AgentText) -> Bool {
        guard let android = text.index(of: "android ") else { return false }
        let field = text.lowered[android...].drop { $0 != 0x3B }.prefix { $0 != 0x29 }
        return field.split(whereSeparator: { !isAlphanumeric($0) }).contains { token in
            var rest = token
            if let first = rest.first, isLetter(first) { rest.removeFirst() }
            let digits = rest.prefix { isDigit($0) }
            guard digits.count == 2, let inches = Int(String(decoding: digits, as: UTF8.self)),
                screens.contains(inches)
            else { return false }
            let series = rest.dropFirst(2)
            let number = series.drop { isLetter($0) }
            return number.startIndex > series.startIndex && number.prefix(2).count == 2
                && number.prefix(2).allSatisfy { isDigit($0) }
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { 0x61...0x7A ~= byte }
    private static func isDigit(_ byte: UInt8) -> Bool { 0x30...0x39 ~= byte }
    private static func isAlphanumeric(_ byte: UInt8) -> Bool { isLetter(byte) || isDigit(byte) }
}
