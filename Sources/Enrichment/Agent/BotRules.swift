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

    struct Crawler: Decodable {
        let regex: String
        let tags: [String]
    }

    private static let libraries: [StaticString] = [
        "curl/", "wget/", "python-", "python/", "aiohttp", "httpx/", "okhttp", "go-http-client",
        "java/", "jakarta", "apache-httpclient", "libwww-perl", "lwp::", "lwp-", "php/", "guzzlehttp",
        "ruby", "faraday", "rest-client", "node-fetch", "axios/", "undici", "got (", "superagent",
        "postmanruntime", "insomnia/", "httpie/", "reqwest/", "hyper/", "winhttp", "dart/", "swift-nio",
        "http_client", "httpclient", "http-client", "restsharp", "typhoeus", "scrapy", "mechanize",
        "urllib", "pycurl", "requests/", "perl/", "powershell/", "winhttprequest",
    ]
    private static let headless: [StaticString] = [
        "headlesschrome", "phantomjs", "headless", "puppeteer", "playwright", "slimerjs", "htmlunit",
        "selenium", "zombie.js", "splash ", "electron-scraper",
    ]
    private static let previews: [StaticString] = [
        "facebookexternalhit", "facebookcatalog", "facebot", "whatsapp/", "twitterbot", "slackbot",
        "slack-imgproxy", "telegrambot", "discordbot", "skypeuripreview", "linkedinbot", "pinterestbot",
        "redditbot", "viber", "iframely", "embedly", "snap url preview", "vkshare", "line-poker",
        "google-pagerenderer", "microsoftpreview", "microsoft url preview", "bluesky cardyb", "mastodon/",
        "applebot", "link preview", "linkpreview", "unfurl",
    ]
    private static let words: [StaticString] = [
        "crawler", "crawl/", "spider", "scraper", "archiver", "validator", "link check", "linkcheck",
        "monitor", "uptime", "pingdom", "feedfetcher", "feed fetch", "fetcher", "scanner", "nmap",
        "masscan", "zgrab", "nikto", "sqlmap", "lighthouse", "pagespeed", "checker", "indexer",
        "+http://", "+https://",
    ]

    /// Why the request is a machine's; nil when it is a person's.
    func judge(_ text: AgentText, _ request: borrowing ClickRequest) -> AgentFacts.Bot? {
        if let prefetch = Self.prefetch(request) { return prefetch }
        if text.bytes.isEmpty || text.bytes == [0x2D] {
            return AgentFacts.Bot(category: nil, reason: "no-user-agent")
        }
        if text.containsAny(Self.headless) {
            return AgentFacts.Bot(category: "headless", reason: "user-agent")
        }
        if text.containsAny(Self.previews), !Self.isInWhatsApp(text) {
            return AgentFacts.Bot(category: "social-preview", reason: "user-agent")
        }
        let listed = text.bytes.withUnsafeBufferPointer { crawlers.firstMatch(in: $0) }
        if let listed {
            return AgentFacts.Bot(category: categories[listed.index], reason: "user-agent")
        }
        // A browser's user agent names its engine; a library's doesn't.
        if !text.contains("mozilla/"), text.containsAny(Self.libraries) {
            return AgentFacts.Bot(category: "http-library", reason: "user-agent")
        }
        if Self.namesBot(text) || text.containsAny(Self.words) {
            return AgentFacts.Bot(category: nil, reason: "user-agent")
        }
        return nil
    }

    /// Browsers mark what they fetch before anybody asked for it.
    private static func prefetch(_ request: borrowing ClickRequest) -> AgentFacts.Bot? {
        for header in [ClickHeader.secPurpose, .purpose, .xMoz] {
            let value = AgentText(request[header])
            if value.containsAny(["prefetch", "prerender", "preview"]) {
                return AgentFacts.Bot(category: nil, reason: "prefetch")
            }
        }
        return nil
    }

    /// People read links in WhatsApp's own view, whose user agent is a browser's.
    private static func isInWhatsApp(_ text: AgentText) -> Bool {
        text.contains("whatsapp/") && text.contains("mozilla/")
    }

    /// Whether "bot" ends a word: `Foobot/1.0`, `some bot;`; not the phones called Cubot.
    private static func namesBot(_ text: AgentText) -> Bool {
        var start = 0
        while let index = text.index(of: "bot", from: start) {
            start = index + 3
            let next = start < text.lowered.count ? text.lowered[start] : 0x20
            let isLetter = 0x61...0x7A ~= next
            let isCubot = index >= 2 && text.lowered[index - 2] == 0x63 && text.lowered[index - 1] == 0x75
            if !isLetter, !isCubot { return true }
        }
        return false
    }
}
