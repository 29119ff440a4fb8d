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
        if text.marks.has(.console) { return "game-console" }
        if os == "watchos" || text.marks.has(.wearable) { return "wearable-computer" }
        if text.marks.has(.car) { return "car" }
        if text.marks.has(.display) { return "smart-display" }
        if text.marks.has(.speaker) { return "smart-speaker" }
        if os == "tvos" || text.marks.has(.television) { return "smart-tv" }
        if text.marks.has(.camera) { return "camera" }
        if text.marks.has(.player) { return "portable-media-player" }
        if text.marks.has(.reader) { return "e-reader" }
        if text.marks.has(.assistant) { return "pda" }
        switch os {
        case "android"?, "fire-os"?: return android(text, isMobileHint)
        case "ios"?: return text.contains("ipad") ? "tablet" : "smartphone"
        case "windows"?: return text.marks.has(.handheldWindows) ? "tablet" : "desktop"
        case "kaios"?: return "feature-phone"
        case "harmonyos"?: return text.marks.has(.tablet) ? "tablet" : "smartphone"
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

    private static func android(_ text: AgentText, _ isMobileHint: Bool?) -> String {
        let marks = text.marks
        if marks.has(.laptop) { return "desktop" }
        if marks.has(.tablet) { return "tablet" }
        if let isMobileHint { return isMobileHint ? "smartphone" : "tablet" }
        if marks.has(.mobile) || marks.has(.phoneModel) { return "smartphone" }
        // Google asks makers of tablets to leave "Mobile" out.
        return marks.has(.webKit) ? "tablet" : "smartphone"
    }
}
