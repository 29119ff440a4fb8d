extension ReferrerSources {
    /// Search engines.
    static let search = """
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
        search so so.com 360.cn
        search haosou haosou.com
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
        search metager metager.org metager.de
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
        search orange lemoteur.orange.fr lemoteur.ke.voila.fr
        search bluewin search.bluewin.ch
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
        search google-scholar scholar.google.*
        search google-news news.google.*
        search google-video video.google.*
        search google-custom-search cse.google.*
        search google-blogsearch blogsearch.google.*
        search yahoo-japan hao123.com jp.hao123.com kingsoft.jp jword.jp
        search yahoo-japan-images image.search.yahoo.co.jp
        search yahoo-japan-videos video.search.yahoo.co.jp
        search bing msnbc.msn.com dizionario.it.msn.com enciclopedia.it.msn.com
        search seznam-videa videa.seznam.cz
        search nifty-videos videosearch.nifty.com
        search nifty-images imagesearch.nifty.com
        search biglobe-images images.search.biglobe.ne.jp
        search auone search.auone.jp
        search auone-images image.search.auone.jp sp-image.search.auone.jp
        search so-net so-net.ne.jp
        search so-net-videos video.so-net.ne.jp
        search rakuten websearch.rakuten.co.jp
        search interia google.interia.pl szukaj.interia.pl
        search wirtualna-polska szukaj.wp.pl
        search t-online t-online.de
        search virgilio virgilio.it
        search alice-adsl rechercher.aliceadsl.fr
        search 123people 123people.com 123people.*
        search abcsok abcsok.no
        search acoon acoon.de
        search aguea aguea.com
        search alexa alexa.com
        search all-by all.by
        search allesklar allesklar.de allesklar.at allesklar.ch
        search apollo7 apollo7.de
        search apontador apontador.com.br
        search araby araby.com
        search arama arama.com
        search arcor arcor.de
        search arianna arianna.com
        search ask reference.com qbyrd.com searchqu.com
        search austronaut austronaut.at
        search bellnet suchmaschine.bellnet.de bellnet.de
        search blekko blekko.com
        search canoe web.canoe.ca
        search claro-search claro-search.com
        search clix pesquisa.clix.pt
        search crawler crawler.com
        search cuil cuil.com
        search daemon-search daemon-search.com
        search dasoertliche dasoertliche.de
        search dastelefonbuch dastelefonbuch.de
        search delfi otsing.delfi.ee
        search delfi-latvia smart.delfi.lv
        search dir-com dir.com
        search disconnectsearch search.disconnect.me
        search dmoz dmoz.org
        search dodaj dodaj.rs
        search dalesearch dalesearch.com
        search earthlink search.earthlink.net
        search el-mundo ariadna.elmundo.es
        search eo eo.st
        search eurip eurip.com
        search euroseek euroseek.com
        search everyclick everyclick.com
        search fast-browser-search fastbrowsersearch.com
        search finden-de finden.de
        search findhurtig findhurtig.dk
        search first-find firstsfind.com
        search fixsuche fixsuche.de
        search flix flix.de
        search flyingbird inspsearch.com
        search forestle forestle.org forestle.mobi
        search francite francite.com
        search freecause freecause.com
        search freshweather fresh-weather.com
        search gais gais.cs.ccu.edu.tw
        search genieo genieo.com
        search geona geona.net
        search globososo globososo.com
        search gnadenmeer gnadenmeer.de
        search gomeo gomeo.com
        search goyellow goyellow.de
        search hao123 hao123.com.br
        search highbeam highbeam.com
        search hit-parade hit-parade.com
        search holmes holmes.ge
        search hooseek hooseek.com
        search icerocket icerocket.com
        search icq search.icq.com
        search ilse ilse.nl
        search inbox search.inbox.com inbox.com
        search incredimail search.incredimail.com
        search jungle-spider jungle-spider.de
        search junglekey junglekey.com junglekey.*
        search junior-safe-search juniorsafesearch.com
        search justdial justdial.com
        search jyxo jyxo.1188.cz
        search k9-safe-search k9safesearch.com
        search kataweb kataweb.it
        search kensaq kensaq.com
        search la-toile-du-quebec toile.com
        search laban laban.vn
        search local-moxie localmoxie.com
        search lo-st lo.st
        search lookany lookany.com
        search maailm maailm.com
        search mamma mamma.com
        search maxwebsearch maxwebsearch.com
        search meinestadt meinestadt.de
        search metager2 metager2.de
        search mister-wong mister-wong.com mister-wong.de mister-wong.*
        search mozbot mozbot.com mozbot.fr mozbot.co.uk
        search myprivatesearch myprivatesearch.com
        search mysearch mysearch.com
        search needtofind need2find.com
        search nifty search.azby.fmworld.net fmworld.net
        search online-no online.no
        search onlysearch only-search.com
        search opplysningen-1881 1881.no
        search paperball paperball.de
        search pchome search.pchome.com.tw
        search peoplepc search.peoplepc.com
        search picsearch picsearch.com
        search plazoo plazoo.com
        search plusnetwork plusnetwork.com
        search poisk-ru poisk.ru
        search pricerunner pricerunner.*
        search privacywall privacywall.org
        search qip search.qip.ru
        search qualigo qualigo.at qualigo.ch qualigo.de qualigo.nl qualigo.com
        search riksdelen riksdelen.se
        search road-runner search.rr.com
        search rpmfind rpmfind.net
        search scour scour.com
        search search-ch search.ch
        search search-com search.com
        search search-this searchthis.com
        search searchcanvas searchcanvas.com
        search searchlock searchlock.com
        search searchy searchy.co.uk
        search setooz setooz.com
        search sharelook sharelook.fr sharelook.de sharelook.com
        search sky search.sky.com
        search skynet skynet.be
        search sm-de sm.de
        search smart-search mysmartsearch.com
        search snapdo search.snapdo.com
        search softonic search.softonic.com
        search soso soso.com
        search sosodesk sosodesktop.com
        search sputnik sputnik.ru
        search startpage startpagel6srwcjlue4zgq3zevrujfaow726kjytqbbjyrswwmjzcqd.onion
        search startpagina startgoogle.startpagina.nl startpagina.nl
        search startsiden startsiden.no
        search stract stract.com
        search suche-info suche.info
        search suchmaschine-com suchmaschine.com
        search suchnase suchnase.de
        search surf-canyon surfcanyon.com
        search talimba talimba.com
        search talktalk talktalk.co.uk
        search tarmot tarmot.com
        search technorati technorati.com
        search teoma teoma.com
        search toppreise toppreise.ch
        search torry torry.io
        search trouvez-com trouvez.com
        search trovarapido trovarapido.com
        search trusted-search trusted--search.com
        search tusk-search tusksearch.com
        search tut-by search.tut.by tut.by
        search twingly twingly.com
        search ukr-net search.ukr.net
        search url-org url.org
        search vinden vinden.nl
        search vindex vindex.nl
        search volny volny.cz
        search volunia volunia.com
        search vuhuv vuhuv.com vuhuv.com.tr
        search walhello walhello.info walhello.com walhello.de walhello.nl
        search web-nl web.nl
        search websearch websearch.com
        search wedoo wedoo.com
        search witch witch.de
        search x-recherche x-recherche.com
        search yam search.yam.com
        search yasni yasni.de yasni.*
        search yatedo yatedo.com yatedo.fr
        search yelo yelo.se
        search yongzin yongzin.com
        search yougoo yougoo.fr
        search zhongsou zhongsou.com
        search zoek zoek.nl
        search zoeken zoeken.nl
        search zoohoo zoohoo.cz
        search zxuso zxuso.com

        """
}
