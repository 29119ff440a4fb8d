import ClickModel

/// Reads the operating system out of user agents and client hints.
struct AgentSystem {
    private let list: PatternList

    init(_ patterns: [Tables.Pattern]) {
        list = PatternList(
            // HbbTV is no system: the maker's name behind it tells the television.
            patterns.filter { !$0.regex.hasPrefix("HbbTV/") },
            own: DataRows(PackageResources.systems_txt)
        )
    }

    /// Patterns that the engine refused.
    var refused: Int { list.refused }

    func read(_ text: AgentText, _ hints: ClientHints) -> OperatingSystem? {
        var system = Self.harmony(text)
        if system == nil, let found = list.match(text), let family = found.value(0) {
            let numbers = (1...4).compactMap { found.value($0) }
            system = OperatingSystem(family: family, numbers: numbers)
        }
        if system == nil || system?.name == "linux" { system = Self.unlisted(text) ?? system }
        if let disguised = Self.disguised(text), disguised.name != system?.name {
            system = disguised
        }
        if text.marks.has(.trident), text.contains("wpdesktop") {
            system = OperatingSystem(family: "Windows Phone", numbers: [])
        }
        if system?.name == "ios", let version = Self.unfrozen(text) {
            system = OperatingSystem(family: "iOS", numbers: Self.numbers(version))
        }
        guard let hinted = hints.system else { return system }
        guard let system else { return hinted }
        return hints.hasSystemVersion && !system.saysMore(than: hinted) ? hinted : system
    }

    /// The version where Safari's tells it: from iOS 26 on the system's stands still at 18.6 and 18.7.
    private static func unfrozen(_ text: AgentText) -> String? {
        guard text.contains("os 18_6") || text.contains("os 18_7"),
            let version = text.version(after: " version/"), text.contains(" safari/"),
            let major = Int(version.prefix { $0 != "." }), CommonAgent.firstUnfrozen...99 ~= major
        else { return nil }
        return version
    }

    private static func numbers(_ version: String?) -> [String] {
        (version ?? "").split(separator: ".").map(String.init)
    }

    /// HarmonyOS says that it is Android, too.
    private static func harmony(_ text: AgentText) -> OperatingSystem? {
        guard text.contains("harmonyos") || text.contains("openharmony") else { return nil }
        let version = text.version(after: "openharmony ") ?? text.version(after: "harmonyos ")
        return OperatingSystem(family: "HarmonyOS", numbers: numbers(version))
    }

    /// The system of a browser on a phone or tablet that claims to run on a computer, and of Android's apps
    /// on Chrome OS.
    private static func disguised(_ text: AgentText) -> OperatingSystem? {
        if text.contains("aphone browser") || text.contains("360(android") {
            return OperatingSystem(family: "Android", numbers: [])
        }
        if text.contains("chromebook") || text.contains("crosarc") {
            return OperatingSystem(family: "Chrome OS", numbers: [])
        }
        switch PuffinBuild(text)?.system {
        case .android?: return OperatingSystem(family: "Android", numbers: [])
        case .ios?: return OperatingSystem(family: "iOS", numbers: [])
        case nil: return nil
        }
    }

    /// Systems that uap-core's list doesn't see, mostly in the user agents of apps.
    private static func unlisted(_ text: AgentText) -> OperatingSystem? {
        if text.marks.has(.android) {
            let version = text.version(after: "android ") ?? text.version(after: "fbsv/")
            return OperatingSystem(family: "Android", numbers: numbers(version))
        }
        if text.contains(" build/"),
            let version = text.version(after: "(linux; ") ?? text.version(after: "(linux; u; ")
        {
            return OperatingSystem(family: "Android", numbers: numbers(version))
        }
        if let version = text.version(after: "; adr ") {
            return OperatingSystem(family: "Android", numbers: numbers(version))
        }
        if let version = text.version(after: "; wds ") {
            return OperatingSystem(family: "Windows Phone", numbers: numbers(version))
        }
        if text.contains("fbpn/com.facebook") {
            return OperatingSystem(
                family: "Android",
                numbers: numbers(text.version(after: "fbsv/"))
            )
        }
        if text.contains("watch os,") || text.contains("apple watch") {
            return OperatingSystem(
                family: "watchOS",
                numbers: numbers(text.version(after: "watch os,"))
            )
        }
        if text.contains("iphone") || text.contains("ipad") || text.contains("dv(iph")
            || text.contains(" ios") || text.contains("(ios") || text.contains("/ios")
            || text.contains(".ios")
        {
            return OperatingSystem(family: "iOS", numbers: numbers(text.version(after: "ov(")))
        }
        if text.contains("symbian") { return OperatingSystem(family: "Symbian", numbers: []) }
        if text.contains("webos;") { return OperatingSystem(family: "webOS", numbers: []) }
        guard text.marks.has(.workstation) else { return nil }
        if text.contains("mac os/") || text.contains("os=mac") || text.contains("macbook")
            || text.contains("macintosh") || text.contains("mac os x")
        {
            let version = text.version(after: "mac os/") ?? text.version(after: "os=mac ")
            return OperatingSystem(family: "macOS", numbers: numbers(version))
        }
        if text.contains("haiku") { return OperatingSystem(family: "Haiku", numbers: []) }
        let isWindows =
            text.contains("win64") || text.contains("win32") || text.contains("(win10")
        return isWindows ? OperatingSystem(family: "Windows", numbers: []) : nil
    }
}
