import ClickModel
import Testing

@testable import Enrichment

/// One user agent a case, with its hints, and what has to be told of it; what isn't named isn't asked.
@Suite(.enabled(if: TestTables.areThere, "needs .data/tables: run scripts/setup"))
struct AgentCasesTests {
    struct Case: CustomTestStringConvertible {
        let userAgent: String
        var headers: [String: String] = [:]
        var isBot: Bool?
        var category: String?
        var browser: String?
        var version: String?
        var system: String?
        var device: String?

        init(
            _ userAgent: String,
            _ headers: [String: String] = [:],
            isBot: Bool? = nil,
            category: String? = nil,
            browser: String? = nil,
            version: String? = nil,
            system: String? = nil,
            device: String? = nil
        ) {
            (self.userAgent, self.headers, self.isBot) = (userAgent, headers, isBot)
            (self.category, self.browser, self.version) = (category, browser, version)
            (self.system, self.device) = (system, device)
        }

        var testDescription: String { userAgent }
    }

    private static let iPhone = """
        Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 \
        (KHTML, like Gecko) Mobile/15E148
        """
    private static let webView = """
        Mozilla/5.0 (Linux; Android 14; SM-S918B Build/UP1A.231005.007; wv) AppleWebKit/537.36 \
        (KHTML, like Gecko) Version/4.0 Chrome/125.0.6422.53 Mobile Safari/537.36
        """
    private static func chrome(_ platform: String, _ rest: String = "") -> String {
        "Mozilla/5.0 (\(platform)) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.6478.127 Safari/537.36\(rest)"
    }
    private static let windows = "Windows NT 10.0; Win64; x64"

    private static let people: [Case] = [
        Case("QR Scanner/5 CFNetwork/1494 Darwin/23.5.0", isBot: false),
        Case("QRScanner/2.1 (iPhone; iOS 17.5; Scale/3.00)", isBot: false),
        Case("\(iPhone) SurveyMonkey/4.1", isBot: false),
        Case("GlucoseMonitor/2.0 (iPhone; iOS 17.5)", isBot: false),
        Case("ChristianScienceMonitor/2 CFNetwork/1494 Darwin/23.5.0", isBot: false),
        Case("\(iPhone) MyApp/1.0 (+https://myapp.com)", isBot: false),
        Case(
            chrome("Macintosh; Intel Mac OS X 10_15_7")
                .replacing("Chrome/", with: "Slack/4.39.90 Chrome/")
                .replacing("Safari/", with: "Electron/31.2.1 Safari/")
                + " Sonic Slack_SSB/4.39.90",
            isBot: false,
            device: "desktop"
        ),
    ]

    private static let machines: [Case] = [
        Case("Some Scanner/5", isBot: true), Case("site-monitor/1", isBot: true),
        Case("Foo/1.0 (+https://foo.example)", isBot: true),
        Case(chrome("Windows NT 6.1", " (compatible; Foo/1.0; +https://foo.example)"), isBot: true),
        Case(
            "Mozilla/5.0 (Windows NT; Windows NT 10.0; de-DE) WindowsPowerShell/5.1.22621.2506",
            category: "http-library"
        ),
        Case("NewRelicPinger/1.0 (1)", isBot: true), Case("http-kit/2.0", category: "http-library"),
        Case("HTTPX", category: "http-library"),
        Case("rclone/v1.64.0", category: "http-library"),
        Case("aria2/1.36.0", category: "http-library"),
        Case("lua-resty-http/0.16 (Lua) ngx_lua/10021", category: "http-library"),
        Case("Microsoft-CryptoAPI/10.0", category: "http-library"),
        Case("Windows-Update-Agent/10.0.10011.16384", category: "http-library"),
        Case("Mozilla/5.0 (compatible; Applebot/0.1)", category: "search-engine"),
        Case("Google-Ads-Conversions (https://ads.google.com)", category: "advertising"),
        Case("Mozilla/5.0 (compatible; MicrosoftPreview/2.0)", category: "social-preview"),
    ]

    private static let devices: [Case] = [
        Case("Tesla/4.30 (iPhone; iOS 17.5)", device: "smartphone"),
        Case("My BMW/4.6.0 CFNetwork/1494.0.7 Darwin/23.4.0", device: "smartphone"),
        Case("Roku/4.1 (iPhone; iOS 17.5; Scale/3.00)", device: "smartphone"),
        Case("Xbox/2.0 (iPhone; iOS 17.5; Scale/3.00)", device: "smartphone"),
        Case("Sonos/80.1 (iPad; iOS 17.5)", device: "tablet"),
        Case("\(webView) NissanConnect/1.0", device: "smartphone"),
        Case("\(webView) Roku/10.1", device: "smartphone"),
        Case(chrome(windows, " Prime Watch/1.0"), device: "desktop"),
        Case(
            "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; WOW64; Trident/4.0; SLCC2; Zune 4.7)",
            browser: "ie",
            version: "8.0",
            device: "desktop"
        ),
        Case(chrome("PC; OpenHarmony 5.0", " ArkWeb/4.1.6.1"), device: "desktop"),
        Case(chrome("2in1; OpenHarmony 5.0", " ArkWeb/4.1.6.1"), device: "desktop"),
        Case(chrome("Phone; OpenHarmony 5.0", " ArkWeb/4.1.6.1 Mobile"), device: "smartphone"),
        Case(chrome("Fuchsia", " CrKey/1.56.500000"), system: "fuchsia", device: "smart-display"),
        Case(
            chrome("X11; Linux armv7l", " CrKey/1.56.500000 DeviceType/SmartSpeaker"),
            system: "linux",
            device: "smart-speaker"
        ),
        Case(
            chrome(
                "Linux; Android 12.0; Build/STTL.240508.005",
                " CrKey/1.56.500000 DeviceType/AndroidTV"
            ),
            system: "android-12",
            device: "smart-tv"
        ),
    ]

    private static let android12 = [
        "Sec-CH-UA-Platform": "\"Android\"", "Sec-CH-UA-Platform-Version": "\"12.0.0\"",
    ]
    private static let safari = "Version/26.1 Mobile/15E148 Safari/604.1"

    private static let systems: [Case] = [
        Case(chrome("Linux; Android 12; HarmonyOS; NOH-AN00"), android12, system: "harmonyos"),
        Case("Harmony/5.7.9 CFNetwork/1494.0.7 Darwin/23.4.0", system: "ios-17.4"),
        Case(chrome(windows, " Logitech Harmony"), system: "windows-10"),
        Case(
            "Mozilla/5.0 (PlayStation 4 11.00) AppleWebKit/605.1.15 (KHTML, like Gecko)",
            browser: "netfront-nx",
            system: "playstation-11.00",
            device: "game-console"
        ),
        Case(
            "Mozilla/5.0 (PlayStation; PlayStation 4/11.00) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.4 Safari/605.1.15",
            system: "playstation-11.00"
        ),
        Case(
            "Mozilla/5.0 (PLAYSTATION 3 4.90) AppleWebKit/531.22.8 (KHTML, like Gecko)",
            system: "playstation-4.90"
        ),
        Case(
            "Mozilla/5.0 (PlayStation Vita 3.74) AppleWebKit/537.73 (KHTML, like Gecko) Silk/3.2",
            system: "playstation-3.74"
        ),
        Case("Roku/DVP-9.10 (519.10E04111A)", system: "roku-os-9.10", device: "smart-tv"),
        Case("Mozilla/5.0 (QSP; Roku; AP; 6.2.80.2752)", system: "roku-os"),
        Case("AppleTV11,1/17.4.1", system: "tvos-17.4", device: "smart-tv"),
        Case(
            "Mozilla/5.0 (AppleTV; CPU OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)",
            system: "tvos-17.4",
            device: "smart-tv"
        ),
        Case(
            "Safari/20622.1.22 CFNetwork/3860.100.1 Darwin/25.0.0",
            system: "macos-26-tahoe",
            device: "desktop"
        ),
        Case("Reader/7 CFNetwork/3860.100.1 Darwin/25.1.0", system: "ios-26.1"),
        Case(
            "Mozilla/5.0 (Linux; Android 11; KFTRWI) AppleWebKit/537.36 (KHTML, like Gecko) Silk/120.1.1 like Chrome/120.0 Safari/537.36",
            system: "android-11",
            device: "tablet"
        ),
        Case("Amazon Music/23.1.0 (Fire OS 7.3; KFTRWI)", system: "fire-os-7.3", device: "tablet"),
        Case(
            iPhone.replacing("17_5", with: "18_6").replacing("Mobile/15E148", with: safari),
            version: "26.1",
            system: "ios-26.1"
        ),
        Case(
            iPhone.replacing("17_5", with: "18_6")
                .replacing("Mobile/15E148", with: "Version/18.6 Mobile/15E148 Safari/604.1"),
            system: "ios-18.6"
        ),
        Case(chrome("Macintosh; Intel Mac OS X 10_16"), system: "macos-11-big-sur"),
        Case(
            chrome("X11; Linux x86_64"),
            ["Sec-CH-UA-Platform": "\"Linux\"", "Sec-CH-UA-Platform-Version": "\"6.5.0\""],
            system: "linux"
        ),
        Case(
            chrome("Macintosh; Intel Mac OS X 10_15_7"),
            ["Sec-CH-UA-Platform": "\"macOS\"", "Sec-CH-UA-Platform-Version": "\"-5\""],
            system: "macos-10.15-catalina"
        ),
        Case(
            chrome("Macintosh; Intel Mac OS X 10_15_7"),
            ["Sec-CH-UA-Platform": "\"macOS\"", "Sec-CH-UA-Platform-Version": "\"14.5.0\""],
            system: "macos-14-sonoma"
        ),
    ]

    private static let browsers: [Case] = [
        Case(
            "\(webView) trill_2023400040 JsSdk/1.0 NetType/WIFI app_version/34.0.4 ByteLocale/en",
            browser: "tiktok-app",
            version: "34.0.4"
        ),
        Case(
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; ChatGPT-User/1.0; +https://openai.com/bot",
            isBot: true,
            browser: "chatgpt-user",
            version: "1.0"
        ),
        Case(
            chrome(windows),
            [
                "Sec-CH-UA":
                    #""\\Not\"A;Brand";v="99", "Chromium"; v="126", "Microsoft Edge";  v="126""#
            ],
            browser: "edge"
        ),
        Case(
            webView,
            ["Sec-CH-UA": #""Android WebView";v="125", "Chromium";v="125""#],
            browser: "chrome-mobile-webview",
            version: "125.0.6422.53"
        ),
        Case(webView, ["X-Requested-With": "com.zhiliaoapp.musically.go"], browser: "tiktok-app"),
        Case(webView, ["X-Requested-With": "org.thunderdog.challegram"], browser: "telegram-app"),
        Case(
            webView,
            ["X-Requested-With": "org.telegram.messenger.web"],
            browser: "telegram-app"
        ),
    ]

    @Test(arguments: people + machines + devices + systems + browsers)
    func `what a user agent and its hints tell is understood`(wanted: Case) throws {
        let facts = try facts(wanted)
        if let isBot = wanted.isBot { #expect((facts.bot != nil) == isBot) }
        if let category = wanted.category { #expect(facts.bot?.category == category) }
        if let browser = wanted.browser { #expect(facts.browserName == browser) }
        if let version = wanted.version { #expect(facts.browserVersion == version) }
        if let system = wanted.system { #expect(facts.osVersion == system) }
        if let device = wanted.device { #expect(facts.device == device) }
    }

    @Test(arguments: [
        Case(chrome("Linux; Android 10; K", " Mobile")), Case("Mozilla/5.0 (Android 13; Mobile)"),
        Case("Mozilla/5.0 (Linux; Android 9; wv) AppleWebKit/537.36 Mobile Safari/537.36"),
        Case("Mozilla/5.0 (iOS-Device) Foo/1"), Case("Opera/9.80 (J2ME/MIDP; Opera Mini/7)"),
    ])
    func `what stands in for a name that nobody knows is no brand and no model`(agent: Case) throws
    {
        let facts = try facts(agent)
        #expect(facts.brand == nil || facts.model != nil, "\(facts)")
        for name in [facts.brand, facts.model].compactMap({ $0?.lowercased() }) {
            #expect(!name.hasPrefix("generic") && !["k", "wv", "feature phone"].contains(name))
        }
    }

    @Test func `a model of the hints brings no brand that stands in for one`() throws {
        let hidden = Self.chrome("Linux; Android 10; K")
        let facts = try facts(Case(hidden, ["Sec-CH-UA-Model": "\"SM-\\\"X\\\\1\""]))
        #expect(facts.brand == nil)
        #expect(facts.model == "SM-\"X\\1")
    }

    private func facts(_ agent: Case) throws -> AgentFacts {
        var click = TestClick()
        click.set(.userAgent, agent.userAgent)
        click.set(agent.headers)
        let parser = try TestTables.load().agents
        var facts = AgentFacts()
        click.group().forEach { _, request in facts = parser.parse(request) }
        return facts
    }
}
