"""What many links cost: making them in bulk, listing them, finding them at the edge, and the memory they take."""
import concurrent.futures
import contextlib
import http.client
import json
import os
import sqlite3
import statistics
import threading
import time

from load import Traffic
from machine import resident_mb
from rounds import measure
from servers import DOMAIN, Service

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


def lookups(bench, service, links, warm=0.2):
    """HEAD of random links: CPU of the service for each, and its latencies."""
    traffic = Traffic(bench.folder, links=links, method="HEAD", count=65_536, even=True)
    return measure(service, traffic, connections=64, seconds=bench.seconds, warm=warm)


def fill(folder, domain, first, count):
    """Puts links straight into a stopped service's catalog: what is measured is not how they came there."""
    with contextlib.closing(sqlite3.connect(os.path.join(folder, "catalog.db"))) as db, db:
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


def run(bench, most=10_000_000):
    """Ten links, a million by the API, ten million."""
    report = {}
    with Service(bench.binary, bench.folder, "links", links=0) as service:
        create(service.control, DOMAIN, 0, 10)
        report["edge_10"] = lookups(bench, service, 10)
        report["created_per_s"] = create(service.control, DOMAIN, 10, 999_990)
        report["rss_mb"] = resident_mb(service.pid)
        report["pages"] = list_pages(service.control)
        report["edge_1m"] = lookups(bench, service, 1_000_000)
        report["edge_10_of_1m"] = lookups(bench, service, 10)
    fill(service.data, DOMAIN, 1_000_000, most - 1_000_000)
    for name, memory in (("many", "2000000"), ("few", "1000")):
        with Service(bench.binary, bench.folder, "links", bare=True, edge_link_memory=memory) as service:
            report[f"start_{name}_s"] = service.started_in
            report[f"edge_10m_{name}"] = lookups(bench, service, most, warm=1)
            report[f"edge_10m_{name}_hits"] = lookups(bench, service, 10)
            report[f"rss_10m_{name}_mb"] = resident_mb(service.pid)
    report["miss_us"] = report["edge_10m_few"]["cpu_us"] - report["edge_10m_few_hits"]["cpu_us"]
    return report
