"""Makes inputs for the fuzzer to begin with.

    seeds.py FOLDER

A folder for each parser, with files made here of what its inputs are built from. Runs on the Python of `.data/venv`, which the set-up made.
"""
import itertools
import json
import os
import random
import re
import struct
import sys
import tempfile

import mmdb_writer
import netaddr

AGENT = "Mozilla/5.0 (%s) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0 %sSafari/537.36"
PLATFORMS = ["Windows NT 10.0; Win64; x64", "Linux; Android 14; SM-S918B", "iPhone; CPU iPhone OS 17_5 like Mac OS X",
             "X11; Linux x86_64", "Macintosh; Intel Mac OS X 10_15_7", "Linux; Android 9; AFTS Build/PS7233; wv"]
TAILS = ["", " Edg/131.0.0.0", " OPR/99.0.0.0", " [FB_IAB/FB4A;FBAV/449.0.0.48.109;]", " Instagram 331.0.0.21.87", " (compatible; Foo/1; +http://x.y)"]


def agents():
    for platform, version, mobile, tail in itertools.product(PLATFORMS, (9, 131), ("", "Mobile "), TAILS):
        yield AGENT % (platform, version, mobile) + tail


def heads():
    for line in ("GET /a HTTP/1.1", "HEAD /%41?x=1&y HTTP/1.1", "GET http://go.test/a HTTP/1.1", "POST / HTTP/1.0"):
        for field in ("X-Forwarded-For: 1.2.3.4, 10.0.0.2", 'Forwarded: for="[2001:db8::1]:9";proto=https', "Connection: close",
                      "Content-Length: 0", "Transfer-Encoding: chunked", 'Sec-CH-UA: "Chromium";v="131"', "Referer: https://a.b/c"):
            yield f"{line}\r\nHost: go.test:80\r\n{field}\r\nUser-Agent: x\r\n\r\n"


# Each line of a click's input begins with a byte: a header's place in `ClickHeader`, then the query and the location.
def header_numbers():
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../Sources/ClickModel/Events/Click.swift")
    with open(source, encoding="utf-8") as text:
        names = re.findall(r"^        case \.(\w+): \"([\w-]+)\"$", text.read(), re.MULTILINE)
    with open(source, encoding="utf-8") as text:
        cases = re.findall(r"^    case (\w+)$", text.read(), re.MULTILINE)
    if [case for case, _ in names] != cases or len(cases) < 16:
        sys.exit(f"{source} lists its headers in another form than is read here")
    return {name: number for number, (_, name) in enumerate(names)}


def clicks():
    numbers = header_numbers()
    query, location = len(numbers), len(numbers) + 1

    def line(number, value):
        # A number that would end the line is written as the same one a round later.
        return chr(number if number != 10 else 10 + len(numbers) + 2) + value

    hints = {"sec-ch-ua": '"Chromium";v="131", "Google Chrome";v="131"', "sec-ch-ua-full-version-list": '"Not\\"A";v="9", "Chromium"; v="131.0.1.2"',
             "sec-ch-ua-mobile": "?1", "sec-ch-ua-model": '"SM-\\"1"', "sec-ch-ua-platform": '"Windows"', "sec-ch-ua-platform-version": '"15.0.0"',
             "sec-ch-ua-form-factors": '"Mobile", "EInk"'}
    rest = {"accept-language": "pt-BR,pt;q=0.9, zh-yue", "referer": "https://t.co/x", "x-requested-with": "com.pinterest", "sec-purpose": "prefetch",
            "purpose": "x", "x-moz": "y", "sec-gpc": "1", "dnt": "0"}
    for agent, headers in itertools.product(agents(), (hints, rest, {})):
        lines = [line(numbers["user-agent"], agent)] + [line(numbers[name], value) for name, value in headers.items()]
        lines += [line(query, "a=1&utm_medium=%63pc"), line(location, "https://x.example/?gclid=1&b=%20#c")]
        yield "\n".join(lines)


def lines():
    for agent in agents():
        yield json.dumps({"timestamp": "2026-01-01T00:00:00.000000Z", "method": "GET", "url": "https://go.test/a?x=1", "ip": "2001:db8::1",
                          "headers": {"user-agent": agent, "Accept-Language": ["de", "en;q=0.5"], "dnt": 1},
                          "route": {"id": "l", "destination": "https://e.x/?a=b", "creator": {"workspace": {"id": "w"}}}})


def urls():
    for scheme, host, rest in itertools.product(("http:", "HTTPS:"), ("//a.b", "//u:p@xn--bcher-kva.de:8080", "//[2001:db8::1]", "//0x7f.1", "//ü.de."),
                                                ("", "/a/../b?c=d&c=%zz#e", "\\x?é=%F0%9F%98%80", "/%2e/?=&&a")):
        yield scheme + host + rest
    yield from ("10.0.0.0/8", "2001:db8::/32", "2026-01-01T00:00:00.123456Z", "a=1&b=2&a=3")


def bodies():
    yield from ('{"a":[1,2.5e-3,true,null,"\\u00e9\\ud83d\\ude00"],"b":{"c":{}}}', "[" * 80, '{"a":1,"a":2}', '"\\ud800"', "-0.1E+9", " {} ")


def blocks():
    """Blocks whose zstd frames hold their content as it is, without a checksum: so the fuzzer changes events and facts, too."""
    for magic, (event, details), count in itertools.product((b"CSB1", b"CSB2"), ((0, 0), (2, 2), (7, 0)), (0, 1, 2, 5)):
        facts = struct.pack("<QQqqII", 0x019AB30000007001, 1 << 63, 1_562_076_426_981_094, 1, event, details)
        plain = b"{}" * ((event + details) * count // 2) + facts * count
        frame = b"\x28\xb5\x2f\xfd\xa0" + struct.pack("<I", len(plain)) + struct.pack("<I", 1 | len(plain) << 3)[:3] + plain
        yield magic + struct.pack("<III", count, len(plain), 0) + frame


def places():
    layouts = ({"country": {"iso_code": "DE"}}, {"country_code": "BR", "city": "Rio", "latitude": "-22.9", "longitude": "-43.2"},
               {"country": {"iso_code": "FR"}, "city": {"names": {"en": "Lyon"}}, "subdivisions": [{"names": {"en": "Rhone"}}],
                "location": {"latitude": 45.75, "longitude": 4.85, "time_zone": "Europe/Paris"}})
    for version, record in itertools.product((4, 6), layouts):
        writer = mmdb_writer.MMDBWriter(version, "Test-City", languages=["en"], ipv4_compatible=version == 6, float_type="f64")
        writer.insert_network(netaddr.IPSet(["64.0.0.0/6"]), record)
        writer.insert_network(netaddr.IPSet(["128.0.0.0/9"]), {"registered_country": {"iso_code": "EU"}})
        with tempfile.NamedTemporaryFile() as file:
            writer.to_db_file(file.name)
            yield file.read()


def batches():
    event = '{"timestamp":"2026-01-01T00:00:00.000000Z","client":{"language":null},"a":[1,2.5e-3,true,{"b":"\\ud83d\\ude00\\n"}]}'
    for numbers, body in itertools.product(("1\n2\n\n", "5\n9\n0\n", "3\n9223372036854775807\n1\n", "\n\n\nrep_1"),
                                           ('{"data":[%s],"key":"k"}' % event, "[%s]" % event, ' {"key" : null , "data" : [ ] } ')):
        yield f"bat_1\n1\nv1,AAAA v1,BBBB\n1\n{numbers}\n{body}"


def main():
    folder = sys.argv[1]
    random.seed(1)
    for name, make in (("head", heads), ("click", clicks), ("line", lines), ("url", urls), ("body", bodies), ("block", blocks),
                       ("places", places), ("batch", batches)):
        os.makedirs(f"{folder}/{name}", exist_ok=True)
        for number, seed in enumerate(make()):
            with open(f"{folder}/{name}/seed-{number}", "wb") as f:
                f.write(seed if isinstance(seed, bytes) else seed.encode())


if __name__ == "__main__":
    main()
