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

        """
}
