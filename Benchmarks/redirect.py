"""The edge: redirects without capture, and with it, against nginx and other servers."""
import os

from load import Traffic
from rounds import alternate, measure, ratio
from servers import Caddy, Haproxy, Nginx, Service

NGINX = "nginx, JSON log buffered 64k"
SYNCED, BUFFERED = "clickstream, synced", "clickstream, buffered"
MODULE = "/usr/lib/nginx/modules/ngx_http_headers_more_filter_module.so"


def head(bench):
    """HEAD on both sides: what a redirect costs without a click.

    `bench-load` reads the answers of both, whatever their Content-Length. Others' tools wait for the body that nginx announces: for them
    one takes it away with headers-more, whose own cost the third contender shows.
    """
    traffic = Traffic(bench.folder, method="HEAD")
    with Nginx(bench.folder, "head-nginx", log=Nginx.SILENT) as nginx, Service(bench.binary, bench.folder, "head") as service:
        servers = {"nginx, no log": nginx, "clickstream": service}
        more = None
        if os.path.exists(MODULE):
            more = servers["nginx, no log, headers-more"] = Nginx(
                bench.folder, "head-more", log=Nginx.SILENT, more='more_set_headers "Content-Length: 0";', load_modules=f"load_module {MODULE};")
        try:
            series = _rounds(servers, traffic, max(bench.rounds, 10), bench.seconds, 64)
        finally:
            if more:
                more.stop()
    return _rows(series, "nginx, no log", 64)


def capture(bench, connections=(64, 256, 1024)):
    """GET, and the click recorded: synced and buffered, against nginx that writes a log."""
    traffic, rows = Traffic(bench.folder), []
    with Nginx(bench.folder, "nginx") as nginx, Service(bench.binary, bench.folder, "synced") as synced, \
            Service(bench.binary, bench.folder, "buffered", capture_durability="buffered") as buffered:
        for count in connections:
            servers = {NGINX: nginx, SYNCED: synced, BUFFERED: buffered}
            rows += _rows(_rounds(servers, traffic, bench.rounds, bench.seconds, count), NGINX, count)
        books = {"clicks_recorded": synced.recorded, "clicks_shed": synced.shed}
    return {"rows": rows, "books": books}


def peers(bench, connections=256):
    """Other servers that redirect and write a line of log for it."""
    traffic = Traffic(bench.folder)
    servers = {NGINX: Nginx(bench.folder, "peer-nginx"), SYNCED: Service(bench.binary, bench.folder, "peer-synced")}
    try:
        for name, make in (("haproxy, log to a file", Haproxy), ("caddy, JSON log", Caddy)):
            if make.is_installed():
                servers[name] = make(bench.folder)
        series = _rounds(servers, traffic, bench.rounds, bench.seconds, connections)
    finally:
        for server in servers.values():
            server.stop()
    return _rows(series, NGINX, connections)


def _rounds(servers, traffic, rounds, seconds, connections):
    contenders = {
        # The synced service waits for the disk with few connections: then neither side is busy, and nothing is wrong.
        name: lambda server=server, name=name: measure(
            server, traffic, connections=connections, seconds=seconds, warm=0.2,
            saturating=not (name == SYNCED and connections < 256))
        for name, server in servers.items()}
    return alternate(contenders, rounds)


def _rows(series, base, connections):
    return [found.row() | {
        "connections": connections, "cpu_ratio": ratio(found, series[base], "cpu_us"), "rate_ratio": ratio(found, series[base], "rate"),
        # Of the event loops alone to the whole of the other server.
        "loops_ratio": found.median("loops_us") / series[base].median("cpu_us") if found.median("loops_us") else None}
        for found in series.values()]
