/// The words that each kind of mark is known by, in lower case.
extension AgentMark {
    var words: [StaticString] {
        switch self {
        case .headless: Self.headlessWords
        case .preview: Self.previewWords
        case .library: Self.libraryWords
        case .botWord: Self.botWordWords
        case .link: Self.linkWords
        case .browser: Self.browserWords
        case .person: Self.personWords
        case .console: Self.consoleWords
        case .wearable: Self.wearableWords
        case .car: Self.carWords
        case .display: Self.displayWords
        case .speaker: Self.speakerWords
        case .television: Self.televisionWords
        case .camera: Self.cameraWords
        case .player: Self.playerWords
        case .reader: Self.readerWords
        case .assistant: Self.assistantWords
        case .tablet: Self.tabletWords
        case .phone: Self.phoneWords
        case .simplePhone: Self.simplePhoneWords
        case .phoneModel: Self.phoneModelWords
        case .laptop: Self.laptopWords
        case .workstation: Self.workstationWords
        case .mobile: Self.mobileWords
        case .setTopBox: Self.setTopBoxWords
        case .handheldWindows: Self.handheldWindowsWords
        case .pocketWindows: Self.pocketWindowsWords
        case .firefoxOS: Self.firefoxOSWords
        case .android: Self.androidWords
        case .trident: Self.tridentWords
        case .edgeHTML: Self.edgeHTMLWords
        case .presto: Self.prestoWords
        case .gecko: Self.geckoWords
        case .likeGecko: Self.likeGeckoWords
        case .blink: Self.blinkWords
        case .webKit: Self.webKitWords
        }
    }

    private static let headlessWords: [StaticString] = [
        "headlesschrome", "phantomjs", "headless", "puppeteer", "playwright", "slimerjs",
        "htmlunit", "selenium", "zombie.js", "splash ", "electron-scraper",
    ]

    private static let previewWords: [StaticString] = [
        "facebookexternalhit", "facebookcatalog", "facebot", "whatsapp/", "twitterbot",
        "slackbot", "slack-imgproxy", "telegrambot", "discordbot", "skypeuripreview",
        "linkedinbot", "pinterestbot", "redditbot", "iframely", "embedly", "snap url preview",
        "vkshare", "line-poker", "google-pagerenderer", "microsoftpreview",
        "microsoft url preview", "bluesky cardyb", "mastodon/", "applebot", "link preview",
        "linkpreview", "unfurl", "google-ads", "googleadsense", "google-assess", "googleweblight",
        "image proxy", "imageproxy", "emailproxy",
    ]

    private static let libraryWords: [StaticString] = [
        "curl/", "wget/", "python-", "python/", "aiohttp", "httpx/", "okhttp", "go-http-client",
        "jakarta", "apache-httpclient", "libwww-perl", "lwp::", "lwp-", "php/", "guzzlehttp",
        "ruby", "faraday", "rest-client", "node-fetch", "axios/", "undici", "got (", "superagent",
        "postmanruntime", "insomnia/", "httpie/", "reqwest/", "hyper/", "winhttp", "dart/",
        "swift-nio", "http_client", "httpclient", "http-client", "restsharp", "typhoeus",
        "scrapy", "mechanize", "urllib", "pycurl", "requests/", "perl/", "powershell/",
        "winhttprequest", "node.js", "hackney", "java1.", "php library", "http_request",
        "httprequest", "net client", "winsock", "libcurl", "jersey", "akka-http", "vert.x",
        "cpp-httplib", "feign", "unirest", "java/1",
    ]

    private static let botWordWords: [StaticString] = [
        "crawler", "crawl/", "spider", "scraper", "archiver", "validator", "link check",
        "linkcheck", "monitor", "uptime", "pingdom", "feedfetcher", "feed fetch", "fetcher",
        "scanner", "masscan", "zgrab", "nikto", "sqlmap", "lighthouse", "pagespeed", "checker",
        "indexer", "+http://", "+https://", "wkhtmlto", "site-shot", "wappalyzer", "downloader",
        "health check", "healthcheck", "${", "{{", "ipn (", "compatible)", "google-firebase",
        "google-sitemaps", "munin", "arachni", "scans", "audit", "survey", "radar/", "research/",
        "; url=", "(url=", "useragenthere", "default_useragent", "my user agent", "search engine",
        "feedburner", "rssreader", "proxy/", "subscribers", "nmap scripting",
    ]

    private static let linkWords: [StaticString] = [
        "http://", "https://", "www.", "mailto:",
    ]

    private static let browserWords: [StaticString] = [
        "mozilla/"
    ]

    private static let personWords: [StaticString] = [
        "sogoumse", "sogoumobilebrowser", "sogousearch", "sogouandroidbrowser", "cubot", "xbot_",
        "id bot", "camscanner", "podcast", "viewpad", "podimo", "feedstation", "listentojam",
        "podvine",
    ]

    private static let consoleWords: [StaticString] = [
        "playstation", "xbox", "nintendo", "psp (", "ouya", "dreamcast", "steam deck",
        "valve steam gamepad", "ps3)", "sega/", "retroid", "nintendobrowser", "category=game",
        "rg556", "rg405", "ayaneo",
    ]

    private static let wearableWords: [StaticString] = [
        "watchos", "apple watch", "watch os", "wear os", "sm-r7", "sm-r8", "sm-r9",
        "galaxy watch", "gear s", "smartwatch", "ticwatch", "oculus", "watch1,", "watch2,",
        "watch3,", "watch4,", "watch5,", "watch6,", "watch7,", "meta quest", "pico 4", "pico neo",
        "hololens", " watch", "zenwatch", "watch urbane", "moto 360", "sm-v7", "sm-r6", "ow19w",
        "; lem1", "; quest", "quest 2", "quest 3", "mobile vr", "pico g", "gear live",
    ]

    private static let carWords: [StaticString] = [
        "tesla/", "qtcarbrowser", "car browser", "android automotive", "; automotive", "carplay",
        "nissan", "bmw", "mbux", "kia car", "hyundai car", "polestar", "carpad", "mac audio",
        "benz_", "mazda", "renault", "volvo car", "carbrowser", "yt92", "yt57", "; aftlbt",
        "quad-core t", "octa-core t", "octopus-core", "rear seat",
    ]

    private static let displayWords: [StaticString] = [
        "nest hub", "echo show", "smart display", "aeobc", "aeodn", "aeots", "aeocw",
        "yandex station duo", "xd-sdd", "ifp8650", "lenovo smart display", "lenovo cd-",
    ]

    private static let speakerWords: [StaticString] = [
        "alexamediaplayer", "echo/", "homepod", "google-home", "sonos", "alexa media",
        "audioaccessory", "aeoat", "aeohp", "yndx-000", "aeokn",
    ]

    private static let televisionWords: [StaticString] = [
        "smart-tv", "smarttv", "smart tv", "googletv", "google tv", "android tv", "androidtv",
        "appletv", "apple tv", "hbbtv", "netcast", "web0s", "webos.tv", "nettv", "bravia",
        "viera", "roku", "crkey", "tv box", "tvbox", "mibox", "mitv", "mi tv", "shield android",
        "netrange", "opera tv", "pov_tv", "philipstv", "vidaa", "amazon;aft", "qled", "webtv/",
        "dtv", "olpas",
        "ce-html", "sonydtv", "technisat", "sony bdv", "tizen; tv", "large screen", " tv safari",
        "xiaomi tv", "chromecast", "bbc/", "espial", "inettvbrowser", "; tv)", "boxee", "ktc tv",
        "tcl tv", "skyworth", "smartbox", "ottbox", "_ott_", "vinabox", "tv bro", "tvbro",
        " tv build", " tv)", "shell lc", "-led4", "-led5", "-led3", "opentv", "stbapp",
        "brightsign", "kreatv", "ugoos", "x96", "h96max", "h96 max", "t95 ", "t95)", "t95z", "t95x",
        "t95q", "mxq", "tanix",
        "a95x", "mecool", "zidoo", "beelink", "minix neo", "shield tv", "omi/4", "omi/5",
        "evolution ciscobrowser", "sonybdp", "motorola stb", "lge ;", "u43f8000", "vodafone tv",
        " wpe", "mbxtwebkit", "htmlrenderer", "qtembedded; u; linux; c", "; aft", "aquosbrowser",
        "aquos-tv", "sonycebrowser", "hybridcast", "ciscobrowser", "linux mips", "diga/", "webostv",
    ]

    private static let cameraWords: [StaticString] = [
        "ek-gc1", "ek-gc2", "coolpix", "gopro",
    ]

    private static let playerWords: [StaticString] = [
        "ipod", "walkman", "nw-z", "nw-a1", "nw-a2", "zune", "yp-g", "yp-gs", "fiio", "musicpad",
        "swofy", "xdp-3", "ruizu",
    ]

    private static let readerWords: [StaticString] = [
        "kindle/", "kobo", "nook browser", "bntv", "pocketbook", "ebookr", "onyx", "boox",
        "tolino", "sony prs", "e-reader",
    ]

    private static let assistantWords: [StaticString] = [
        "palmos", "palm os", "palmsource", "blazer", "netfront/3.0; ppc", "(pda;", " pda ",
    ]

    private static let tabletWords: [StaticString] = [
        "ipad", "tablet", "playbook", "touchpad", "kindle fire", "silk/", "sm-t", "sm-x", "sm-p5",
        "sm-p6", "sm-p9", "gt-p", "gt-n51", "gt-n80", "sch-i800", "sgh-t8", "sgh-i987",
        "shw-m18", "shw-m30", "shw-m38", "shw-m43", "shw-m48",
        "nexus 7", "nexus 9", "nexus 10", "pixel c", "pixel tablet", "mediapad", "matepad",
        "xoom", "transformer", "lenovo tb", "tb-x", "tb-8", "tb3-", "tb2-", "yoga tab",
        "lenovo yt", "ideatab", "a1-8", "a3-a", "iconia", "kfthwi", "kfot", "kftt", "kfjw",
        "kfso", "kfap", "kfar", "kfsa", "kfas", "kfme", "kffo", "kfgi", "kfdo", "kfau", "kfsu",
        "kfmu", "kfka", "kfon", "kfma", "kftr", "kfra", "kfqu", "kfsn", "kftb", "redmi pad",
        "mi pad", "xiaomi pad", "honor pad", "vivo pad", "oneplus pad", "oppo pad", "realme pad",
        "nokia t2", "nokia t1", "lg-v4", "lg-v5", "lg-v6", "lg-v7", "lg-v9", "surftab", "lifetab",
        "ematic", "dragon touch",
        "teclast", "chuwi", "cube u", "alldocube", "odys", "irbis", "digma", "prestigio",
        "wexler", "multilaser m7", "multilaser m10", "agr-", "bzt-", "kob-", "jdn", "sgp",
        "so-05", "so-03e", "mz6", "hudl", "galaxy tab", "gt-p7510", "b1-7", "b3-a", "tegra note",
        "slate", "etab", "i-mobile i-note", "pad ", "; tb1", "; tb2", "; tb3", "; tb5", "; tb7",
        "; tb-", "-w09", "-w10", "-w19", "-w29", "-w59", "-w60", "-aw0", "-al09hn", "funpad",
        "pad_", "pad-", "pad)", "tab ", "tab-", "tab build", " tab)", "_tab", "viewpad", "tf101",
        "ubt7w",
        "fold tab", "zenpad", "memo pad", "t-pad", "gt-n8", "galaxytab", "nexus7", "-l09hn",
        "joypad", "freetab", "multipad", "mid 7", "omnitab", "btv-", "gem-70", "; ags", "; bah",
        "p023", "p024", "p01t", "p01m", "p027", "onda ", "; shift", "; me17", "; me30", "; me37",
        "; me40", "; me57", "asus me", "dell venue", "venue 7", "venue 8",
    ]

    private static let phoneWords: [StaticString] = [
        "iphone", "windows phone", "iemobile", "blackberry", "bb10", "symbian", "series60",
        "s60/", "series 60", "webos/", "maemo", "meego", "bada/", "sailfish", "tizen",
        "firefox os", "fxos", "harmonyos", "openharmony", "windows mobile", "symbos", "hpwos",
        "; wds ",
    ]

    private static let simplePhoneWords: [StaticString] = [
        "midp", "cldc", "series40", "series 40", "kaios", "j2me", "ucweb", "brew", "nokia",
        "up.browser", "up.link", "docomo", "kddi-", "softbank", "vodafone", "obigo",
        "mauibrowser", "mocordroid", "sonyericsson", "samsung-sgh", "lg-", "lge-", "mot-",
        "opera mini", "netfront", "jasmine", "dolfin", "polaris", "novarra", "wap", "openwave",
        "teleca", "mtk", "telit",
    ]

    private static let phoneModelWords: [StaticString] = [
        "sm-g", "sm-a", "sm-j", "sm-n9", "sm-f", "sm-s9", "rmx", "; cph", "redmi note", "moto g",
        "pixel 2", "pixel 3", "pixel 4", "pixel 5", "pixel 6", "pixel 7", "pixel 8", "pixel 9",
        "oneplus", "htc ", "xperia", "vivo 1", "vivo 2", "; v2", "infinix", "tecno", "pemt",
        "-al00", "-al10", "-tl00", "galaxy nexus",
    ]

    private static let laptopWords: [StaticString] = [
        "elitebook", "chromebook", "satellite", "travelmate", "vostro", "inspiron", "lifebook",
        "thinkpad", "latitude ", "macbook", "probook", "pavilion", "2in1", "desktop pc",
    ]

    private static let workstationWords: [StaticString] = [
        "x11;", "(x11", "macintosh", "amigaos", "irix", "osf1", "sunos", "hp-ux", "beos", "haiku",
        "openvms", "risc os", "desktop;", "win32", "win64", "morphos", "os/2", "freebsd",
        "windows nt", "mac os/", "mac os x", "macos", "(win10", "os=mac", "macbook", "win98",
        "windows;",
    ]

    private static let mobileWords: [StaticString] = [
        "mobile", "dalvik", "opera mini",
    ]

    private static let setTopBoxWords: [StaticString] = [
        "box)", "box build", "box ", "box-", "box_", "box2", "box3", "shell ", "shell_", "atv)",
        "atv build", "realtekatv", "eled-", "movie x", "movie u", "iconbit movie", "pc live",
    ]

    private static let handheldWindowsWords: [StaticString] = [
        "arm; touch; tablet"
    ]

    private static let pocketWindowsWords: [StaticString] = [
        "windows ce", "iemobile", "wpdesktop", "zunewp",
    ]

    private static let firefoxOSWords: [StaticString] = [
        "(mobile;"
    ]

    private static let androidWords: [StaticString] = [
        "android"
    ]

    private static let tridentWords: [StaticString] = [
        "trident/", "msie ",
    ]

    private static let edgeHTMLWords: [StaticString] = [
        " edge/"
    ]

    private static let prestoWords: [StaticString] = [
        "presto/"
    ]

    private static let geckoWords: [StaticString] = [
        "gecko/"
    ]

    private static let likeGeckoWords: [StaticString] = [
        "like gecko"
    ]

    private static let blinkWords: [StaticString] = [
        "chrome/", "chromium/",
    ]

    private static let webKitWords: [StaticString] = [
        "applewebkit/"
    ]
}
