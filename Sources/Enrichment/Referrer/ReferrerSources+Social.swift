extension ReferrerSources {
    /// Social networks, messengers and communities.
    static let social = """
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
        social fetlife fetlife.com
        social huya huya.com
        social lang-8 lang-8.com
        social missevan missevan.com
        social peepeth peepeth.com
        social windows-live-spaces login.live.com spaces.live.com
        social paper-li paper.li
        social itu-sozluk itusozluk.com
        social inci-sozluk incisozluk.com incisozluk.cc inci.sozlukspot.com
        social eksi-sozluk eksisozluk.com eksisozluk1923.com sourtimes.org
        social uludag-sozluk uludagsozluk.com
        social instela instela.com
        social hocam hocam.com
        social donanimhaber donanimhaber.com
        social blackplanet blackplanet.com
        social buzznet buzznet.com
        social cafemom cafemom.com
        social cyworld cyworld.com cyworld.nate.com
        social flixster flixster.com
        social fotolog fotolog.com
        social friends-reunited friendsreunited.co.uk friendsreunited.com
        social livespace livespaces.com
        social mamba mamba.ru
        social moikrug moikrug.ru
        social muz-cz libimseti.cz
        social mylife mylife.ru mylife.com
        social myyearbook myyearbook.com
        social odnoklassniki odnoklassniki.ua
        social pixiv pixiv.net
        social plaxo plaxo.com
        social v2ex v2ex.com
        social vkrugudruzei vkrugudruzei.ru
        social wakoopa wakoopa.com
        social wayn wayn.com
        social weeworld weeworld.com
        social yy yy.com
        social zoo-gr zoo.gr
        social steemit steemit.com
        social mewe mewe.com
        social minds minds.com
        social kick kick.com
        social douyu douyu.com
        social kuaishou kuaishou.com
        social tieba tieba.baidu.com
        social substack substack.com
        social patreon patreon.com
        social matrix matrix.to
        social element app.element.io
        social mattermost mattermost.com
        social 4chan 4chan.org 4channel.org boards.4chan.org
        social imgur imgur.com
        social 9gag 9gag.com
        social letterboxd letterboxd.com
        social couchsurfing couchsurfing.com couchsurfing.org
        social blind teamblind.com
        social pikabu pikabu.ru
        social habr habr.com
        social drive2 drive2.ru

        """
}
