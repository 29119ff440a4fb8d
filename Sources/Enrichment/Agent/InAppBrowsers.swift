/// Apps that open links in a view of their own: they beat the WebView that they embed.
///
/// Each row: what the user agent holds (lower case), the name in events, and what its version follows.
/// The first row that is found wins, so an app stands before the one whose marks it carries too.
enum InAppBrowsers {
    struct Row {
        let mark: StaticString
        let name: String
        let versionAfter: [StaticString]
    }

    static let rows: [Row] = [
        Row(mark: "fban/messenger", name: "facebook-messenger-app", versionAfter: ["fbav/"]),
        Row(mark: "fb_iab/messenger", name: "facebook-messenger-app", versionAfter: ["fbav/"]),
        Row(mark: "fb_iab/orca", name: "facebook-messenger-app", versionAfter: ["fbav/"]),
        Row(mark: "fban/orca", name: "facebook-messenger-app", versionAfter: ["fbav/"]),
        Row(mark: "messengerforios", name: "facebook-messenger-app", versionAfter: ["fbav/"]),
        Row(mark: "barcelona ", name: "threads-app", versionAfter: ["barcelona "]),
        Row(mark: "metaiab facebook", name: "facebook-app", versionAfter: []),
        Row(mark: "metaiab instagram", name: "instagram-app", versionAfter: []),
        Row(mark: "metaiab messenger", name: "facebook-messenger-app", versionAfter: []),
        Row(mark: "metaiab threads", name: "threads-app", versionAfter: []),
        Row(mark: "instagram ", name: "instagram-app", versionAfter: ["instagram "]),
        Row(mark: "instagram/", name: "instagram-app", versionAfter: ["instagram/"]),
        Row(mark: "fbav/", name: "facebook-app", versionAfter: ["fbav/"]),
        Row(mark: "fban/", name: "facebook-app", versionAfter: ["fbav/"]),
        Row(mark: "fb_iab/", name: "facebook-app", versionAfter: ["fbav/"]),
        Row(mark: "twitter for iphone", name: "twitter-app", versionAfter: ["twitter for iphone/"]),
        Row(mark: "twitter for ipad", name: "twitter-app", versionAfter: ["twitter for ipad/"]),
        Row(mark: "twitterandroid", name: "twitter-app", versionAfter: ["twitterandroid/"]),
        Row(
            mark: "linkedinapp",
            name: "linkedin-app",
            versionAfter: ["linkedinapp]/", "linkedinapp/"]
        ),
        Row(mark: "bytedancewebview", name: "tiktok-app", versionAfter: tiktokVersions),
        Row(mark: "musical_ly", name: "tiktok-app", versionAfter: tiktokVersions),
        Row(mark: "trill_", name: "tiktok-app", versionAfter: tiktokVersions),
        Row(mark: "tiktok", name: "tiktok-app", versionAfter: tiktokVersions),
        Row(mark: "[pinterest/", name: "pinterest-app", versionAfter: ["pinterest for android/"]),
        Row(mark: "pinterest/", name: "pinterest-app", versionAfter: ["pinterest/"]),
        Row(mark: "snapchat", name: "snapchat-app", versionAfter: ["snapchat/", "snapchat "]),
        Row(mark: "micromessenger", name: "wechat-app", versionAfter: ["micromessenger/"]),
        Row(mark: "kakaotalk", name: "kakaotalk-app", versionAfter: ["kakaotalk/", "kakaotalk "]),
        Row(
            mark: "telegram-android",
            name: "telegram-app",
            versionAfter: ["telegram-android/"]
        ),
        Row(mark: " telegram/", name: "telegram-app", versionAfter: [" telegram/"]),
        Row(mark: "__weibo__", name: "weibo-app", versionAfter: ["__weibo__"]),
        Row(mark: " line/", name: "line-app", versionAfter: [" line/"]),
        Row(mark: "quark/", name: "quark", versionAfter: ["quark/"]),
        Row(mark: "baiduboxapp/", name: "baidu-app", versionAfter: ["baiduboxapp/"]),
        Row(
            mark: "sogoumobilebrowser/",
            name: "sogou-mobile-browser",
            versionAfter: ["sogoumobilebrowser/"]
        ),
        Row(mark: "yabrowser/", name: "yandex-browser", versionAfter: ["yabrowser/"]),
        Row(mark: "yasearchbrowser/", name: "yandex-browser", versionAfter: ["yasearchbrowser/"]),
        Row(mark: "yandexsearch/", name: "yandex-browser", versionAfter: ["yandexsearch/"]),
        Row(mark: "pinterest for ", name: "pinterest-app", versionAfter: pinterestVersions),
        Row(mark: "yaapp_", name: "yandex-browser", versionAfter: yandexVersions),
        Row(mark: "nokiabrowser/", name: "nokia-browser", versionAfter: ["nokiabrowser/"]),
        Row(mark: " gsa/", name: "google-app", versionAfter: [" gsa/"]),
    ]

    private static let tiktokVersions: [StaticString] = [
        "musical_ly_", "trill_", "app_version/", "tiktok/", "tiktok ",
    ]

    /// Android tells the app that shows a page in `X-Requested-With`.
    static let packages: [String: String] = [
        "com.facebook.katana": "facebook-app", "com.facebook.lite": "facebook-app",
        "com.facebook.orca": "facebook-messenger-app",
        "com.facebook.mlite": "facebook-messenger-app",
        "com.instagram.android": "instagram-app", "com.instagram.lite": "instagram-app",
        "com.instagram.barcelona": "threads-app", "com.twitter.android": "twitter-app",
        "com.twitter.android.lite": "twitter-app", "com.linkedin.android": "linkedin-app",
        "com.zhiliaoapp.musically": "tiktok-app", "com.ss.android.ugc.trill": "tiktok-app",
        "com.pinterest": "pinterest-app", "com.snapchat.android": "snapchat-app",
        "com.tencent.mm": "wechat-app", "jp.naver.line.android": "line-app",
        "com.kakao.talk": "kakaotalk-app", "org.telegram.messenger": "telegram-app",
        "com.google.android.googlequicksearchbox": "google-app", "com.sina.weibo": "weibo-app",
    ]

    /// uap-core's families for the same apps, where their marks are others than above.
    static let families: [String: String] = [
        "facebook": "facebook-app", "facebook-messenger": "facebook-messenger-app",
        "instagram": "instagram-app", "twitter": "twitter-app", "pinterest": "pinterest-app",
        "snapchat": "snapchat-app", "tiktok": "tiktok-app", "linkedin": "linkedin-app",
        "line": "line-app", "kakaotalk": "kakaotalk-app", "wechat-browser": "wechat-app",
        "weibo": "weibo-app", "google": "google-app", "telegram": "telegram-app",
        "threads": "threads-app",
    ]

    private static let pinterestVersions: [StaticString] = [
        "pinterest for ios/", "pinterest for android/", "pinterest for android tablet/",
    ]

    private static let yandexVersions: [StaticString] = ["yaapp_android/", "yaapp_ios/"]

    /// The app whose view this is, with its version.
    static func find(in text: AgentText) -> (name: String, version: String?)? {
        let index = text.marks.apps.trailingZeroBitCount
        guard rows.indices.contains(index) else { return nil }
        let row = rows[index]
        return (row.name, row.versionAfter.lazy.compactMap { text.version(after: $0) }.first)
    }
}
