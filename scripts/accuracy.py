"""Makes the table of docs/accuracy.md from what the accuracy tests found.

    accuracy.py FINDINGS.jsonl TARGET.md
"""
import json
import sys

COLUMNS = [("browser", "browser"), ("version", "its version"), ("os", "system"), ("os version", "its version"),
           ("device", "device"), ("bots", "bots found"), ("humans", "people kept")]
SOURCES = [
    ("ua/matomo", "Matomo device-detector's tests"), ("ua/yauaa", "yauaa's tests"), ("ua/whichbrowser", "WhichBrowser's tests"),
    ("ua/uap", "uap-core's own tests"), ("ua/woothee", "woothee's tests"), ("ua/own", "our own cases"),
    ("clienthints/matomo", "Matomo, with client hints"), ("clienthints/yauaa", "yauaa, with client hints"),
    ("bots/matomo", "Matomo's bots"), ("bots/yauaa", "yauaa's bots"), ("bots/whichbrowser", "WhichBrowser's bots"),
    ("bots/woothee", "woothee's bots"), ("bots/crawler", "crawler-user-agents' instances"),
]
OTHERS = [
    ("referer/matomo-list", "referrers: Matomo's list"), ("referer/snowplow-list", "referrers: Snowplow's list"),
    ("referer/snowplow-tests", "referrers: Snowplow's tests"), ("referer/own-edge", "referrers: our own cases"),
    ("geoip", "countries in MaxMind's test databases"), ("psl", "registrable domains: the public suffix list's tests"),
    ("language", "languages of Accept-Language: our own cases"), ("url", "URLs: the web platform tests, absolute http(s)"),
    ("query", "query strings: the web platform tests"),
]
# What has to be reached; the project's own aims.
BARS = {
    ("ua/matomo", "browser"): 97, ("ua/yauaa", "browser"): 97, ("ua/whichbrowser", "browser"): 94,
    ("ua/matomo", "version"): 97,
    ("ua/matomo", "os"): 99, ("ua/yauaa", "os"): 99, ("ua/whichbrowser", "os"): 96,
    ("ua/matomo", "os version"): 99, ("ua/yauaa", "os version"): 98, ("ua/whichbrowser", "os version"): 96,
    ("ua/matomo", "device"): 95, ("ua/yauaa", "device"): 97, ("ua/whichbrowser", "device"): 90,
    ("bots/crawler", "bots"): 99,
    ("bots/matomo", "bots"): 92, ("bots/yauaa", "bots"): 95, ("bots/whichbrowser", "bots"): 96,
    ("bots/woothee", "bots"): 97, ("clienthints/matomo", "os version"): 99, ("clienthints/yauaa", "os version"): 99,
    ("referer/matomo-list", "all"): 97, ("referer/snowplow-list", "all"): 97, ("referer/snowplow-tests", "all"): 97,
    ("referer/own-edge", "all"): 97, ("geoip", "all"): 100, ("psl", "all"): 100, ("language", "all"): 100, ("url", "all"): 100,
    ("query", "all"): 100,
}
# At most one person in two hundred may be called a machine, whatever the source.
PEOPLE_KEPT = 99.5
# Rows of small sources where one row is more than that, and which other sources contradict: `TEXT` gives the reasons.
EXCUSED = {"ua/woothee": 1, "clienthints/yauaa": 1}
TEXT = """# Accuracy

How often enrichment says what others' test data say. `make accuracy` makes this page, where `CONFORMANCE` names a folder with the data; none of
it is part of this repository. A percentage is the share of the rows that tell the answer, with their number behind it; **bold** ones
are below what we aim for.

## User agents

{agents}

Rows that tell the browser's version ask for the whole one (Matomo) or for its first numbers (yauaa, WhichBrowser). uap-core's own tests take the
made-up products that some tools against tracking add for browsers; we name the browser in front of them. Where Chromium alone is told in client
hints, Matomo says Chrome; Chrome always tells its own brand.

## Everything else

{others}

## What is left wrong on purpose

- Rows where two sources contradict each other: BlackBerry's browser is Safari to yauaa and BlackBerry's to WhichBrowser; Opera for Android's builds 2254
  are Opera Mini to yauaa and Opera to Matomo; Samsung's foldables are phones to Matomo and tablets to yauaa.
- Rows that rest on headers of one browser's servers (`X-UCBrowser-*`, `X-OperaMini-*`), which a click doesn't keep.
- People that other data call machines: the gateway of livedoor for mobile phones (woothee: a person's; WhichBrowser and uap-core: a bot), and a
  user agent of Googlebot with the client hints of a person's Chrome (yauaa's `ClientHints-BadFields` 11; the same file's 10 says bot). These two rows
  are all that is below 99.5 % of people kept. PowerShell and the agent of Windows' updates, too, which yauaa and Matomo count as people's programs.
- uap-core's own tests know no system of PlayStation 3 and Vita, where we say PlayStation, and take Microsoft's Zune for the browser that it adds itself to.
- Referrers whose source two lists name differently (Weborama is a search engine to Matomo and a network of advertising to us), and one of our own cases
  that takes an app's number in the App Store for unknown, which the table knows by now (YouTube).
- Models that tell nothing to who doesn't know them: tablets that say `Mobile` and boxes that don't say what they are. Their makers' naming is in
  `Sources/Enrichment/Data/devices.txt`.
"""


def main():
    findings, target = sys.argv[1:]
    found = {}
    with open(findings, encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            found[row["source"], row["what"]] = (row["right"], row["total"])
    missing = [name for name, _ in SOURCES + OTHERS if not any(source == name for source, _ in found)]
    if missing:
        sys.exit(f"no findings for {', '.join(missing)}: does CONFORMANCE name the folder with the data?")

    def cell(source, what):
        if (source, what) not in found:
            return ""
        right, total = found[source, what]
        percent = 100 * right / total
        text = f"{percent:.1f}" if percent < 99.95 or right == total else f"{percent:.2f}"
        below = percent < BARS.get((source, what), PEOPLE_KEPT if what == "humans" else 0)
        return f"**{text}** ({total:,})" if below else f"{text} ({total:,})"

    agents = ["| source | " + " | ".join(title for _, title in COLUMNS) + " |", "|---" * (len(COLUMNS) + 1) + "|"]
    agents += [f"| {title} | " + " | ".join(cell(source, what) for what, _ in COLUMNS) + " |" for source, title in SOURCES]
    others = ["| what | right |", "|---|---|"] + [f"| {title} | {cell(source, 'all')} |" for source, title in OTHERS]
    text = TEXT.format(agents="\n".join(agents), others="\n".join(others))
    print("\n".join(agents + [""] + others))
    with open(target, "w", encoding="utf-8") as page:
        page.write(text)
    short = [f"{source} {what}" for (source, what), bar in sorted(BARS.items())
             if (source, what) not in found or 100 * found[source, what][0] / found[source, what][1] < bar]
    for (source, what), (right, total) in sorted(found.items()):
        if what == "humans" and 100 * (right + EXCUSED.get(source, 0)) / total < PEOPLE_KEPT:
            short.append(f"{source} {what}")
    if short:
        sys.exit("below the aim: " + ", ".join(short))


if __name__ == "__main__":
    main()
