import ClickModel

/// Tells machines from people.
struct BotRules {
    private let crawlers: RegexSet
    private let categories: [String?]

    /// Takes the crawler list: patterns with their tags.
    init(_ crawlers: [Crawler]) {
        self.crawlers = RegexSet(crawlers.map { ($0.regex, false) })
        categories = crawlers.map(\.tags.first)
    }

    var refusedPatterns: Int { crawlers.refused }

    struct Crawler: Decodable {
        let regex: String
        let tags: [String]
    }

    /// Why the request is a machine's; nil when it is a person's.
    func judge(_ text: AgentText, _ request: borrowing ClickRequest) -> AgentFacts.Bot? {
        if let prefetch = Self.prefetch(request) { return prefetch }
        if text.bytes.isEmpty || text.bytes == [0x2D] {
            return AgentFacts.Bot(category: nil, reason: "no-user-agent")
        }
        if text.marks.has(.headless) {
            return AgentFacts.Bot(category: "headless", reason: "user-agent")
        }
        // The list knows what each crawler is for.
        if let listed = text.bytes.withUnsafeBufferPointer({ crawlers.firstMatch(in: $0) }) {
            return AgentFacts.Bot(category: categories[listed.index], reason: "user-agent")
        }
        if text.marks.has(.preview) {
            return AgentFacts.Bot(category: "social-preview", reason: "user-agent")
        }
        // A browser's user agent names its engine; a library's doesn't.
        if text.marks.has(.library), !text.showsPages {
            return AgentFacts.Bot(category: "http-library", reason: "user-agent")
        }
        if text.marks.has(.person) { return nil }
        if Self.namesBot(text) || text.marks.has(.botWord) || Self.onlySaysWhoAsks(text)
            || text.marks.has(.machineOrApp) && !Self.isOnPersonsDevice(text)
        {
            return AgentFacts.Bot(category: nil, reason: "user-agent")
        }
        return nil
    }

    /// Whether a phone, Apple's library for apps or an engine is named: a scanner there reads codes, a monitor news.
    private static func isOnPersonsDevice(_ text: AgentText) -> Bool {
        let marks = text.marks
        return marks.has(.phone) || marks.has(.appleLibrary) || marks.has(.webKit)
            || marks.has(.gecko) || marks.has(.trident) || marks.has(.presto)
    }

    /// Whether a user agent that names nothing else may be a person's all the same: a player of music,
    /// a browser of old, an engine.
    static func mayBePersons(_ text: AgentText) -> Bool {
        if text.marks.has(.browser) {
            guard text.index(of: "mozilla/5.") == 0, !text.showsPages else { return true }
        }
        return text.marks.has(.person) || text.marks.has(.pastime)
    }

    private static let purposes: [StaticString] = ["prefetch", "prerender", "preview"]

    /// Browsers mark what they fetch before anybody asked for it.
    private static func prefetch(_ request: borrowing ClickRequest) -> AgentFacts.Bot? {
        for header in [ClickHeader.secPurpose, .purpose, .xMoz] {
            let value = request[header]
            let isAhead = purposes.contains { purpose in
                (0..<value.count).contains {
                    value.view($0, $0 + purpose.utf8CodeUnitCount).equalsIgnoringCase(purpose)
                }
            }
            if isAhead {
                return AgentFacts.Bot(category: nil, reason: "prefetch")
            }
        }
        return nil
    }

    /// Whether there is an address to turn to, and no engine that a page could be shown by.
    private static func onlySaysWhoAsks(_ text: AgentText) -> Bool {
        let marks = text.marks
        guard marks.has(.link) || namesMailbox(text) else { return false }
        return !marks.has(.webKit) && !marks.has(.gecko) && !marks.has(.trident)
            && !marks.has(.presto)
    }

    /// Whether there is an address such as `crawler@example.com`; `1536x2048@2.0x` is none.
    private static func namesMailbox(_ text: AgentText) -> Bool {
        text.lowered.indices.contains { index in
            guard text.lowered[index] == 0x40, index > 0 else { return false }
            let domain = text.lowered[(index + 1)...].prefix {
                0x61...0x7A ~= $0 || 0x30...0x39 ~= $0 || $0 == 0x2D || $0 == 0x2E
            }
            return domain.contains(0x2E) && 0x61...0x7A ~= domain.first ?? 0
        }
    }

    /// Whether "bot" ends a word: `Foobot/1.0`, `some bot;`; phones with the word in their name are `AgentMark.person`.
    private static func namesBot(_ text: AgentText) -> Bool {
        var start = 0
        while let index = text.index(of: "bot", from: start) {
            start = index + 3
            let next = start < text.lowered.count ? text.lowered[start] : 0x20
            let isLetter = 0x61...0x7A ~= next
            if !isLetter { return true }
        }
        return false
    }
}
