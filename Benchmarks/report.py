"""The report as text; each part's lines come from what the part measured."""


def _times(value):
    """A ratio with its spread."""
    return "" if not value else f"{value['median']:.2f} ({value['least']:.2f}-{value['most']:.2f})"


def _spread(row, key="cpu_us"):
    least, most = row["spread"][key]
    return f"{row[key]:.2f} ({least:.2f}-{most:.2f})"


def _table(head, rows):
    return ["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *("| " + " | ".join(row) + " |" for row in rows), ""]


def _servers(rows):
    return _table(
        ["server", "connections", "requests/s", "of base", "p50 ms", "p99 ms", "CPU us/request", "of base", "event loops us", "of base",
         "put off us", "kernel threads us", "server's core", "load's core", "rounds (disturbed)", "errors"],
        [[r["server"], f"{r['connections']:,}", f"{r['rate']:,.0f}", _times(r["rate_ratio"]), f"{r['p50_ms']:.2f}", f"{r['p99_ms']:.2f}",
          _spread(r), _times(r["cpu_ratio"]), f"{r['loops_us']:.2f}" if r["loops_us"] else "",
          f"{r['loops_ratio']:.2f}" if r["loops_ratio"] else "", f"{r['later_us']:.2f}", f"{r['kernel_us']:.2f}", f"{r['share']:.0%}", f"{r['load']:.0%}",
          f"{r['clean']} ({r['disturbed']})", str(r["errors"])] for r in rows])


def head(r):
    return ["Redirects without capture (HEAD):", "", *_servers(r)]


def redirect(r):
    books = r["books"]
    return ["Redirects with capture (GET):", "", *_servers(r["rows"]),
            f"Clicks recorded in the synced series: {books['clicks_recorded']:,.0f}, shed: {books['clicks_shed']:,.0f}.", ""]


def peers(r):
    return ["Others that redirect and write a line of log for it:", "", *_servers(r)]


def pipeline(rows):
    return ["From the request to the delivered batch, CPU of all processes but load and receiver:", "", *_table(
        ["pipeline", "load", "clicks/s", "CPU us/click", "of base", "of it the entrance", "delivered after the load, s", "delivered", "lost",
         "errors", "receiver's share", "rounds (disturbed)"],
        [[r["server"], r["load_kind"], f"{r['rate']:,.0f}", _spread(r), _times(r["cpu_ratio"]), f"{r['entrance_us']:.2f}",
          f"{r['drained_s']:.2f}", f"{r['delivered']:,}", f"{r['lost']:,.0f}", str(r["errors"]), f"{r['receiver_share']:.0%}",
          f"{r['clean']} ({r['disturbed']})"] for r in rows])]


def latency(rows):
    return ["At a fixed rate, open loop, synced, one stream:", "", *_table(
        ["", "clicks/s", "redirect p50 ms", "p99", "p99.9", "click to delivered p50 ms", "p99", "p99.9", "CPU us/click", "load late p99 ms",
         "load's core", "receiver's", "errors", "shed", "rounds (disturbed)"],
        [[r["server"], f"{r['rate']:,.0f}", f"{r['p50_ms']:.2f}", f"{r['p99_ms']:.2f}", f"{r['p999_ms']:.2f}", f"{r['delivered_p50_ms']:.1f}",
          f"{r['delivered_p99_ms']:.1f}", f"{r['delivered_p999_ms']:.1f}", f"{r['cpu_us']:.2f}", f"{r['late_p99_ms']:.2f}", f"{r['load']:.0%}",
          f"{r['receiver_share']:.0%}", str(r["errors"]), str(r["shed"]), f"{r['clean']} ({r['disturbed']})"] for r in rows])]


def drain(d):
    return [f"Backlog of {d['delivered']:,} events delivered in {d['seconds']:.2f} s (creation and test delivery included): "
            f"{d['events_per_s']:,.0f} events/s, {d['cpu_us_per_event']:.2f} us CPU per event, {d['rss_mb']:.0f} MB resident; "
            f"{d['clicks']:,} clicks answered, {d['received']:,} events received.", ""]


def isolation(r):
    lines = [f"100 streams, {name}, {row['clicks_per_s']:,.0f} clicks/s: healthy ones p50 {row['p50_ms']:.0f} ms, p99 {row['p99_ms']:.0f} ms "
             f"({row['events']:,} events); resident {row['rss_before_mb']:.0f} -> {row['rss_after_mb']:.0f} MB." for name, row in r["rows"].items()]
    return [*lines, f"p99 with bad receivers: {r['p99_ratio']:.2f} times that without.", ""]


def scale(s):
    return [f"{s['streams']:,} streams, {s['clicks']:,} events while the receiver was away: resident {s['idle_mb']:.0f} MB idle, "
            f"{s['most_mb']:.0f} MB at most; drained in {s['drain_s']:.0f} s ({s['drained_per_s']:,.0f}/s); in {s['in']:,} = delivered "
            f"{s['delivered']:,} + pending {s['pending']:,}.", ""]


def links(r):
    pages = "; ".join(f"by {name} p50 {v['p50_ms']:.2f}, p99 {v['p99_ms']:.2f}" for name, v in r["pages"].items())
    us = {name: value["cpu_us"] for name, value in r.items() if name.startswith("edge_")}
    return [
        f"A million links: made in bulk at {r['created_per_s']:,.0f}/s, {r['rss_mb']:.0f} MB resident afterwards.",
        f"A page of them, in ms: {pages}.",
        f"Finding a link (HEAD, CPU of the service): {us['edge_10']:.2f} us with 10 links, {us['edge_1m']:.2f} us with a million at random, "
        f"{us['edge_10_of_1m']:.2f} us ten of a million.",
        f"Ten million links: {r['rss_10m_many_mb']:.0f} MB resident with 2,000,000 in memory, started in {r['start_many_s']:.1f} s; "
        f"at random {us['edge_10m_many']:.2f} us. With 1,000 in memory {us['edge_10m_few']:.2f} us at random, "
        f"{us['edge_10m_few_hits']:.2f} us of those: {r['miss_us']:.1f} us a miss; {r['rss_10m_few_mb']:.0f} MB.", ""]


def growth_links(rows):
    return _table(["links", "HEAD, CPU us", "of ten", "p99 ms", "resident MB", "started in s", "errors"],
                  [[f"{r['links']:,}", f"{r['cpu_us']:.2f}", _times(r["ratio"]), f"{r['p99_ms']:.2f}", f"{r['rss_mb']:.0f}", f"{r['started_s']:.1f}", str(r["errors"])]
                   for r in rows])


def growth_streams(rows):
    return _table(["streams", "clicks/s", "CPU us/click", "click to delivered p50 ms", "p99", "lost", "resident MB"],
                  [[f"{r['streams']:,}", f"{r['clicks_per_s']:,.0f}", f"{r['cpu_us']:.1f}", f"{r['p50_ms']:.0f}", f"{r['p99_ms']:.0f}",
                    str(r["lost"]), f"{r['rss_mb']:.0f}"] for r in rows])


def growth_log(rows):
    return _table(["log GB", "service listens after s", "log alone opened in s", "read back, events/s", "drained from its middle, events/s", "CPU us/event", "events", "resident MB"],
                  [[f"{r['gigabytes']:.1f}", f"{r['opened_s']:.2f}", f"{r['log_opened_s']:.2f}", f"{r['read_per_s']:,.0f}", f"{r['drained_per_s']:,.0f}", f"{r['drain_cpu_us']:.2f}",
                    f"{r['drained']:,.0f}", f"{r['rss_mb']:.0f}"] for r in rows])


def growth_connections(r):
    return [*_table(["busy connections", "clicks/s", "CPU us/click", "event loops us", "p50 ms", "p99 ms", "errors", "resident MB"],
                    [[f"{row['connections']:,}", f"{row['rate']:,.0f}", f"{row['cpu_us']:.2f}", f"{row['loops_us']:.2f}", f"{row['p50_ms']:.2f}",
                      f"{row['p99_ms']:.2f}", str(row["errors"]), f"{row['rss_mb']:.0f}"] for row in r["rows"]]),
            f"10,000 idle connections add {r['idle_10000_mb']:.0f} MB.", ""]


def growth_rates(rows):
    return _table(["clicks/s", "CPU us/click", "event loops us", "p50 ms", "p99 ms", "p99.9 ms", "log bytes/event", "clicks a block", "missing",
                   "errors", "unsent"],
                  [[f"{r['rate']:,.0f}" + (" (limit)" if r["isLimit"] else ""), f"{r['cpu_us']:.2f}", f"{r['loops_us']:.2f}", f"{r['p50_ms']:.2f}",
                    f"{r['p99_ms']:.2f}", f"{r['p999_ms']:.2f}", f"{r['log_bytes_per_event']:.0f}",
                    f"{r['stored']['events'] / max(r['stored']['blocks'], 1):.1f}", str(r["missing"]), str(r["errors"]), f"{r['unsent']:,.0f}"]
                   for r in rows])


def retention(r):
    return [f"Retention at {r['megabytes']} MB (the log has {r['log_mb']:.0f} MB), to none: throughput {_times(r['rate_ratio'])}, CPU {_times(r['cpu_ratio'])}.", ""]


def overload(r):
    lines = []
    for durability, f in r["flood"].items():
        before, after = f["before"], f["after"]
        lines.append(
            f"Flood, {durability}: {f['offered_per_s']:,.0f}/s offered, {f['answered_per_s']:,.0f}/s answered, {f['unsent']:,.0f} not sent in time, "
            f"{f['errors']} errors, {f['shed']:,} shed; resident {f['state_before']['rss_mb']:.0f} MB before, {f['rss_most_mb']:.0f} at most, "
            f"{f['state_after']['rss_mb']:.0f} after. Healthy p99 {before['p99_ms']:.2f} ms before, {after['p99_ms']:.2f} in the second after.")
    limit = r["limit"]
    lines.append(
        f"Beyond the limit of {limit['limit']} connections: {limit['refused']} of {limit['tried_beyond']} closed, p50 {limit['refused_p50_ms']:.2f} ms, "
        f"p99 {limit['refused_p99_ms']:.2f}. {_healthy(limit)}")
    for name, title in (("slow", "Slow clients"), ("half_open", "Half-open"), ("storm", "Storm")):
        a = r[name]
        lines.append(f"{title}: {a['told']}; {_healthy(a)} The service took {a['share']:.0%} of its core meanwhile.")
    return [*lines, ""]


def _healthy(a):
    states = [a[name] for name in ("state_before", "state_during", "state_after") if name in a]
    return ("Healthy visitors' p99 before, during, after: " + ", ".join(f"{a[name]['p99_ms']:.2f}" for name in ("before", "during", "after"))
            + f" ms, {a['during']['errors']} errors; resident " + ", ".join(f"{s['rss_mb']:.0f}" for s in states)
            + " MB, descriptors " + ", ".join(str(s["descriptors"]) for s in states) + ".")


def memory(r):
    return _table(["memory of", "resident MB", "its own", "of mapped files"],
                  [[name, f"{m['all_mb']:.0f}", f"{m['own_mb']:.0f}", f"{m['files_mb']:.0f}"] for name, m in r.items()])


def enrich(e):
    return [f"`clickstream enrich` over pipes, one core: {e['events_per_s']:,.0f} events/s.", ""]


def agents(a):
    return [f"{a['agents']:,} different user agents, each for the first time: {a['uncachedPerSecond']:,.0f}/s; "
            f"ua-parser with ua-parser-rs {a['peerUncachedPerSecond']:,.0f}/s: {a['uncachedRatio']:.1f}x. "
            f"By their frequency, with the cache: {a['cachedPerSecond']:,.0f}/s. "
            f"Enriched and encoded, sessions included: {1e6 / a['encodedPerSecond']:.2f} us a click. "
            f"Tables loaded in {a['startSeconds']:.2f} s.", ""]


def text(name, measured):
    """The lines of a part, by its name on the command line."""
    return "\n".join(globals()[name.replace("-", "_")](measured))
