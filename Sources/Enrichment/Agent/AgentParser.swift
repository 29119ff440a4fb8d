import ClickModel

/// Reads user agents and client hints.
///
/// In-app browsers by a table of ours, everything else by uap-core's list; client hints say better what
/// browsers froze in their user agents. Tens of microseconds a user agent: results are cached.
struct AgentParser {
    private let agents: PatternList
    private let systems: PatternList
    private let devices: PatternList
    private let deviceClasses = PatternList(own: DataRows(PackageResources.devices_txt))
    private let bots: BotRules
    private let finder = AgentMarkFinder()

    init(_ patterns: Tables.UserAgents, crawlers: [BotRules.Crawler]) {
        agents = PatternList(patterns.agents, own: DataRows(PackageResources.browsers_txt))
        systems = PatternList(
            // HbbTV is no system: the maker's name behind it tells the television.
            patterns.systems.filter { !$0.regex.hasPrefix("HbbTV/") },
            own: DataRows(PackageResources.systems_txt)
        )
        devices = PatternList(patterns.devices)
        bots = BotRules(crawlers)
    }

    /// Patterns that the engine refused; what they would have found goes unseen.
    var refusedPatterns: Int {
        agents.refused + systems.refused + devices.refused + deviceClasses.refused
            + bots.refusedPatterns
    }

    /// Everything that a request tells of the program that made it.
    func parse(_ request: borrowing ClickRequest) -> AgentFacts {
        let text = text(of: request[.userAgent])
        let hints = ClientHints(request)
        var facts = AgentFacts()
        let plain = AgentNames.removed(from: text, finder) ?? text
        facts.bot = bots.judge(plain, request)
        if facts.bot == nil, hints.isHeadless {
            facts.bot = AgentFacts.Bot(category: "headless", reason: "client-hints")
        }
        if facts.bot?.reason == "no-user-agent" { return facts }
        readDevice(text, plain, hints, &facts)
        readBrowser(text, hints, request, &facts)
        readSystem(text, hints, &facts)
        let whole = hints.model.flatMap { text.naming($0, finder) } ?? text
        facts.device = deviceClasses.match(whole)?.value(0)
        if facts.device == nil {
            let own = DeviceClass.of(whole, os: facts.osName, isMobileHint: hints.isMobile)
            // A user agent that names its device says more than the hint.
            facts.device = own == nil || text.hidesModel ? hints.form ?? own : own
        }
        if facts.bot == nil, facts.namesNothing, !BotRules.mayBePersons(text) {
            facts.bot = AgentFacts.Bot(category: nil, reason: "user-agent")
        }
        facts.engine = Self.engine(text)
        return facts
    }

    private func text(of header: ByteView) -> AgentText {
        guard let restored = AgentSpelling.restored(header.view(0, AgentText.maximumBytes)) else {
            return AgentText(header, finder)
        }
        return restored.withUnsafeBufferPointer { AgentText($0, finder) }
    }

    private func readDevice(
        _ text: AgentText,
        _ plain: AgentText,
        _ hints: ClientHints,
        _ facts: inout AgentFacts
    ) {
        if let found = devices.match(text) {
            if found.value(0) != "Spider" {
                facts.brand = found.value(1)
                facts.model = found.value(2)
            } else if facts.bot == nil, !text.marks.has(.person),
                // The list looks for pieces of words: "bot" is in openSUSE's (Bottle), too.
                !plain.showsPages || plain.marks.has(.link),
                devices.match(plain)?.value(0) == "Spider"
            {
                facts.bot = AgentFacts.Bot(category: nil, reason: "user-agent")
            }
        }
        if let model = hints.model { facts.model = model }
    }

    // MARK: - Browser

    private func readBrowser(
        _ text: AgentText,
        _ hints: ClientHints,
        _ request: borrowing ClickRequest,
        _ facts: inout AgentFacts
    ) {
        if let app = InAppBrowsers.find(in: text) {
            facts.browserName = app.name
            facts.browserVersion = app.version
            return
        }
        if let found = agents.match(text), let family = found.value(0) {
            let slug = Slug.of(family)
            facts.browserName = slug.flatMap { InAppBrowsers.families[$0] } ?? slug
            facts.browserVersion = found.version
        }
        if facts.browserName == "other" { facts.browserName = nil }
        if text.marks.has(.presto), facts.browserName == "opera",
            let version = text.version(after: "version/")
        {
            // From 10 on Opera said 9.80 before, for servers that read one digit.
            facts.browserVersion = version
        }
        if facts.browserName == "hbbtv" { readTelevisionBrowser(text, &facts) }
        if let version = Self.earlySamsung(text, facts.browserName) {
            (facts.browserName, facts.browserVersion) = ("samsung-internet", version)
        }
        let package = request[.xRequestedWith].text
        if let app = InAppBrowsers.packages[package] {
            facts.browserName = app
            // The version in the user agent is the WebView's.
            facts.browserVersion = nil
        } else {
            refineVersion(hints, &facts)
        }
    }

    /// The version of Samsung's browser where it doesn't name itself.
    ///
    /// On Android a WebView says `Version/4.0` before `Chrome/`; what says less than 4 there is Samsung's. On
    /// Tizen the browser that has only a `Version/` is.
    private static func earlySamsung(_ text: AgentText, _ browser: String?) -> String? {
        guard let browser, let version = text.version(after: " version/") else { return nil }
        if text.marks.has(.android) {
            guard browser.hasPrefix("chrome"), let first = version.first, "123".contains(first),
                version.prefix(2) == "\(first)."
            else { return nil }
            return version
        }
        return text.contains("tizen") && browser.hasSuffix("safari") ? version : nil
    }

    /// HbbTV is what a television offers to pages; the browser stands beside it.
    private func readTelevisionBrowser(_ text: AgentText, _ facts: inout AgentFacts) {
        if text.marks.has(.presto) {
            facts.browserName = "opera"
            facts.browserVersion = text.version(after: "version/")
        } else if let version = text.version(after: " opr/") {
            (facts.browserName, facts.browserVersion) = ("opera", version)
        } else if let version = text.version(after: " chrome/") {
            (facts.browserName, facts.browserVersion) = ("chrome", version)
        }
    }

    /// Chromium's user agents say `131.0.0.0`; the hints have the rest, and brands that hide behind Chrome.
    private func refineVersion(_ hints: ClientHints, _ facts: inout AgentFacts) {
        guard var name = facts.browserName, !hints.brands.isEmpty else { return }
        let hidden = hints.brands.lazy.compactMap { brand in
            Self.hiddenBrands[brand.name].map { (name: $0, version: brand.version) }
        }.first
        if let hidden, name.hasPrefix("chrome") {
            (facts.browserName, facts.browserVersion) = hidden
            return
        }
        if name == "chrome", hints.brands.allSatisfy({ $0.name == "Chromium" }) {
            name = "chromium"
        }
        // Opera tells its version itself; which Opera it is, the brand.
        if name == "opera", let hidden { name = hidden.name }
        facts.browserName = name
        let own = hints.brands.first { brand in
            let slug = Slug.of(brand.name) ?? ""
            return Self.families[slug].map { name.hasPrefix($0) } ?? (slug == name)
        }
        let chromium = hints.brands.first { $0.name == "Chromium" }
        guard let brand = own ?? (name.hasPrefix("chrom") ? chromium : nil),
            brand.version.contains("."),
            let major = facts.browserVersion?.prefix(while: { $0 != "." }),
            brand.version.prefix(while: { $0 != "." }) == major
        else { return }
        facts.browserVersion = brand.version
    }

    /// What names in events begin with whose brand is another one.
    private static let families = ["google-chrome": "chrome", "microsoft-edge": "edge"]

    /// Browsers whose user agent is Chrome's to the letter.
    private static let hiddenBrands = [
        "Microsoft Edge": "edge", "Brave": "brave", "DuckDuckGo": "duckduckgo",
        "Vivaldi": "vivaldi", "Arc": "arc",
        "YaBrowser": "yandex-browser", "Opera": "opera", "Opera GX": "opera-gx",
        "Avast Secure Browser": "avast-secure-browser",
        "CCleaner Browser": "ccleaner-browser", "Norton Private Browser": "norton-private-browser",
    ]

    // MARK: - System

    private func readSystem(_ text: AgentText, _ hints: ClientHints, _ facts: inout AgentFacts) {
        var system = Self.harmony(text)
        if system == nil, let found = systems.match(text), let family = found.value(0) {
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
        if let hinted = hints.system, hints.hasSystemVersion || system == nil { system = hinted }
        facts.osName = system?.name
        facts.osVersion = system?.version
    }

    private static func numbers(_ version: String?) -> [String] {
        (version ?? "").split(separator: ".").map(String.init)
    }

    /// HarmonyOS says that it is Android, too.
    private static func harmony(_ text: AgentText) -> OperatingSystem? {
        guard text.contains("harmony") else { return nil }
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
        if text.contains("playstation 5") {
            return OperatingSystem(family: "PlayStation", numbers: [])
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

    private static func engine(_ text: AgentText) -> String? {
        if text.marks.has(.trident) { return "trident" }
        if text.marks.has(.edgeHTML) { return "edgehtml" }
        if text.marks.has(.presto) { return "presto" }
        if text.marks.has(.gecko), !text.marks.has(.likeGecko) { return "gecko" }
        if text.marks.has(.blink) { return "blink" }
        if text.marks.has(.webKit) { return "webkit" }
        return nil
    }
}
