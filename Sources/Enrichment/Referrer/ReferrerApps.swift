/// Apps that send a `Referer` of their own, by package name or App Store number.
enum ReferrerApps {
    static let sources: [String: ReferrerSources.Source] = {
        var sources: [String: ReferrerSources.Source] = [:]
        for line in lines.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            guard words.count > 2 else { continue }
            for id in words[2...] {
                sources[id] = ReferrerSources.Source(type: words[0], name: words[1])
            }
        }
        return sources
    }()

    private static let lines = """
        search google com.google.android.googlequicksearchbox 284815942 com.google.android.launcher
        search bing com.microsoft.bing 345323231
        search duckduckgo com.duckduckgo.mobile.android 663592361
        search ecosia com.ecosia.android 670881887
        search yandex ru.yandex.searchplugin 1050704155
        search naver com.nhn.android.search 393499958
        social facebook com.facebook.katana com.facebook.lite 284882215
        social facebook-messenger com.facebook.orca com.facebook.mlite 454638411
        social instagram com.instagram.android com.instagram.lite 389801252
        social threads com.instagram.barcelona 6446901002
        social twitter com.twitter.android com.twitter.android.lite 333903271
        social linkedin com.linkedin.android 288429040
        social pinterest com.pinterest 429047995
        social reddit com.reddit.frontpage com.laurencedawson.reddit_sync com.laurencedawson.reddit_sync.pro io.syncapps.lemmy_sync com.andrewshu.android.reddit 1064216828
        social tiktok com.zhiliaoapp.musically com.ss.android.ugc.trill 835599320
        social youtube com.google.android.youtube 544007664
        social whatsapp com.whatsapp com.whatsapp.w4b 310633997
        social telegram org.telegram.messenger org.telegram.messenger.web org.telegram.plus org.telegram.biftogram org.aka.messenger org.thunderdog.challegram 686449807
        social discord com.discord 985746746
        social slack com.slack com.tinyspeck.chatlyio 618783545
        social snapchat com.snapchat.android 447188370
        social vkontakte com.vkontakte.android 564177498
        social odnoklassniki ru.ok.android 398465290
        social line jp.naver.line.android 443904275
        social kakaotalk com.kakao.talk 362057947
        social wechat com.tencent.mm 414478124
        social weibo com.sina.weibo 350962117
        social viber com.viber.voip 382617920
        social signal org.thoughtcrime.securesms 874139669
        social skype com.skype.raider 304878510
        social teams com.microsoft.teams 1113153706
        social tumblr com.tumblr 305343404
        social quora com.quora.android 456034437
        social bluesky xyz.blueskyweb.app 6444370199
        social mastodon org.joinmastodon.android 1571998974
        social xing com.xing.android 297625850
        social nextdoor com.nextdoor 640360962
        social medium com.medium.reader 828256236
        social flipboard flipboard.app 358801284
        social hacker-news io.github.hidroh.materialistic
        email gmail com.google.android.gm com.google.android.gm.lite 422689480
        email outlook com.microsoft.office.outlook 951937596
        email yahoo-mail com.yahoo.mobile.client.android.mail 577586159
        email proton ch.protonmail.android 979659905
        email aol-mail com.aol.mobile.aolapp 646100661
        email gmx de.gmx.mobile.android.mail 417352269
        email web-de de.web.mobile.android.mail 368941047
        email mail-ru-mail ru.mail.mailapp 511310430
        email yandex ru.yandex.mail 441899433
        email k9-mail com.fsck.k9
        email earthlink com.earthlink.myearthlink
        email thunderbird net.thunderbird.android
        email fastmail com.fastmail.app
        email spark com.readdle.spark 997102246
        ai chatgpt com.openai.chatgpt 6448311069
        ai perplexity ai.perplexity.app.android 1668000334
        ai claude com.anthropic.claude 6473753684
        ai gemini com.google.android.apps.bard 6477489729
        ai copilot com.microsoft.copilot 6472538445
        ai deepseek com.deepseek.chat 6737597349
        ai grok ai.x.grok 6670324846
        ai mistral ai.mistral.chat 6740410176
        """
}
