"""What many links cost: making them in bulk, listing them, finding them at the edge, and the memory they take."""
import concurrent.futures
import http.client
import json
import os
import sqlite3
import statistics
import subprocess
import threading
import time

BULK = 25
CLIENTS = 4
ORDERS = ("createdAt", "updatedAt", "title", "slashtag")


class Client:
    """One kept connection to the API."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.connection.connect()

    def call(self, method, path, body=None):
        """The answer's JSON and how many milliseconds it took."""
        text = None if body is None else json.dumps(body)
        before = time.perf_counter()
        self.connection.request(method, path, text, {"apikey": "bench", "content-type": "application/json"})
        answer = self.connection.getresponse()
        data = answer.read()
        took = (time.perf_counter() - before) * 1000
        assert answer.status == 200, (answer.status, data[:500])
        return json.loads(data), took


def create(port, domain, first, count):
    """Makes links l<first>... by bulk calls of several clients at once; links a second."""
    numbers = iter(range(first, first + count, BULK))
    lock = threading.Lock()

    def work():
        client = Client(port)
        while True:
            with lock:
                start = next(numbers, None)
            if start is None:
                return
            client.call("PUT", "/v1/links", [{
                "slashtag": f"l{n}", "title": f"Landing page {n % 977}", "domain": {"fullName": domain},
                "destination": f"https://www.example.com/landing/{n}?utm_source=bench"}
                for n in range(start, min(start + BULK, first + count))])

    before = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        for done in [pool.submit(work) for _ in range(CLIENTS)]:
            done.result()
    return count / (time.monotonic() - before)


def list_pages(port, pages=200):
    """How long pages take, in milliseconds: the first ones and far ones, in each order."""
    client, result = Client(port), {}
    for order in ORDERS:
        times, last = [], ""
        for _ in range(pages):
            found, took = client.call("GET", f"/v1/links?orderBy={order}&limit={BULK}&last={last}")
            times.append(took)
            last = found[-1]["id"]
        times.sort()
        result[order] = {"p50_ms": statistics.median(times), "p99_ms": times[len(times) * 99 // 100 - 1]}
    times = sorted(client.call("GET", "/v1/links/count")[1] for _ in range(50))
    result["count"] = {"p50_ms": statistics.median(times), "p99_ms": times[-1]}
    return result


def lookups(service, links, load_core, domain, seconds, cpu_seconds):
    """HEAD of random links: CPU of the service for each, and its latencies."""
    env = os.environ | {"LINKS": str(links), "DOMAIN": domain}
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lookups.lua")
    cpu = cpu_seconds(service.pid)
    done = subprocess.run(
        ["taskset", "-c", load_core, "wrk", "-t1", "-c64", f"-d{seconds}s", "--latency", "-s", script,
         f"http://127.0.0.1:{service.port}"], env=env, capture_output=True, text=True, check=True)
    result = json.loads(done.stdout.rsplit("RESULT ", 1)[1])
    result["cpu_us"] = 1e6 * (cpu_seconds(service.pid) - cpu) / max(result["requests"], 1)
    return result


def fill(folder, domain, first, count):
    """Puts links straight into a stopped service's catalog: what is measured is not how they came there."""
    with sqlite3.connect(os.path.join(folder, "catalog.db")) as db:
        db.execute("PRAGMA synchronous = OFF")
        db.execute(
            """
            INSERT INTO links (id, workspace, domain, slashtag, key, destination, forwardParameters, favourite, creator,
                createdAt, updatedAt)
            WITH RECURSIVE numbers (n) AS (SELECT :first UNION ALL SELECT n + 1 FROM numbers WHERE n < :last)
            SELECT printf('%032x', n), workspace, number, 'l' || n, CAST('l' || n AS BLOB),
                'https://www.example.com/landing/' || n || '?utm_source=bench', 0, 0,
                (SELECT id FROM accounts), 1700000000000000 + n, 1700000000000000 + n
            FROM numbers, domains WHERE fullName = :domain
            """, {"first": first, "last": first + count - 1, "domain": domain})


def run(make, load_core, domain, seconds, cpu_seconds, resident_mb, most=10_000_000):
    """The whole part: 10 links, a million by the API, ten million; `make(name, **settings)` starts a service."""
    report = {}
    service = make("links")
    try:
        create(service.control, domain, 0, 10)
        report["edge_10"] = lookups(service, 10, load_core, domain, seconds, cpu_seconds)
        report["created_per_s"] = create(service.control, domain, 10, 999_990)
        report["rss_mb"] = resident_mb(service.pid)
        report["pages"] = list_pages(service.control)
        report["edge_1m"] = lookups(service, 1_000_000, load_core, domain, seconds, cpu_seconds)
        report["edge_10_of_1m"] = lookups(service, 10, load_core, domain, seconds, cpu_seconds)
    finally:
        service.stop()
    fill(service.data, domain, 1_000_000, most - 1_000_000)
    for name, memory in (("many", "2000000"), ("few", "1000")):
        before = time.monotonic()
        service = make("links", CLICKSTREAM_EDGE_LINK_MEMORY=memory)
        try:
            report[f"start_{name}_s"] = time.monotonic() - before
            lookups(service, most, load_core, domain, 1, cpu_seconds)
            report[f"edge_10m_{name}"] = lookups(service, most, load_core, domain, seconds, cpu_seconds)
            report[f"edge_10m_{name}_hits"] = lookups(service, 10, load_core, domain, seconds, cpu_seconds)
            report[f"rss_10m_{name}_mb"] = resident_mb(service.pid)
        finally:
            service.stop()
    few, hits = report["edge_10m_few"], report["edge_10m_few_hits"]
    report["miss_us"] = few["cpu_us"] - hits["cpu_us"]
    return report


def text(report):
    if "links" not in report:
        return ""
    r = report["links"]
    pages = "; ".join(f"by {name} p50 {v['p50_ms']:.2f}, p99 {v['p99_ms']:.2f}" for name, v in r["pages"].items())
    return "\n".join([
        f"A million links: made in bulk at {r['created_per_s']:,.0f}/s ({CLIENTS} clients, {BULK} a call), {r['rss_mb']:.0f} MB resident afterwards.",
        f"A page of {BULK} of them, in ms: {pages}.",
        f"Finding a link (HEAD, CPU of the service): {r['edge_10']['cpu_us']:.2f} us with 10 links, {r['edge_1m']['cpu_us']:.2f} us "
        f"with a million at random, {r['edge_10_of_1m']['cpu_us']:.2f} us ten of a million.",
        f"Ten million links: {r['rss_10m_many_mb']:.0f} MB resident with 2,000,000 in memory, started in {r['start_many_s']:.1f} s; "
        f"at random {r['edge_10m_many']['cpu_us']:.2f} us. With 1,000 in memory {r['edge_10m_few']['cpu_us']:.2f} us at random, "
        f"{r['edge_10m_few_hits']['cpu_us']:.2f} us of those: {r['miss_us']:.1f} us a miss; {r['rss_10m_few_mb']:.0f} MB.", ""])
