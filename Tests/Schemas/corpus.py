"""Raw requests of great variety, the same ones at every run."""
import json, random
from datetime import datetime, timedelta, timezone

SEED = 20190702

GOLDEN_EVENT = (
    '{"timestamp":"2019-07-02T14:07:06.981094Z","client":{"language":"pt","location":{"country":"br"},"agent":{"browser":'
    '{"name":"facebook-app","version":"227.0.0.43.158"},"os":{"name":"android","version":"android-9.0-pie"},"device":{"name":'
    '"smartphone"},"type":"human"},"session":{"started":"2019-07-02T14:07:06.981094Z","first":true}},"referral":{"hostname":'
    '"m.facebook.com","protocol":"http","path":"/","origin":{"type":"social","name":"facebook"}},"route":{"id":'
    '"a1ec86bf91bfe763ad02f602259ea0a9","slashtag":"spring","creator":{"id":"wf09bfww4eb9jkw2844555e1ce9af4f2","workspace":{"id":'
    '"d88bfe5fgd14b2ghb44538b9aekpw89","name":"Acme"}},"domain":{"id":"9a5ae320f3e247ef8c9b6061131bb517","raw":"go.acme.com"},'
    '"destination":{"raw":"https://www.yourdestination.com/?utm_source=cs_facebook_post&utm_medium=customersuccess","protocol":"https",'
    '"hostname":"www.yourdestination.com","path":"/","params":{"query":{"utm_source":["cs_facebook_post"],"utm_medium":'
    '["customersuccess"]}}}}}'
)

CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0"
SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
IPHONE = f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) {SAFARI}"
GOLDEN_AGENT = (
    "Mozilla/5.0 (Linux; Android 9; SM-G960F Build/PPR1.180610.011; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
    "Chrome/74.0.3729.157 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/227.0.0.43.158;]"
)

PEOPLE = [
    GOLDEN_AGENT,
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36",
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36 Edg/125.0.2535.51",
    "Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko",
    "Opera/9.80 (Windows NT 6.1) Presto/2.12.388 Version/12.18",
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {SAFARI} Version/17.5 Safari/605.1.15",
    "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:126.0) Gecko/20100101 Firefox/126.0",
    f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {CHROME} Safari/537.36",
    f"{IPHONE} Version/17.5 Mobile/15E148 Safari/604.1",
    f"{IPHONE} Mobile/15E148 Instagram 331.0.0.37.90 (iPhone14,5; iOS 17_5; de_DE; de; scale=3.00; 1170x2532)",
    f"Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) {SAFARI} Version/16.6 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (iPod touch; CPU iPhone OS 12_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/12.1 Mobile/15E148",
    f"Mozilla/5.0 (Linux; Android 14; Pixel 8) {CHROME} Mobile Safari/537.36",
    f"Mozilla/5.0 (Linux; Android 13; SM-X700) {CHROME} Safari/537.36",
    "Mozilla/5.0 (Linux; U; Android 4.4.2; en-us; GT-I9505 Build/KOT49H) AppleWebKit/534.30 (KHTML, like Gecko) Version/4.0 Mobile Safari/534.30",
    "Mozilla/5.0 (SMART-TV; LINUX; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) 76.0.3809.146/6.0 TV Safari/537.36",
    "Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/87.0.4280.88 Safari/537.36 WebAppManager",
    "Mozilla/5.0 (PlayStation; PlayStation 5/2.26) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.0 Safari/605.1.15",
    "Mozilla/5.0 (Nintendo Switch; WifiWebAuthApplet) AppleWebKit/609.4 (KHTML, like Gecko) NF/6.0.2.21.3 NintendoBrowser/5.1.0.22474",
    "AppleCoreMedia/1.0.0.18R590 (Apple Watch; U; CPU OS 7_1 like Mac OS X; it_it)",
    "AppleCoreMedia/1.0.0.16G78 (HomePod; U; CPU OS 12_4 like Mac OS X; en_us)",
    "Mozilla/5.0 (Mobile; Nokia_2720_Flip; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5.2",
    "Mozilla/5.0 (Linux; Android 10; Model S) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/79.0.3945.130 Safari/537.36 Tesla/2020.16.2.1-e99c70fff409",
    "Mozilla/5.0 (X11; GNU/Linux) AppleWebKit/537.36 (KHTML, like Gecko) Chromium/79.0.3945.130 Chrome/79.0.3945.130 Safari/537.36 Tesla/2020.16.2.1",
    "Mozilla/5.0 (Linux; Android 9; KFMAWI) AppleWebKit/537.36 (KHTML, like Gecko) Silk/115.4.1 like Chrome/115.0.5790.138 Safari/537.36",
    "Mozilla/5.0 (Linux; U; en-US) AppleWebKit/528.5+ (KHTML, like Gecko, Safari/528.5+) Version/4.0 Kindle/3.0 (screen 600x800; rotate)",
    "Mozilla/5.0 (Linux; Android 7.1.2; Nest Hub Build/NHG47L) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/83 CrKey/1.44 Safari/537.36",
    "Mozilla/4.0 (PDA; PalmOS/sony/model prmr/Revision:1.1.54 (en)) NetFront/3.0",
    "Mozilla/5.0 (Linux; U; Android 4.1.2; de-de; EK-GC100 Build/JZO54K) AppleWebKit/534.30 (KHTML, like Gecko) Version/4.0 Mobile Safari/534.30",
    "Mozilla/5.0 (compatible; MSIE 10.0; Windows Phone 8.0; Trident/6.0; IEMobile/10.0; ARM; Touch; NOKIA; Lumia 920)",
    "Mozilla/5.0 (Windows NT 10.0; ARM; Lumia 950) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/46.0.2486.0 Safari/537.36 Edge/13.10586",
    "ポッドキャスト/1709.2.2 CFNetwork/1390 Darwin/22.0.0",
    "Something nobody has heard of",
]
BOTS = [
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "WhatsApp/2.23.20.0 A", "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", "curl/8.5.0", "python-requests/2.31.0",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/125.0.0.0 Safari/537.36",
    "Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)", "-", "",
]
LANGUAGES = [None, "", "pt-BR,pt;q=0.9", "en-US,en;q=0.5", "iw", "i-klingon", "*", "de;q=0,fr;q=0.1", "zh-min-nan", "x-private", "ü;q=1", "a" * 3000]
REFERERS = [
    None, "", "http://m.facebook.com/", "https://t.co/abc?x=1", "https://www.google.com/search?q=secret", "https://mail.proton.me/u/0",
    "https://chatgpt.com/", "https://example.co.uk/a/b?c#d", "https://ünï.example/ä", "http://[2001:db8::1]:8080/x", "http://192.0.2.7/",
    "android-app://com.google.android.gm/", "android-app://com.example.reader", "ios-app://389801252/x", "https://googleads.g.doubleclick.net/x",
    "about:blank", "not a url", "ftp://example.com/", "https://" + "a" * 9000,
]
ADDRESSES = [
    None, "", "200.160.2.3", "8.8.8.8", "2001:4860:4860::8888", "193.0.6.139", "::ffff:8.8.8.8", "10.0.0.1", "127.0.0.1", "::1", "100.64.0.1",
    "203.0.113.9", "2001:db8::1", "0.0.0.0",
]
HEADERS = [
    {}, {}, {}, {}, {"Sec-GPC": "1"}, {"DNT": "1"}, {"DNT": "0"}, {"Sec-GPC": "0", "DNT": "1"}, {"Sec-Purpose": "prefetch;prerender"}, {"X-Moz": "prefetch"},
    {"Sec-CH-UA": '"Chromium";v="125", "Google Chrome";v="125"', "Sec-CH-UA-Platform": '"Windows"', "Sec-CH-UA-Platform-Version": '"15.0.0"'},
    {"X-Requested-With": "com.instagram.android"}, {"accept-encoding": ["gzip", "br"]},
]

WORKSPACE = {"id": "d88bfe5fgd14b2ghb44538b9aekpw89", "name": "Acme"}
CREATOR = {"id": "wf09bfww4eb9jkw2844555e1ce9af4f2", "workspace": WORKSPACE}
DOMAIN = {"id": "9a5ae320f3e247ef8c9b6061131bb517", "raw": "go.acme.com"}
GOLDEN_ROUTE = {
    "id": "a1ec86bf91bfe763ad02f602259ea0a9", "slashtag": "spring", "creator": CREATOR, "domain": DOMAIN,
    "destination": "https://www.yourdestination.com/?utm_source=cs_facebook_post&utm_medium=customersuccess",
}
DESTINATIONS = [
    "https://www.example.com/", "http://example.com", "https://www.example.com/a%20b/ü?ä=ö&ä=%C3%B6&%F0%9F%98%80=1", "https://bücher.example/",
    "https://www.example.com/?a=1&a=2&b&=c&&d=+%2B&e=%00&%00=f", "https://www.example.com/?q=%22%5C%5Cu0000%0A%7F%FF", "https://example.com:8443/x?",
    "https://user:word@example.com/#f", "https://[2001:db8::1]/v6", "http://192.0.2.1/v4", "HTTPS://EXAMPLE.COM/Up?utm_medium=cpc", "mailto:someone@example.com",
    "acme://open/page?x=1", "no url at all", "", "https://www.example.com/?" + "&".join(f"name{n}=value%20{n}" for n in range(500)),
    "https://www.example.com/" + "long/" * 1500, "https://www.example.com/?" + "&".join(["again=" + "x" * 50] * 200),
]
SLASHTAGS = ["spring", "Frühling", "春", "🎉party", "a\"quote\\and\u0007bell", "שלום", "x" * 250, "e\u0301", "\u202eevil"]
QUERIES = ["", "?", "?ref=mail", "?gclid=abc", "?utm_medium=paid-social", "?ü=%FF&\"=1"]


def golden():
    """The raw request of the golden event."""
    headers = {"Accept-Language": "pt-BR,pt;q=0.9", "Referer": "http://m.facebook.com/", "User-Agent": GOLDEN_AGENT}
    return {"timestamp": "2019-07-02T14:07:06.981094Z", "method": "GET", "url": "https://go.acme.com/spring", "ip": "200.160.2.3",
            "headers": headers, "route": GOLDEN_ROUTE}


def orphan(slashtag="nothing-here"):
    """The route of a request for a link that doesn't exist."""
    return {"slashtag": slashtag, "domain": DOMAIN, "creator": {"workspace": WORKSPACE}}


def routes(random):
    """A link, or what is known of one."""
    kind = random.randrange(8)
    if kind == 0: return None
    if kind == 1: return orphan(random.choice(SLASHTAGS))
    if kind == 2: return {"destination": random.choice(DESTINATIONS)}
    if kind == 3: return GOLDEN_ROUTE
    name = random.choice(["Acme", "Société \"Générale\"", "株式会社", None, "tab\there"])
    return {"id": f"{random.getrandbits(128):032x}", "slashtag": random.choice(SLASHTAGS), "domain": DOMAIN,
            "creator": {"id": f"{random.getrandbits(128):032x}", "workspace": {"id": f"{random.randrange(5):032x}", "name": name}},
            "destination": random.choice(DESTINATIONS)}


def raw_requests(count):
    """The golden request, each value of each list once, then random mixtures; all with a timestamp, which grows."""
    chance = random.Random(SEED)
    time = datetime(2026, 11, 26, 23, 30, tzinfo=timezone.utc)
    lists = [PEOPLE + BOTS, LANGUAGES, REFERERS, ADDRESSES, HEADERS, DESTINATIONS, SLASHTAGS, QUERIES]
    yield golden()
    yield {"timestamp": "2024-02-29T23:59:59.9999999+01:00"}
    for number in range(count - 2):
        at_once = number < max(map(len, lists))
        pick = [values[number % len(values)] if at_once else chance.choice(values) for values in lists]
        agent, language, referer, address, more, destination, slashtag, query = pick
        if not at_once and chance.random() < 0.2: agent = chance.choice(BOTS)
        headers = {"User-Agent": agent, "accept-language": language, "REFERER": referer} | more
        route = routes(chance)
        if at_once: route = {"id": f"{number:032x}", "slashtag": slashtag, "domain": DOMAIN, "creator": CREATOR, "destination": destination}
        time += timedelta(microseconds=chance.randrange(1, 10 ** chance.randrange(2, 10)))
        line = {"timestamp": time.isoformat(timespec="microseconds"), "ip": address, "headers": headers, "route": route,
                "url": "https://go.acme.com/spring" + query if chance.random() < 0.8 else None}
        if chance.random() < 0.1: del line["headers"]
        yield {name: value for name, value in line.items() if value is not None}


def full_event():
    """An extended event in which everything is known, as from a service with a catalog and a database of cities."""
    event = json.loads(GOLDEN_EVENT)
    event["id"] = "016bb2e0-8485-7000-8000-000000000000"
    event["offset"] = 41207
    event["details"] = {
        "location": {"region": "São Paulo", "city": "Campinas", "latitude": -22.9, "longitude": -47.1, "timezone": "America/Sao_Paulo"},
        "agent": {"engine": "blink", "brand": "Samsung", "model": "SM-G960F", "category": "scanner", "reason": "user-agent"},
        "link": {"shortUrl": "https://go.acme.com/spring", "title": "Spring \"sale\"", "tags": ["sale", "2019"], "createdAt": "2019-06-30T08:00:00.000000Z",
                 "query": "ref=mail", "rule": "brazil", "variant": "b"},
        "privacy": {"gpc": True, "dnt": False},
    }
    return event
