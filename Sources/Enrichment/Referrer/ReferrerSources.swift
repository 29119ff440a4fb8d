/// The sources that people come from, by host: a table of our own, one line a source.
///
/// A line is a type, a name, and hosts. A host stands for itself and what lies below it; the longest one
/// that fits wins. `google.*` stands for Google under any public suffix. Apps are in `ReferrerApps.swift`.
enum ReferrerSources {
    struct Source: Hashable {
        let type: String
        let name: String
    }

    private static let lines = """
        search google google.* googleusercontent.com/search
        search bing bing.com bingj.com search.msn.com search.live.com
        search yahoo search.yahoo.com search.yahoo.co.jp r.search.yahoo.com
        search duckduckgo duckduckgo.com duckduckgogg42xjoc72x3sjasowoarfbgcmvfimaftt6twagswzczad.onion duck.com
        search yandex yandex.* ya.ru
        search baidu baidu.com
        search naver search.naver.com m.search.naver.com naver.com
        search daum search.daum.net daum.net
        search ecosia ecosia.org
        search qwant qwant.com
        search startpage startpage.com ixquick.com
        search brave search.brave.com
        search seznam seznam.cz
        search sogou sogou.com
        search so so.com 360.cn haosou.com
        search shenma sm.cn
        search ask ask.com ask.* search-results.com askkids.com
        search aol search.aol.com aol.com aolsearch.aol.co.uk aol.co.uk aol.de aol.fr
        search swisscows swisscows.com
        search mojeek mojeek.com
        search kagi kagi.com
        search yep yep.com
        search presearch presearch.com presearch.org
        search you you.com
        search petal petalsearch.com
        search coccoc coccoc.com
        search goo search.goo.ne.jp
        search rambler nova.rambler.ru rambler.ru
        search mail-ru go.mail.ru
        search dogpile dogpile.com
        search metager metager.org metager.de metager2.de
        search gibiru gibiru.com
        search lilo search.lilo.org lilo.org
        search onet szukaj.onet.pl
        search nate search.nate.com search.daum.nate.com
        search looksmart looksmart.com
        search entireweb entireweb.com
        search metacrawler metacrawler.com metacrawler.de
        search oceanhero oceanhero.today
        search freespoke freespoke.com
        search liveinternet liveinternet.ru
        search nigma nigma.ru
        search karma karmasearch.org
        search t-online suche.t-online.de
        search web-de suche.web.de
        search gmx suche.gmx.net suche.gmx.at
        search ixquick ixquick.de
        search info info.com
        search lycos lycos.com
        search excite excite.com
        search webcrawler webcrawler.com
        search mywebsearch mywebsearch.com
        search avg mysearch.avg.com isearch.avg.com
        search conduit search.conduit.com
        search babylon search.babylon.com
        search virgilio ricerca.virgilio.it
        search orange lemoteur.orange.fr
        search free recherche.free.fr
        search searx searx.me searx.be
        search whoogle whoogle.io
        search sapo pesquisa.sapo.pt
        search terra buscador.terra.com.br
        search uol busca.uol.com.br
        search walla search.walla.co.il
        search fireball fireball.de
        search exalead exalead.com exalead.*
        search abacho abacho.com
        search gigablast gigablast.com
        search youdao youdao.com
        search biglobe cgi.search.biglobe.ne.jp
        search nifty search.nifty.com
        search docomo search.smt.docomo.ne.jp
        search bigpond search.bigpond.com
        search comcast search.comcast.net
        search xfinity search.xfinity.com
        search charter charter.net
        search infospace infospace.com
        search zapmeta zapmeta.com zapmeta.*
        search izito izito.com
        search searchalot searchalot.com
        search yippy yippy.com
        search alltheweb alltheweb.com
        search altavista altavista.com
        search hotbot hotbot.com
        search monstercrawler monstercrawler.com
        search netscape search.netscape.com
        search voila search.ke.voila.fr
        search najdi najdi.si
        search centrum search.centrum.cz
        search atlas searchatlas.centrum.cz
        search zoznam zoznam.sk
        search neti neti.ee
        search eniro eniro.se
        search kvasir kvasir.no
        search jubii jubii.dk
        search arianna arianna.libero.it
        search tiscali search.tiscali.it
        search freenet suche.freenet.de
        search wolframalpha wolframalpha.com
        search tixuma tixuma.de
        search gulesider gulesider.no
        search meta-ua meta.ua
        search bigmir search.bigmir.net
        search i-ua search.i.ua
        social facebook facebook.com fb.com fb.me facebook.net fbsbx.com facebookcorewwwi.onion
        social facebook-messenger messenger.com m.me
        social instagram instagram.com ig.me
        social threads threads.net threads.com
        social twitter twitter.com x.com t.co twitter.co
        social linkedin linkedin.com lnkd.in
        social pinterest pinterest.* pin.it
        social reddit reddit.com redd.it
        social tiktok tiktok.com
        social youtube youtube.com youtu.be youtube-nocookie.com
        social whatsapp whatsapp.com wa.me whatsapp.net
        social telegram telegram.org t.me telegram.me web.telegram.org
        social discord discord.com discordapp.com discord.gg
        social slack slack.com slack-redir.net
        social snapchat snapchat.com
        social tumblr tumblr.com t.umblr.com umblr.com
        social vkontakte vk.com vkontakte.ru vk.ru
        social odnoklassniki ok.ru odnoklassniki.ru
        social weibo weibo.com weibo.cn t.cn
        social wechat weixin.qq.com wx.qq.com wechat.com servicewechat.com
        social qzone qzone.qq.com
        social douban douban.com
        social xiaohongshu xiaohongshu.com xhslink.com
        social douyin douyin.com
        social zhihu zhihu.com
        social bilibili bilibili.com
        social line line.me
        social kakaotalk kakao.com story.kakao.com
        social viber viber.com
        social signal signal.org
        social skype skype.com web.skype.com
        social teams teams.microsoft.com statics.teams.cdn.office.net teams.live.com
        social mastodon mastodon.social mastodon.online mastodon.cloud mstdn.social mastodon.xyz mstdn.jp mas.to
        social bluesky bsky.app bsky.social go.bsky.app skyfeed.app deck.blue
        social quora quora.com
        social stackoverflow stackoverflow.com
        social stackexchange stackexchange.com
        social hacker-news news.ycombinator.com
        social github github.com gist.github.com
        social medium medium.com
        social flickr flickr.com
        social vimeo vimeo.com
        social twitch twitch.tv
        social xing xing.com
        social meetup meetup.com
        social goodreads goodreads.com
        social deviantart deviantart.com
        social livejournal livejournal.com livejournal.ru
        social blogger blogger.com
        social soundcloud soundcloud.com
        social lastfm last.fm lastfm.ru lastfm.*
        social myspace myspace.com
        social hi5 hi5.com
        social badoo badoo.com
        social tagged tagged.com
        social mixi mixi.jp
        social renren renren.com
        social kaixin001 kaixin001.com
        social viadeo viadeo.com
        social nextdoor nextdoor.com
        social rumble rumble.com
        social gab gab.com
        social gettr gettr.com
        social truth-social truthsocial.com
        social parler parler.com
        social clubhouse clubhouse.com joinclubhouse.com
        social bereal bereal.com bere.al
        social lemmy lemmy.world lemmy.ml
        social pixelfed pixelfed.social
        social peertube peertube.tv
        social producthunt producthunt.com
        social indiehackers indiehackers.com
        social lobsters lobste.rs
        social slashdot slashdot.org
        social digg digg.com
        social stumbleupon stumbleupon.com
        social mix mix.com
        social flipboard flipboard.com flip.it
        social pocket getpocket.com
        social diigo diigo.com
        social delicious delicious.com del.icio.us
        social folkd folkd.com
        social scoop-it scoop.it
        social academia academia.edu
        social researchgate researchgate.net
        social behance behance.net
        social dribbble dribbble.com
        social dailymotion dailymotion.com
        social wattpad wattpad.com
        social ravelry ravelry.com
        social strava strava.com
        social tripadvisor tripadvisor.*
        social foursquare foursquare.com
        social yelp yelp.*
        social taringa taringa.net
        social tuenti tuenti.com
        social skyrock skyrock.com
        social studivz studivz.net
        social meinvz meinvz.net
        social wer-kennt-wen wer-kennt-wen.de
        social nk nk.pl
        social wykop wykop.pl
        social netlog netlog.com
        social orkut orkut.com
        social bebo bebo.com
        social friendster friendster.com
        social classmates classmates.com
        social myheritage myheritage.com
        social geni geni.com
        social gaia-online gaiaonline.com
        social habbo habbo.com
        social friendfeed friendfeed.com
        social identi-ca identi.ca
        social plurk plurk.com
        social sonico sonico.com
        social multiply multiply.com
        social ning ning.com
        social xanga xanga.com
        social hyves hyves.nl
        social cloob cloob.com
        social mymail my.mail.ru
        social haboo habbohotel.com
        social disqus disqus.com disq.us
        social gree gree.jp
        social ameba ameblo.jp
        social note note.com
        social hatena b.hatena.ne.jp
        social cafe-naver cafe.naver.com
        social band band.us
        social zalo zalo.me
        social chatwork chatwork.com
        social workplace workplace.com
        social yammer yammer.com
        social google-plus plus.google.com plus.url.google.com
        social google-chat chat.google.com
        email gmail mail.google.com inbox.google.com gmail.com
        email outlook outlook.live.com outlook.office.com outlook.office365.com outlook.com mail.live.com hotmail.com
        email yahoo-mail mail.yahoo.com mail.yahoo.net mail.yahoo.co.jp
        email aol-mail mail.aol.com
        email proton mail.proton.me mail.protonmail.com proton.me
        email icloud-mail icloud.com
        email zoho-mail mail.zoho.com mail.zoho.eu
        email yandex-mail mail.yandex.ru mail.yandex.com
        email mail-ru-mail e.mail.ru touch.mail.ru
        email gmx deref-gmx.* gmx.net gmx.com gmx.de gmx.at gmx.ch gmx.es gmx.it gmx.co.uk
        email web-de web.de deref-web.de
        email t-online email.t-online.de
        email fastmail fastmail.com
        email tutanota mail.tutanota.com app.tuta.com
        email orange-mail webmail.orange.fr messagerie.orange.fr
        email free-mail webmail.free.fr zimbra.free.fr
        email sfr-mail webmail.sfr.fr messagerie.sfr.fr
        email laposte-mail webmail.laposte.net
        email libero-mail mail.libero.it webmail.libero.it
        email naver-mail mail.naver.com
        email daum-mail mail.daum.net
        email qq-mail mail.qq.com
        email 163-mail mail.163.com
        email 126-mail mail.126.com
        email seznam-mail email.seznam.cz
        email comcast-mail mail.comcast.net
        email optus-zoo webmail.optuszoo.com.au
        email bigpond-mail webmail.bigpond.com
        email mynet-mail mail.mynet.com
        email superhuman mail.superhuman.com
        email hey app.hey.com
        email roundcube webmail.roundcube.net
        email ionos email.ionos.* mailbusiness.ionos.*
        email 1und1 deref-1und1.de deref-1und1-02.de
        email bluewin mail.bluewin.ch
        email vodafone mail.vodafone.de
        ai chatgpt chatgpt.com chat.openai.com openai.com
        ai perplexity perplexity.ai
        ai claude claude.ai
        ai gemini gemini.google.com bard.google.com
        ai copilot copilot.microsoft.com copilot.cloud.microsoft edgeservices.bing.com
        ai meta-ai meta.ai
        ai grok grok.com x.ai
        ai deepseek chat.deepseek.com deepseek.com
        ai mistral chat.mistral.ai mistral.ai
        ai poe poe.com
        ai phind phind.com
        ai character-ai character.ai beta.character.ai
        ai pi pi.ai
        ai kimi kimi.com kimi.moonshot.cn
        ai qwen chat.qwen.ai tongyi.aliyun.com
        ai doubao doubao.com
        ai ernie yiyan.baidu.com
        ai iask iask.ai
        ai andi andisearch.com
        ai komo komo.ai
        ai duck-ai duck.ai
        ai notebooklm notebooklm.google.com
        ai huggingchat huggingface.co/chat
        ai jasper jasper.ai
        ai writesonic writesonic.com
        ai lumo lumo.proton.me
        ai manus manus.im
        ai genspark genspark.ai
        ai felo felo.ai
        paid doubleclick doubleclick.net 2mdn.net
        paid google-ads googleadservices.com googlesyndication.com
        paid adform adform.net adformdsp.net
        paid criteo criteo.com criteo.net
        paid taboola taboola.com
        paid outbrain outbrain.com
        paid appnexus adnxs.com
        paid amazon-ads amazon-adsystem.com
        paid rubicon-project rubiconproject.com
        paid pubmatic pubmatic.com
        paid openx openx.net servedbyopenx.com openxenterprise.com
        paid smartadserver smartadserver.com
        paid adroll adroll.com
        paid teads teads.tv
        paid mgid mgid.com
        paid revcontent revcontent.com
        paid propellerads propellerads.com
        paid popads popads.net
        paid exoclick exoclick.com
        paid adcolony adcolony.com
        paid unity-ads unityads.unity3d.com
        paid applovin applovin.com
        paid inmobi inmobi.com
        paid ironsource supersonicads.com
        paid vungle vungle.com
        paid awin awin1.com
        paid cj anrdoezrs.net dpbolvw.net jdoqocy.com kqzyfj.com tkqlhce.com
        paid rakuten-advertising click.linksynergy.com
        paid tradedoubler clk.tradedoubler.com
        paid bing-ads bat.bing.com
        paid yandex-direct an.yandex.ru yabs.yandex.ru yabs.yandex.com yabs.yandex.ua yabs.yandex.by yabs.yandex.kz
        paid flashtalking flashtalking.com
        paid sizmek serving-sys.com
        paid the-trade-desk adsrvr.org
        paid media-math mathtag.com
        paid casale-media casalemedia.com
        paid zedo zedo.com
        paid adition adition.com
        paid plista plista.com
        paid adfox adfox.ru
        paid eyeota eyeota.net
        paid jivox jivox.com
        paid microad microad.jp microad.net
        paid sonobi sonobi.com
        paid tribal-fusion tribalfusion.com
        paid sticky-ads stickyadstv.com
        paid weborama weborama.com weborama.fr
        paid sociomantic-labs sociomantic.com
        paid adspirit adspirit.de
        paid yieldmo yieldmo.com
        paid sovrn lijit.com
        paid index-exchange indexww.com
        paid bidswitch bidswitch.net
        paid 33across 33across.com
        paid triplelift 3lift.com
        paid sharethrough sharethrough.com
        paid media-net media.net
        paid zemanta zemanta.com
        """

    private static let hosts: [String: Source] = {
        var hosts: [String: Source] = [:]
        for line in lines.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            guard words.count > 2 else { continue }
            let source = Source(type: words[0], name: words[1])
            for host in words[2...] { hosts[host] = hosts[host] ?? source }
        }
        return hosts
    }()

    /// What subdomains are called whose pages are mail or search, whoever runs them.
    private static let kinds: [String: String] = {
        let email = "mail webmail email wmail zimbra roundcube owa messagerie lightmailer poczta correo"
        let search = "search suche buscador busca pesquisa ricerca recherche szukaj hledej"
        var kinds: [String: String] = [:]
        for word in email.split(separator: " ") { kinds[String(word)] = "email" }
        for word in search.split(separator: " ") { kinds[String(word)] = "search" }
        return kinds
    }()

    /// The source of a host; the longest entry that fits.
    static func find(_ host: String, path: String, _ suffixes: PublicSuffixes) -> Source? {
        let host = host.hasSuffix(".") ? String(host.dropLast()) : host
        let firstSegment = path.dropFirst().prefix { $0 != "/" }
        var rest = host[...]
        while rest.contains(".") {
            if let source = hosts["\(rest)/\(firstSegment)"] ?? hosts[String(rest)] { return source }
            guard let dot = rest.firstIndex(of: ".") else { break }
            rest = rest[rest.index(after: dot)...]
        }
        guard let domain = suffixes.registrableDomain(of: host),
            let label = domain.split(separator: ".").first
        else { return nil }
        // The same name under another public suffix: google.com.br, yandex.kz.
        let below = host.dropLast(domain.utf8.count)
        if let source = hosts["\(below)\(label).*"] ?? hosts["\(label).*"] { return source }
        guard let first = below.split(separator: ".").first, let type = kinds[String(first)],
            let name = Slug.of(label)
        else { return nil }
        return Source(type: type, name: name)
    }

    /// The source of an app, by its id in `android-app://` or `ios-app://`.
    static func app(_ id: String) -> Source? { ReferrerApps.sources[id] }
}
