import ClickModel

/// Reads user agents and client hints.
///
/// In-app browsers by a table of ours, everything else by uap-core's list; client hints say better what
/// browsers froze in their user agents. Tens of microseconds a user agent: results are cached.
struct AgentParser {
    private let browser: AgentBrowser
    private let system: AgentSystem
    private let devices: PatternList
    private let deviceClasses = PatternList(own: DataRows(PackageResources.devices_txt))
    private let bots: BotRules
    private let finder = AgentMarkFinder()

    init(_ patterns: Tables.UserAgents, crawlers: [BotRules.Crawler]) {
        browser = AgentBrowser(patterns.agents)
        system = AgentSystem(patterns.systems)
        devices = PatternList(patterns.devices)
        bots = BotRules(crawlers)
    }

    /// Patterns that the engine refused; what they would have found goes unseen.
    var refusedPatterns: Int {
        browser.refused + system.refused + devices.refused + deviceClasses.refused
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
        browser.read(text, hints, request, &facts)
        let system = system.read(text, hints)
        (facts.osName, facts.osVersion) = (system?.name, system?.version)
        let whole = hints.model.flatMap { text.naming($0, finder) } ?? text
        facts.device = deviceClasses.match(whole)?.value(0)
        if facts.device == nil {
            let own = DeviceClass.of(whole, os: facts.osName, isMobileHint: hints.isMobile)
            // A user agent that names its device says more than the hint.
            facts.device = own == nil || text.hidesModel ? hints.form ?? own : own
        }
        // The list calls so what it knows for a machine, or what calls itself so.
        if facts.bot == nil, facts.browserName?.hasSuffix("bot") ?? false, !text.marks.has(.person)
        {
            facts.bot = AgentFacts.Bot(category: nil, reason: "user-agent")
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
                facts.brand = found.value(1).flatMap { Self.isPlaceholder($0) ? nil : $0 }
                facts.model = found.value(2).flatMap { Self.isPlaceholder($0) ? nil : $0 }
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

    /// What uap-core's list calls what it knows no name of, and what browsers write in the place of a model.
    private static let placeholders: Set = [
        "feature phone", "smartphone", "tablet", "ios-device", "k", "wv", "browser",
    ]

    private static func isPlaceholder(_ name: String) -> Bool {
        let lowered = name.lowercased()
        return lowered.hasPrefix("generic") || placeholders.contains(lowered)
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
