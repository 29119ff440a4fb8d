/// What kind of device a user agent speaks for.
enum DeviceClass {
    private static let televisions: [StaticString] = [
        "smart-tv", "smarttv", "smart tv", "googletv", "google tv", "android tv", "androidtv",
        "appletv", "apple tv", "hbbtv", "netcast", "web0s", "webos.tv", "nettv", "bravia", "aquos",
        "viera", "roku", "crkey", "tv box", "tvbox", "mibox", "mitv", "mi tv", "shield android",
        "netrange", "opera tv", "pov_tv", "philipstv", "hisense", "vidaa", "aftb", "aftt", "aftm", "afts",
        "aftn", "aftka", "aftrs", "aftss", "aftmm", "dtv", "olpas", "ce-html", "sonydtv", "technisat",
        "sony bdv", "tizen; tv", "large screen", " tv safari", "xiaomi tv", "chromecast", "bbc/",
        "espial", "inettvbrowser", "; tv)", "boxee", "ktc tv", "tcl tv", "skyworth", "smartbox",
    ]
    private static let consoles: [StaticString] = [
        "playstation", "xbox", "nintendo", "psp (", "ouya", "dreamcast", "steam deck", "valve steam gamepad",
    ]
    private static let wearables: [StaticString] = [
        "watchos", "apple watch", "watch os", "wear os", "sm-r7", "sm-r8", "sm-r9", "galaxy watch",
        "gear s", "smartwatch", "ticwatch", "oculus", "quest", "watch1,", "watch2,", "watch3,",
        "watch4,", "watch5,", "watch6,", "watch7,", "meta quest", "pico 4", "pico neo", "hololens",
    ]
    private static let cars: [StaticString] = [
        "tesla/", "qtcarbrowser", "car browser", "android automotive", "; automotive", "carplay",
        "nissan", "bmw", "mbux", "kia car", "hyundai car",
    ]
    private static let speakers: [StaticString] = [
        "alexamediaplayer", "echo/", "homepod", "google-home", "sonos", "alexa media", "audioaccessory",
    ]
    private static let displays: [StaticString] = [
        "nest hub", "echo show", "smart display", "aeobc", "aeodn", "aeohy", "aeokn", "aeots", "aeocw",
    ]
    private static let readers: [StaticString] = [
        "kindle/", "kobo", "nook browser", "bntv", "pocketbook", "ebookr", "onyx", "boox", "tolino",
        "sony prs", "e-reader",
    ]
    private static let cameras: [StaticString] = ["ek-gc1", "ek-gc2", "coolpix", "gopro"]
    private static let players: [StaticString] = [
        "ipod", "sm-g70", "walkman", "nw-z", "nw-a1", "nw-a2", "zune", "yp-g", "yp-gs", "fiio",
    ]
    private static let assistants: [StaticString] = [
        "palmos", "palm os", "palmsource", "windows ce; ppc", "blazer", "netfront/3.0; ppc",
        "(pda;", " pda ",
    ]
    private static let phones: [StaticString] = [
        "iphone", "windows phone", "iemobile", "blackberry", "bb10", "symbian", "series60", "s60/",
        "series 60", "webos/", "maemo", "meego", "bada/", "sailfish", "tizen", "firefox os", "fxos",
        "harmonyos", "openharmony", "windows mobile", "symbos", "hpwos",
    ]
    private static let simplePhones: [StaticString] = [
        "midp", "cldc", "series40", "series 40", "kaios", "j2me", "ucweb", "brew", "nokia", "up.browser",
        "up.link", "docomo", "kddi-", "softbank", "vodafone", "obigo", "mauibrowser", "mocordroid",
        "sonyericsson", "samsung-sgh", "lg-", "lge-", "mot-", "opera mini", "netfront", "jasmine",
        "dolfin", "polaris", "novarra", "wap", "openwave", "teleca", "mtk", "telit",
    ]
    private static let tablets: [StaticString] = [
        "ipad", "tablet", "playbook", "touchpad", "kindle fire", "silk/", "sm-t", "sm-x", "sm-p5", "sm-p6",
        "sm-p9", "gt-p", "gt-n51", "gt-n80", "sch-i800", "sgh-t8", "sgh-i987", "shw-m", "nexus 7", "nexus 9",
        "nexus 10", "pixel c", "pixel tablet", "mediapad", "matepad", "xoom", "transformer", "lenovo tb",
        "tb-x", "tb-8", "tb3-", "tb2-", "yoga tab", "lenovo yt", "ideatab", "a1-8", "a3-a", "iconia",
        "kfthwi", "kfot", "kftt", "kfjw", "kfso", "kfap", "kfar", "kfsa", "kfas", "kfme", "kffo", "kfgi", "kfdo",
        "kfau", "kfsu", "kfmu", "kfka", "kfon", "kfma", "kftr", "kfra", "kfqu", "kfsn", "kftb", "redmi pad",
        "mi pad", "xiaomi pad", "honor pad", "vivo pad", "oneplus pad", "oppo pad", "realme pad",
        "nokia t2", "nokia t1", "lg-v", "venue", "surftab", "lifetab", "archos", "ematic", "dragon touch",
        "onda", "teclast", "chuwi", "cube u", "alldocube", "odys", "irbis", "digma", "prestigio", "wexler",
        "multilaser m7", "multilaser m10", "ags", "agr-", "bah", "bzt-", "kob-", "jdn", "shift", "me1", "me3",
        "me5", "p01", "p02", "k01", "sgp", "so-05", "so-03e", "mz6", "hudl", "galaxy tab", "gt-p7510", "b1-7",
        "b3-a", "tegra note", "slate", "etab", "i-mobile i-note", "pad ",
    ]
    private static let desktops: Set<String> = ["windows", "macos", "linux", "chrome-os", "freebsd", "openbsd", "netbsd", "solaris"]

    /// The device class, or nil when nothing tells.
    ///
    /// - Parameters:
    ///   - text: The user agent.
    ///   - os: The operating system's name in events.
    ///   - isMobileHint: `Sec-CH-UA-Mobile`, where sent.
    static func of(_ text: AgentText, os: String?, isMobileHint: Bool?) -> String? {
        if text.containsAny(consoles) { return "game-console" }
        if os == "watchos" || text.containsAny(wearables) { return "wearable-computer" }
        if text.containsAny(cars) { return "car" }
        if text.containsAny(displays) { return "smart-display" }
        if text.containsAny(speakers) { return "smart-speaker" }
        if os == "tvos" || text.containsAny(televisions) { return "smart-tv" }
        if text.containsAny(cameras) { return "camera" }
        if text.containsAny(players) { return "portable-media-player" }
        if text.containsAny(readers) { return "e-reader" }
        if text.containsAny(assistants) { return "pda" }
        switch os {
        case "android"?, "fire-os"?: return android(text, isMobileHint)
        case "ios"?: return text.contains("ipad") ? "tablet" : "smartphone"
        case "windows"?: return text.contains("arm; touch; tablet") ? "tablet" : "desktop"
        case "kaios"?: return "feature-phone"
        case "harmonyos"?: return text.containsAny(tablets) ? "tablet" : "smartphone"
        case let name? where desktops.contains(name): return "desktop"
        default: break
        }
        if text.containsAny(["ipad", "playbook", "touchpad", "tablet"]) { return "tablet" }
        if text.containsAny(phones) { return "smartphone" }
        if text.containsAny(simplePhones) { return "feature-phone" }
        return nil
    }

    private static func android(_ text: AgentText, _ isMobileHint: Bool?) -> String {
        if text.containsAny(tablets) { return "tablet" }
        if let isMobileHint { return isMobileHint ? "smartphone" : "tablet" }
        if text.contains("mobile") || text.contains("dalvik") || text.contains("opera mini") {
            return "smartphone"
        }
        // Google asks makers of tablets to leave "Mobile" out.
        return text.contains("applewebkit") ? "tablet" : "smartphone"
    }
}
