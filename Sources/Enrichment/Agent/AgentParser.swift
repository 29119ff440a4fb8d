import ClickModel

/// Reads user agents and client hints.
///
/// In-app browsers by a table of ours, everything else by uap-core's list; client hints say better what
/// browsers froze in their user agents. Tens of microseconds a user agent: results are cached.
struct AgentParser {
    private let agents: PatternList
    private let systems: PatternList
    private let devices: PatternList
    private let bots: BotRules

    init(_ patterns: Tables.UserAgents, crawlers: [BotRules.Crawler]) {
        agents = PatternList(patterns.agents)
        systems = PatternList(patterns.systems)
        devices = PatternList(patterns.devices)
        bots = BotRules(crawlers)
    }

    /// Everything that a request tells of the program that made it.
    func parse(_ request: borrowing ClickRequest) -> AgentFacts {
        let text = AgentText(request[.userAgent])
        let hints = ClientHints(request)
        var facts = AgentFacts()
        facts.bot = bots.judge(text, request)
        if facts.bot?.reason == "no-user-agent" { return facts }
        readDevice(text, hints, &facts)
        readBrowser(text, hints, request, &facts)
        readSystem(text, hints, &facts)
        facts.device = DeviceClass.of(text, os: facts.osName, isMobileHint: hints.isMobile)
        facts.engine = Self.engine(text)
        return facts
    }

    private func readDevice(_ text: AgentText, _ hints: ClientHints, _ facts: inout AgentFacts) {
        if let found = devices.match(text) {
            let (family, brand, model) = (found.value(0), found.value(1), found.value(2))
            if family == "Spider" {
                if facts.bot == nil { facts.bot = AgentFacts.Bot(category: nil, reason: "user-agent") }
            } else {
                facts.brand = brand
                facts.model = model
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
            facts.browserVersion = found.version(in: text)
        }
        if facts.browserName == "other" { facts.browserName = nil }
        let package = request[.xRequestedWith].text
        if let app = InAppBrowsers.packages[package] {
            facts.browserName = app
            // The version in the user agent is the WebView's.
            facts.browserVersion = nil
        } else {
            refineVersion(hints, &facts)
        }
    }

    /// Chromium's user agents say `131.0.0.0`; the hints have the rest, and brands that hide behind Chrome.
    private func refineVersion(_ hints: ClientHints, _ facts: inout AgentFacts) {
        guard let name = facts.browserName, name.hasPrefix("chrome") || name.hasPrefix("edge") else {
            return
        }
        for brand in hints.brands where Self.hiddenBrands[brand.name] != nil {
            facts.browserName = Self.hiddenBrands[brand.name]
            facts.browserVersion = brand.version
            return
        }
        let wanted = name.hasPrefix("edge") ? "Microsoft Edge" : "Google Chrome"
        guard let brand = hints.brands.first(where: { $0.name == wanted })
            ?? hints.brands.first(where: { $0.name == "Chromium" }),
            brand.version.contains("."), let major = facts.browserVersion?.prefix(while: { $0 != "." }),
            brand.version.prefix(while: { $0 != "." }) == major
        else { return }
        facts.browserVersion = brand.version
    }

    /// Browsers whose user agent is Chrome's to the letter.
    private static let hiddenBrands = [
        "Brave": "brave", "DuckDuckGo": "duckduckgo", "Vivaldi": "vivaldi", "Arc": "arc",
        "YaBrowser": "yandex-browser", "Opera": "opera", "Opera GX": "opera-gx", "Avast Secure Browser": "avast-secure-browser",
        "CCleaner Browser": "ccleaner-browser", "Norton Private Browser": "norton-private-browser",
    ]

    // MARK: - System

    private func readSystem(_ text: AgentText, _ hints: ClientHints, _ facts: inout AgentFacts) {
        var system: OperatingSystem?
        if let version = text.version(after: "openharmony ") ?? text.version(after: "harmonyos ") {
            system = OperatingSystem(family: "HarmonyOS", numbers: version.split(separator: ".").map(String.init))
        } else if text.contains("harmonyos") || text.contains("openharmony") {
            system = OperatingSystem(family: "HarmonyOS", numbers: [])
        } else if let found = systems.match(text), let family = found.value(0) {
            let isSpider = facts.bot != nil && family == "Other"
            if !isSpider {
                system = OperatingSystem(family: family, numbers: (1...4).compactMap { found.value($0) })
            }
        }
        if let hinted = hints.system, hints.hasSystemVersion || system == nil { system = hinted }
        facts.osName = system?.name
        facts.osVersion = system?.version
    }

    private static func engine(_ text: AgentText) -> String? {
        if text.contains("trident/") || text.contains("msie ") { return "trident" }
        if text.contains(" edge/") { return "edgehtml" }
        if text.contains("presto/") { return "presto" }
        if text.contains("gecko/"), !text.contains("like gecko") { return "gecko" }
        if text.contains("chrome/") || text.contains("chromium/") { return "blink" }
        if text.contains("applewebkit/") { return "webkit" }
        return nil
    }
}

/// One of uap-core's three lists.
struct PatternList {
    private let set: RegexSet
    private let templates: [[String]]

    init(_ patterns: [Tables.Pattern]) {
        set = RegexSet(patterns.map { ($0.regex, $0.ignoresCase) })
        templates = patterns.map(\.values)
    }

    /// The first pattern that is found, with its values filled in.
    func match(_ text: AgentText) -> Found? {
        let match = text.bytes.withUnsafeBufferPointer { set.firstMatch(in: $0) }
        guard let match else { return nil }
        return Found(match: match, templates: templates[match.index], text: text)
    }

    struct Found {
        let match: RegexSet.Match
        let templates: [String]
        let text: AgentText

        /// A template with its groups put in; nil when nothing comes of it.
        func value(_ index: Int) -> String? {
            guard index < templates.count else { return nil }
            var filled = ""
            var isGroup = false
            for character in templates[index] {
                if isGroup, let group = character.wholeNumberValue {
                    if group < match.groups.count, let range = match.groups[group] { filled += text.text(range) }
                    isGroup = false
                } else if character == "$" {
                    isGroup = true
                } else {
                    if isGroup { filled += "$" }
                    isGroup = false
                    filled.append(character)
                }
            }
            let start = filled.drop { $0 == " " }
            let trimmed = start.reversed().drop { $0 == " " }.reversed()
            return trimmed.isEmpty ? nil : String(trimmed)
        }

        /// The whole version: uap-core stops after a few numbers, the token goes on.
        func version(in text: AgentText) -> String? {
            let isPlain = templates.count > 1 && templates[1] == "$2"
            if isPlain, match.groups.count > 2, let major = match.groups[2] {
                return text.version(at: major.lowerBound)
            }
            let numbers = (1...4).compactMap { value($0) }
            return numbers.isEmpty ? nil : numbers.joined(separator: ".")
        }
    }
}
