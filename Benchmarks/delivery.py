"""What delivery does with many streams: measured by Benchmarks/bench.py.

`Receiver` is a process of its own. Streams call it on /ok, or on /bad to misbehave when it is told to; for each event on /ok/timed
it notes how long after its click it came.
"""
import asyncio
import json
import multiprocessing
import os
import re
import socket
import time
from datetime import datetime, timezone

TIMESTAMP = re.compile(rb'"timestamp":"([0-9T:.\-]+)Z"')


def moment(text):
    return datetime.strptime(text.decode(), "%Y-%m-%dT%H:%M:%S.%f").replace(tzinfo=timezone.utc).timestamp()


async def serve(port, core, notes, isOpen):
    os.sched_setaffinity(0, {int(core)})
    latencies, counted = [], 0

    async def take(reader, writer):
        nonlocal counted
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                body = await reader.readexactly(int(re.search(r"content-length: (\d+)", head, re.I).group(1)))
                path = head.split(" ", 2)[1]
                # /bad/0 hangs and the other bad ones answer 500, once they are told to.
                isBad = path.startswith("/bad") and notes.get("bad")
                if isBad and path == "/bad/0":
                    await asyncio.sleep(3600)
                isFailing = isBad or not isOpen.value
                status = "500 No" if isFailing else "200 OK"
                if not isFailing and "webhook-test" not in head.lower():
                    now = time.time()
                    events = TIMESTAMP.findall(body)
                    counted += len(events)
                    notes["delivered"] = counted
                    if path.startswith("/ok/timed"):
                        latencies.extend(now - moment(text) for text in events)
                writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", port, limit=1 << 24, backlog=4096)
    notes["ready"] = True
    while not notes.get("stop"):
        await asyncio.sleep(0.05)
        if notes.get("clear"):
            latencies.clear()
            notes["clear"] = False
        if notes.get("ask"):
            notes["latencies"] = list(latencies)
            notes["ask"] = False
    server.close()


class Receiver:
    def __init__(self, core):
        self.manager = multiprocessing.Manager()
        self.notes = self.manager.dict()
        self.isOpen = multiprocessing.Value("b", True)
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.process = multiprocessing.Process(
            target=lambda: asyncio.run(serve(self.port, core, self.notes, self.isOpen)), daemon=True)
        self.process.start()
        while not self.notes.get("ready"):
            time.sleep(0.05)

    @property
    def delivered(self):
        return self.notes.get("delivered", 0)

    def clear(self):
        self.notes["clear"] = True
        while self.notes["clear"]:
            time.sleep(0.02)

    def latencies(self):
        self.notes["ask"] = True
        while self.notes["ask"]:
            time.sleep(0.02)
        return sorted(self.notes["latencies"])

    def stop(self):
        self.notes["stop"] = True
        self.process.join(5)
        self.process.kill()
        self.manager.shutdown()


def percentile(values, share):
    return values[min(len(values) - 1, int(len(values) * share))] if values else float("nan")


class Tenants:
    """Many workspaces of a service, each with a domain and a link `l0`."""

    def __init__(self, service, count):
        self.service = service
        self.ids = []
        for n in range(count):
            workspace = service.api("POST", "/v1/workspaces", {"name": f"w{n}"})["id"]
            service.api("POST", f"/v1/domains?workspace={workspace}", {"fullName": f"d{n}.bench.test"})
            service.api("POST", f"/v1/links?workspace={workspace}", {
                "slashtag": "l0", "domain": {"fullName": f"d{n}.bench.test"},
                "destination": "https://www.example.com/landing?utm_source=bench&utm_medium=cpc"})
            self.ids.append(workspace)

    def streams(self, endpoint, **more):
        made = []
        for n, workspace in enumerate(self.ids):
            made.append((workspace, self.service.api("POST", f"/v1/streams?workspace={workspace}", {
                "endpoint": endpoint(n), "method": "POST",
                "authentication": {"header": "X-Key", "value": "bench"}} | more)["id"]))
        return made

    def states(self, streams):
        return [self.service.api("GET", f"/v1/streams/{id}?workspace={workspace}") for workspace, id in streams]


def isolation(make_service, wrk, core, seconds, resident_mb):
    """100 streams at 2,000 events/s: what 1 that hangs and 9 that answer 500 do to the 90 others."""
    rows = {}
    for name in ("all healthy", "1 hangs, 9 answer 500"):
        receiver, service = Receiver(core), make_service("isolation-" + name[:1])
        tenants = Tenants(service, 100)
        isBad = name[0] != "a"
        # They misbehave once they are active: before, there would be nothing to isolate.
        streams = tenants.streams(lambda n: f"http://127.0.0.1:{receiver.port}/" + (
            "ok/timed" if n >= 10 else "bad/%d" % n), batch={"seconds": 1})
        wait_active(tenants, streams)
        if isBad:
            receiver.notes["bad"] = True
        wrk(service.port, 20, 3, 10, 100)
        receiver.clear()
        before = resident_mb(service.pid)
        result = wrk(service.port, 20, seconds, 10, 100)
        time.sleep(1.5)
        found = receiver.latencies()
        rows[name] = {"clicks_per_s": result["rate"], "events": len(found), "p50_ms": 1e3 * percentile(found, 0.5),
                      "p99_ms": 1e3 * percentile(found, 0.99), "rss_before_mb": before, "rss_after_mb": resident_mb(service.pid)}
        service.stop()
        receiver.stop()
    first, second = rows.values()
    return {"rows": rows, "p99_ratio": second["p99_ms"] / first["p99_ms"]}


def wait_active(tenants, streams, seconds=60):
    deadline = time.monotonic() + seconds
    for stream in streams:
        while tenants.states([stream])[0]["status"] not in ("active", "failing"):
            if time.monotonic() > deadline:
                raise SystemExit(f"not active: {tenants.states([stream])}")
            time.sleep(0.1)


def scale(make_service, wrk, core, resident_mb, count=1000, events=1_000_000):
    """1,000 streams whose receiver is away while a million events gather, and then is back."""
    receiver, service = Receiver(core), make_service("scale")
    tenants = Tenants(service, count)
    streams = tenants.streams(lambda n: f"http://127.0.0.1:{receiver.port}/ok")
    wait_active(tenants, streams)
    receiver.isOpen.value = False
    idle, clicks, most = resident_mb(service.pid), 0, 0
    while clicks < events:
        clicks += wrk(service.port, 256, 3, 0, count)["requests"]
        most = max(most, resident_mb(service.pid))
    receiver.isOpen.value = True
    start, before = time.monotonic(), receiver.delivered
    for workspace, id in streams:
        service.api("POST", f"/v1/streams/{id}/resume?workspace={workspace}")
    deadline = start + 600
    while receiver.delivered < clicks and time.monotonic() < deadline:
        most = max(most, resident_mb(service.pid))
        time.sleep(0.1)
    took = time.monotonic() - start
    books = [s["accounting"] for s in tenants.states(streams)]
    service.stop()
    receiver.stop()
    return {"streams": count, "clicks": clicks, "idle_mb": idle, "most_mb": most, "drain_s": took,
            "drained_per_s": (clicks - before) / took, "in": sum(b["in"] for b in books),
            "delivered": sum(b["delivered"] for b in books), "pending": sum(b["pending"] for b in books)}


def live(make_service, wrk, core, seconds):
    """One stream at 2,000 events/s: from the click to the receiver, with batches of 1 s and of 0 s."""
    rows = {}
    for wait in (1, 0):
        receiver, service = Receiver(core), make_service(f"live-{wait}")
        tenants = Tenants(service, 1)
        wait_active(tenants, tenants.streams(lambda n: f"http://127.0.0.1:{receiver.port}/ok/timed", batch={"seconds": wait}))
        wrk(service.port, 20, 2, 10, 1)
        receiver.clear()
        result = wrk(service.port, 20, seconds, 10, 1)
        time.sleep(1.5)
        found = receiver.latencies()
        rows[wait] = {"clicks_per_s": result["rate"], "events": len(found), "p50_ms": 1e3 * percentile(found, 0.5),
                      "p99_ms": 1e3 * percentile(found, 0.99)}
        service.stop()
        receiver.stop()
    return rows


def text(report):
    lines = []
    if "live" in report:
        for wait, r in report["live"].items():
            lines.append(f"Live, one stream, batches of {wait} s, {r['clicks_per_s']:,.0f} clicks/s: click to delivered p50 {r['p50_ms']:.0f} ms, "
                         f"p99 {r['p99_ms']:.0f} ms ({r['events']:,} events).")
    if "isolation" in report:
        for name, r in report["isolation"]["rows"].items():
            lines.append(f"100 streams, {name}, {r['clicks_per_s']:,.0f} clicks/s: healthy ones p50 {r['p50_ms']:.0f} ms, p99 {r['p99_ms']:.0f} ms "
                         f"({r['events']:,} events); resident {r['rss_before_mb']:.0f} -> {r['rss_after_mb']:.0f} MB.")
        lines.append(f"p99 with bad receivers: {report['isolation']['p99_ratio']:.2f} times that without.")
    if "scale" in report:
        s = report["scale"]
        lines.append(f"{s['streams']:,} streams, {s['clicks']:,} events while the receiver was away: resident {s['idle_mb']:.0f} MB idle, "
                     f"{s['most_mb']:.0f} MB at most; drained in {s['drain_s']:.0f} s ({s['drained_per_s']:,.0f}/s); in {s['in']:,} = delivered "
                     f"{s['delivered']:,} + pending {s['pending']:,}.")
    return "\n".join(lines)
