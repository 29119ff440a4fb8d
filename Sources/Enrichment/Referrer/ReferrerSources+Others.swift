extension ReferrerSources {
    /// Mail in the browser, assistants, and networks of advertising.
    static let others = """
        email gmail mail.google.com inbox.google.com gmail.com
        email outlook outlook.live.com outlook.office.com outlook.office365.com outlook.com mail.live.com hotmail.com
        email yahoo-mail mail.yahoo.com mail.yahoo.net mail.yahoo.co.jp
        email aol-mail mail.aol.com
        email proton mail.proton.me mail.protonmail.com proton.me
        email icloud-mail icloud.com
        email zoho-mail mail.zoho.com mail.zoho.eu
        email yandex mail.yandex.*
        email mail-ru-mail e.mail.ru touch.mail.ru
        email gmx deref-gmx.* gmx.net gmx.com gmx.de gmx.at gmx.ch gmx.es gmx.it gmx.co.uk
        email web-de web.de deref-web.de
        email t-online email.t-online.de
        email fastmail fastmail.com
        email tutanota mail.tutanota.com app.tuta.com
        email orange-webmail webmail.orange.fr wmail.orange.fr messagerie.orange.fr messageriepro3.orange.fr
        email free-mail webmail.free.fr zimbra.free.fr
        email sfr-mail webmail.sfr.fr messagerie.sfr.fr
        email laposte-mail webmail.laposte.net
        email libero-mail mail.libero.it webmail.libero.it
        email naver-mail mail.naver.com
        email daum-mail mail.daum.net mail2.daum.net
        email qq-mail mail.qq.com
        email 163-mail mail.163.com
        email 126-mail mail.126.com
        email seznam-mail email.seznam.cz
        email comcast-mail mail.comcast.net
        email optus-zoo webmail.optuszoo.com.au webmail.optusnet.com.au
        email bigpond webmail.bigpond.com webmail2.bigpond.com email.bigpond.com email.telstra.com basic.messaging.bigpond.com
        email 2degrees webmail.2degreesbroadband.co.nz
        email adam-internet webmail.adam.com.au
        email dodo webmail.dodo.com.au
        email iinet webmail.iinet.net.au mail.iinet.net.au
        email iprimus webmail.iprimus.com.au
        email netspace webmail.netspace.net.au
        email westnet webmail.westnet.com.au
        email tpg webmail.tpg.com.au
        email internode webmail.internode.on.net
        email virgin webmail.virginbroadband.com.au
        email vodafone webmail.vodafone.co.nz
        email rambler mail.rambler.ru
        email ukr-net mail.ukr.net
        email earthlink webmail.earthlink.net
        email mail-com mail.com navigator-lxa.mail.com deref-mail.com
        email poczta-wp poczta.wp.pl
        email poczta-onet poczta.onet.pl poczta.onet.eu
        email poczta-interia poczta.interia.pl
        email o2-poczta poczta.o2.pl
        email inbox-com mail.inbox.com
        email hanmail hanmail.net
        email nate-mail mail.nate.com mail3.nate.com
        email beeline post.ru
        email mail-de mail.de
        email posteo posteo.de
        email mailbox-org mailbox.org
        email runbox runbox.com
        email hushmail hushmail.com
        email mynet-mail mail.mynet.com
        email superhuman mail.superhuman.com
        email hey app.hey.com
        email roundcube webmail.roundcube.net
        email ionos email.ionos.* mailbusiness.ionos.*
        email 1und1 deref-1und1.de deref-1und1-02.de
        email bluewin bluewin.ch
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
        ai chatplus chatplus.com
        ai chat-gpt-org chat-gpt.org
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
        paid adspirit adspirit.de rtbcity.com plusperformance.com
        paid adnet adnet.de
        paid one-by-aol nexage.com
        paid price-ru price.ru
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
}
