import ClickModel
import Testing

@testable import Enrichment

@Suite(.enabled(if: TestTables.areThere, "needs .data/tables: run scripts/setup"))
struct AgentParserTests {
    private func facts(_ userAgent: String?, _ headers: [String: String] = [:]) throws -> AgentFacts
    {
        var click = TestClick()
        click.set(.userAgent, userAgent)
        click.set(headers)
        let parser = try TestTables.load().agents
        var facts = AgentFacts()
        click.group().forEach { _, request in facts = parser.parse(request) }
        return facts
    }

    private static let android = """
        Mozilla/5.0 (Linux; Android 14; SM-S918B Build/UP1A.231005.007; wv) AppleWebKit/537.36 \
        (KHTML, like Gecko) Version/4.0 Chrome/125.0.6422.53 Mobile Safari/537.36
        """
    private static let iPhone = """
        Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 \
        (KHTML, like Gecko) Mobile/15E148
        """
    private static let windows = """
        Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
        Chrome/137.0.0.0 Safari/537.36
        """

    private static let apps: [(String, String, String?)] = [
        (
            "\(android) Instagram 331.0.0.37.90 Android (34/14; 450dpi)", "instagram-app",
            "331.0.0.37.90"
        ),
        ("\(android) Instagram389.0.0.49.87 Android", "instagram-app", "389.0.0.49.87"),
        ("\(iPhone) [FBAN/FBIOS;FBAV/470.0.0.25.107;FBBV/1]", "facebook-app", "470.0.0.25.107"),
        (
            "\(iPhone) [FBAN/MessengerForiOS;FBAV/470.0.0.25.107]", "facebook-messenger-app",
            "470.0.0.25.107"
        ),
        ("\(iPhone) [LinkedInApp]/9.29.8962", "linkedin-app", "9.29.8962"),
        ("\(iPhone) Twitter for iPhone/10.40.1", "twitter-app", "10.40.1"),
        (
            "\(iPhone) Barcelona 340.0.0.27.109 (iPhone14,5; iOS 17_5)", "threads-app",
            "340.0.0.27.109"
        ),
        ("\(iPhone) MicroMessenger/8.0.49(0x18003127) NetType/WIFI", "wechat-app", "8.0.49"),
        ("\(iPhone) GSA/320.0.639476000 Safari/604.1", "google-app", "320.0.639476000"),
        (
            "\(iPhone) Snapchat/12.87.0.45 (like Safari/8618.2.12.10.9)", "snapchat-app",
            "12.87.0.45"
        ),
        ("\(iPhone) Safari Line/14.8.0", "line-app", "14.8.0"),
        ("\(android) KAKAOTALK/10.8.1 (INAPP)", "kakaotalk-app", "10.8.1"),
        ("\(android) [Pinterest/Android]", "pinterest-app", nil),
    ]

    @Test(arguments: apps)
    func `an in-app browser beats the WebView it embeds`(
        userAgent: String,
        name: String,
        version: String?
    ) throws {
        let facts = try facts(userAgent)
        #expect(facts.browserName == name)
        #expect(facts.browserVersion == version)
        #expect(facts.device == "smartphone")
        #expect(facts.bot == nil)
    }

    @Test(arguments: [
        iPhone + " CriOS/137.0.7151.79 Safari/604.1", windows,
        android.replacing("; wv", with: "").replacing("Version/4.0 ", with: ""),
    ])
    func `a spelling without blanks, with escapes or in lower case is understood alike`(
        usual: String
    ) throws {
        let wanted = try facts(usual)
        #expect(wanted.browserName != nil)
        let spellings = [
            usual.replacing(" ", with: ""),
            usual.replacing("/", with: "%2F").replacing(";", with: "%3B")
                .replacing(" ", with: "+"),
            usual.lowercased(),
        ]
        for spelling in spellings {
            let facts = try facts(spelling)
            #expect(facts.browserName == wanted.browserName, "\(spelling)")
            #expect(facts.browserVersion == wanted.browserVersion, "\(spelling)")
            #expect(facts.osVersion == wanted.osVersion, "\(spelling)")
            #expect(facts.device == wanted.device, "\(spelling)")
        }
    }

    private static let disguises: [(String, String, String?, String?)] = [
        // Samsung's browser before it had a name.
        (
            """
            Mozilla/5.0 (Linux; Android 4.3; de-de; SAMSUNG GT-I9999 Build/JSS15J) AppleWebKit/537.36 \
            (KHTML, like Gecko) Version/1.5 Chrome/28.0.1500.94 Mobile Safari/537.36
            """, "samsung-internet", "android-4.3-jelly-bean", "smartphone"
        ),
        (
            """
            Mozilla/5.0 (X11; U; Linux x86_64; de-DE) AppleWebKit/537.36 (KHTML, like Gecko) \
            Chrome/30.0.1599.114 Safari/537.36 Puffin/4.9.1IT
            """, "puffin", "ios", "tablet"
        ),
        (
            """
            Mozilla/5.0 (Linux; 4.4; Model Build/KRT16M) AppleWebKit/537.36 (KHTML, like Gecko) \
            Chrome/37.0.2062.117 Mobile Safari/537.36
            """, "chrome-mobile", "android-4.4-kitkat", "smartphone"
        ),
        (
            """
            Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Silk/90.1.1 \
            like Chrome/90.0.4430.91 Safari/537.36
            """, "amazon-silk", "linux", "tablet"
        ),
        (
            """
            Mozilla/5.0 (Linux; Android 9; Maker Chromebook 11) AppleWebKit/537.36 (KHTML, like Gecko) \
            Chrome/104.0.0.0 Safari/537.36
            """, "chrome", "chrome-os", "desktop"
        ),
        (
            """
            Mozilla/5.0 (Linux; Android 11; Hisense X99 Build/RP1A.1) AppleWebKit/537.36 \
            (KHTML, like Gecko) Chrome/104.0.0.0 Mobile Safari/537.36
            """, "chrome-mobile", "android-11", "smartphone"
        ),
        (
            """
            Mozilla/5.0 (Linux; Android 9; 43AB1234C Build/PPR2.1; wv) AppleWebKit/537.36 \
            (KHTML, like Gecko) Version/4.0 Chrome/104.0.5112.102 Mobile Safari/537.36
            """, "chrome-mobile-webview", "android-9.0-pie", "smart-tv"
        ),
    ]

    @Test(arguments: disguises)
    func `what claims to be something else is seen through`(
        userAgent: String,
        browser: String,
        system: String?,
        device: String?
    ) throws {
        let facts = try facts(userAgent)
        #expect(facts.browserName == browser)
        #expect(facts.osVersion == system)
        #expect(facts.device == device)
    }

    @Test func `an app that names its device is no fetcher of previews`() throws {
        #expect(try facts("WhatsApp/2.24.1.78 A").bot?.category == "social-preview")
        #expect(try facts("WhatsApp/2.11.164 Android/4.2.2 Device/maker-model").bot == nil)
    }

    @Test func `X-Requested-With names the app that shows the page`() throws {
        let facts = try facts(Self.android, ["X-Requested-With": "org.telegram.messenger"])
        #expect(facts.browserName == "telegram-app")
        #expect(facts.browserVersion == nil)
    }

    @Test func `client hints say what user agents don't`() throws {
        let facts = try facts(
            Self.windows,
            [
                "Sec-CH-UA-Platform": #""Windows""#, "Sec-CH-UA-Platform-Version": #""15.0.0""#,
                "Sec-CH-UA-Full-Version-List":
                    #""Not/A)Brand";v="24.0.0.0", "Chromium";v="137.0.7151.68", "Google Chrome";v="137.0.7151.68""#,
            ]
        )
        #expect(facts.osVersion == "windows-11")
        #expect(facts.browserName == "chrome")
        #expect(facts.browserVersion == "137.0.7151.68")
    }

    @Test(arguments: [
        (#""Mobile""#, "smartphone"), (#""Tablet""#, "tablet"),
        (#""Desktop", "XR""#, "wearable-computer"),
        (#""EInk", "Watch""#, "wearable-computer"), (#""Automotive""#, "car"), ("EInk", "e-reader"),
        (#""Fridge""#, "tablet"), (#"""#, "tablet"), (",,", "tablet"),
    ])
    func `a hint names the form of a device that its user agent doesn't name`(
        forms: String,
        device: String
    ) throws {
        let plain = Self.android.replacing("SM-S918B Build/UP1A.231005.007; wv", with: "K")
            .replacing(" Mobile", with: "")
        #expect(try facts(plain, ["Sec-CH-UA-Form-Factors": forms]).device == device)
        let television =
            "Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) AppleWebKit/537.36 SamsungBrowser/3.0 TV Safari/537.36"
        #expect(try facts(television, ["Sec-CH-UA-Form-Factors": forms]).device == "smart-tv")
    }

    private static let bots: [(String?, [String: String], String?, String)] = [
        (nil, [:], nil, "no-user-agent"), ("", [:], nil, "no-user-agent"),
        ("-", [:], nil, "no-user-agent"),
        ("curl/8.5.0", [:], "http-library", "user-agent"),
        (
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", [:],
            "search-engine", "user-agent"
        ),
        ("WhatsApp/2.24.6.77 A", [:], "social-preview", "user-agent"),
        ("facebookexternalhit/1.1", [:], "social-preview", "user-agent"),
        ("Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/120.0.0.0", [:], "headless", "user-agent"),
        (windows, ["Sec-Purpose": "prefetch;prerender"], nil, "prefetch"),
        (windows, ["Purpose": "prefetch"], nil, "prefetch"),
        (windows, ["X-Moz": "prefetch"], nil, "prefetch"),
        (windows, ["Sec-CH-UA": #""HeadlessChrome";v="137""#], "headless", "client-hints"),
    ]

    @Test(arguments: bots)
    func `machines are told from people`(
        userAgent: String?,
        headers: [String: String],
        category: String?,
        reason: String
    ) throws {
        let bot = try #require(try facts(userAgent, headers).bot)
        #expect(bot.category == category)
        #expect(bot.reason == reason)
    }

    private static func phone(_ model: String, _ more: String = "") -> String {
        "Mozilla/5.0 (Linux; Android 15; \(model)) AppleWebKit/537.36 (KHTML, like Gecko) "
            + "Version/4.0 Chrome/142.0.7444.142 Mobile Safari/537.36\(more)"
    }

    private static let people: [String] = [
        windows, iPhone, phone("CUBOT_NOTE_9"), phone("ViewSonic-ViewPad7e Build/ERE27"),
        phone("HTC Butterfly Build/LRX22G"), phone("CPH2557 Build/AP3A.240617.008; wv"),
        phone("Pixel 10 Pro XL Build/CP1A.260305.018; wv", " MetaIAB Facebook"),
        phone("Redmi Note 2 Build/LRX22G", " SogouMSE,SogouMobileBrowser/3.8.5"),
        phone("Le X526", " Viber"),
        "Mozilla/5.0 (X11; Linux x86_64; openSUSE 13.1 (Bottle) (x86_64)) AppleWebKit/537.36 Chrome/33.0 Safari/537.36",
        "nu.nl/10.11 (iPadOS,15.7;221031203712;1536x2048@2.0x;dark-mode)",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) WhatsApp/2.2017.6 Chrome/76.0 Safari/537.36",
        "Mozilla/3.0 (DreamPassport/2.1)",
    ]

    @Test(arguments: people)
    func `people stay people`(userAgent: String) throws {
        #expect(try facts(userAgent).bot == nil)
    }

    @Test(arguments: [
        phone(
            "Nexus 5X Build/MMB29P",
            " (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
        ),
        phone("Pixel 2 Build/OPD3.170816.012; Storebot-Google/1.0"),
        phone("SomeCrawler/1.0"), phone("CUBOT_NOTE_9", " Lighthouse"), "Viber", "nvd0rz",
        "kiwitcms-gitops/0.1", "Mozilla/5.0 (compatible; Crusader/1.0)", "Mozilla/5.0 Keydrop",
        "Thing/1.0 (crawler@example.com)",
    ])
    func `a phone's name hides no machine, and a program that names nothing else is one`(
        userAgent: String
    ) throws {
        #expect(try facts(userAgent).bot != nil)
    }

    @Test func `Facebook's view is Facebook's, whatever it calls itself`() throws {
        let facts = try facts(Self.phone("Pixel 10; wv", " MetaIAB Facebook"))
        #expect(facts.browserName == "facebook-app")
    }

    @Test(arguments: [
        (phone("SGH-T959 Build/IML74K"), "smartphone"), (phone("YOU-BOX"), "smart-tv"),
        (phone("Coolpad 5820 Build/FRG83G"), "smartphone"),
        (
            "Mozilla/5.0 (Linux; Android 9; H32F8000CG) AppleWebKit/537.36 Chrome/90.0 Safari/537.36",
            "smart-tv"
        ),
        (
            "Mozilla/5.0 (Linux; Android 13; T40Plus) AppleWebKit/537.36 Chrome/90.0 Safari/537.36",
            "tablet"
        ),
        ("Mozilla/5.0 (X11; U; Linux i686; rv:1.8.1) Gecko/2006 BonEcho/2.0", "desktop"),
        ("Mozilla/4.0 (compatible; MSIE 6.0; Windows CE; IEMobile 7.11) HTC_TyTN", "smartphone"),
    ])
    func `words for devices count where a token begins`(userAgent: String, device: String) throws {
        #expect(try facts(userAgent).device == device)
    }
}
