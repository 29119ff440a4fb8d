import ClickModel
import Foundation
import Testing

@testable import Enrichment

struct ReferralTests {
    private func referral(_ header: String) -> Referral {
        let suffixes = PublicSuffixes(
            Data(
                """
                com
                example
                co.uk
                uk
                onion
                ru
                // ===BEGIN PRIVATE DOMAINS===
                github.io
                *.cloud.example

                """.utf8
            )
        )
        return Array(header.utf8).withUnsafeBufferPointer { Referral($0, suffixes: suffixes) }
    }

    private static let cases: [(header: String, type: String, name: String)] = [
        ("", "direct", "direct"), ("about:blank", "direct", "direct"),
        ("http://m.facebook.com/", "social", "facebook"), ("https://t.co/x", "social", "twitter"),
        ("https://x.com/", "social", "twitter"), ("https://www.google.co.uk/", "search", "google"),
        ("https://mail.google.com/", "email", "gmail"), ("https://chatgpt.com/", "ai", "chatgpt"),
        ("https://ad.doubleclick.net/", "paid", "doubleclick"),
        ("https://www.news.example.co.uk/a", "website", "example.co.uk"),
        ("https://webmail.acme.example/", "email", "acme"),
        ("https://google.com.evil.example/", "website", "evil.example"),
        ("https://notfacebook.com/", "website", "notfacebook.com"),
        ("http://10.0.0.1/", "website", "10.0.0.1"),
        ("android-app://com.facebook.katana/", "social", "facebook"),
        ("android-app://com.example.reader", "app", "com.example.reader"),
        ("https://com.pinterest/", "social", "pinterest"),
        ("https://mail.yandex.co.uk/", "email", "yandex"),
        ("https://docs.google.com/d/1", "website", "google.com"),
        ("https://disk.yandex.ru/d/1", "website", "yandex.ru"),
        ("https://www.naver.com/", "search", "naver"),
        ("https://blog.naver.com/a", "website", "naver.com"),
        ("https://aistudio.google.com/", "ai", "aistudio"),
        ("https://webmail.aol.com/", "email", "aol-mail"),
        ("https://www.hao123.com/", "search", "hao123"), ("https://ask.fm/a", "social", "ask-fm"),
        ("https://l.wl.co/l?u=x", "social", "whatsapp"),
        ("https://clickserve.dartsearch.net/link", "paid", "doubleclick"),
        ("android-app://com.google.android.apps.messaging/", "social", "google-messages"),
        ("https://m.mail.yandex.ru/", "email", "yandex"),
        ("https://google.github.io/", "website", "google.github.io"),
        ("https://yandex.a.cloud.example/", "website", "yandex.a.cloud.example"),
        ("https://huggingface.co/chat/", "ai", "huggingchat"),
        ("https://www.google.com./", "search", "google"),
        ("https://www.news.example.co.uk./", "website", "example.co.uk"),
        ("https://scholar.google.com/scholar", "search", "google-scholar"),
        ("https://www.tieba.baidu.com/p/1", "social", "tieba"),
    ]

    @Test(arguments: cases)
    func `a referrer's source is known by its host`(header: String, type: String, name: String) {
        let referral = referral(header)
        #expect(referral.type == type)
        #expect(referral.name == name)
    }

    @Test func `the table names each host once, and each source by a slug of a known type`() {
        let types: Set = ["search", "social", "email", "ai", "paid", "website"]
        var seen: Set<String> = []
        for (source, hosts) in ReferrerSources.hostRows {
            #expect(types.contains(source.type), "\(source)")
            #expect(source.type == "website" || Slug.of(source.name) == source.name)
            for host in hosts {
                #expect(seen.insert(host).inserted, "\(host) stands twice in the table")
                #expect(host == host.lowercased() && host.contains("."), "\(host)")
            }
        }
        #expect(seen.count > 800)
    }

    @Test func `the path that an app tells is as it was sent`() {
        let referral = referral("ANDROID-APP://Com.Example.Reader/Https/News.Example/A?b#c")
        #expect(referral.hostname == "com.example.reader")
        #expect(referral.scheme == "android-app")
        #expect(referral.path == "/Https/News.Example/A")
    }

    @Test func `host, protocol and path are told, never the query`() {
        let referral = referral("HTTPS://User:pw@News.Example:8443/a/../b?secret#x")
        #expect(referral.hostname == "news.example")
        #expect(referral.scheme == "https")
        #expect(referral.path == "/b")
    }
}
