"""Delivery: a backlog's drain, what bad receivers do to good ones, and a thousand streams after an outage."""
import time

from load import Receiver, Traffic, click
from machine import Cpu, resident_mb
from servers import DESTINATION, Service


class Tenants:
    """Many workspaces of a service, each with a domain and a link `l0`."""

    def __init__(self, service, count):
        self.service = service
        self.ids = []
        for n in range(count):
            workspace = service.api("POST", "/v1/workspaces", {"name": f"w{n}"})["id"]
            service.api("POST", f"/v1/domains?workspace={workspace}", {"fullName": f"d{n}.bench.test"})
            service.api("POST", f"/v1/links?workspace={workspace}", {
                "slashtag": "l0", "domain": {"fullName": f"d{n}.bench.test"}, "destination": DESTINATION.format(n=n)})
            self.ids.append(workspace)

    def streams(self, endpoint, **more):
        """A stream for each, to `endpoint(n)`, active: [(workspace, stream)]."""
        made = [(workspace, self.service.stream(endpoint(n), workspace, **more)) for n, workspace in enumerate(self.ids)]
        for workspace, stream in made:
            self.service.wait_active(stream, workspace)
        return made

    def books(self, streams):
        """The sums of the streams' accounting."""
        books = [self.service.state(stream, workspace)["accounting"] for workspace, stream in streams]
        return {key: sum(book[key] for book in books) for key in ("in", "delivered", "pending")}


def drain(bench, seconds=20):
    """A backlog made by real clicks, then delivered to a local receiver by one stream."""
    with Receiver() as receiver, Service(bench.binary, bench.folder, "drain") as service:
        began = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 1))
        clicks = int(click(service.port, Traffic(bench.folder), connections=256, seconds=seconds)["answered_ever"])
        time.sleep(1)
        cpu, start = Cpu(service.pids), time.monotonic()
        books = service.wait_drained(service.stream(receiver.url(), startFrom=began))
        took, spent = time.monotonic() - start, cpu.used()["total"]
        events = books["delivered"]
        return {"clicks": clicks, "delivered": events, "received": int(receiver.stats()["events"]), "seconds": took,
                "events_per_s": events / took, "cpu_us_per_event": 1e6 * spent / events, "rss_mb": resident_mb(service.pid)}


def isolation(bench, rate=2000):
    """100 streams at 2,000 clicks/s: what 1 that hangs and 9 that answer 500 do to the 90 others."""
    rows = {}
    traffic = Traffic(bench.folder, domains=100)
    for name in ("all healthy", "1 hangs, 9 answer 500"):
        with Receiver() as receiver, Service(bench.binary, bench.folder, "isolation-" + name[:1], links=0) as service:
            # They misbehave once they are active: before, there would be nothing to isolate.
            Tenants(service, 100).streams(lambda n: receiver.url("/timed" if n >= 10 else f"/bad/{n}"), batch={"seconds": 1})
            if name[0] != "a":
                receiver.tell("bad")
            click(service.port, traffic, connections=20, seconds=3, rate=rate)
            receiver.tell("clear")
            before = resident_mb(service.pid)
            result = click(service.port, traffic, connections=20, seconds=5 * bench.seconds, rate=rate)
            time.sleep(1.5)
            found = receiver.stats()
            rows[name] = {"clicks_per_s": result["rate"], "events": int(found["timed"]), "p50_ms": found["p50_ms"], "p99_ms": found["p99_ms"],
                          "rss_before_mb": before, "rss_after_mb": resident_mb(service.pid)}
    first, second = rows.values()
    return {"rows": rows, "p99_ratio": second["p99_ms"] / first["p99_ms"]}


def scale(bench, count=1000, events=1_000_000):
    """1,000 streams whose receiver is away while a million events gather, and then is back."""
    with Receiver() as receiver, Service(bench.binary, bench.folder, "scale", links=0) as service:
        tenants = Tenants(service, count)
        streams = tenants.streams(lambda n: receiver.url())
        receiver.tell("shut")
        idle, clicks, most = resident_mb(service.pid), 0, 0
        traffic = Traffic(bench.folder, domains=count)
        while clicks < events:
            clicks += int(click(service.port, traffic, connections=256, seconds=3)["answered_ever"])
            most = max(most, resident_mb(service.pid))
        receiver.tell("open")
        start, before = time.monotonic(), receiver.stats()["events"]
        for workspace, stream in streams:
            service.api("POST", f"/v1/streams/{stream}/resume?workspace={workspace}")
        while receiver.stats()["events"] < clicks and time.monotonic() < start + 600:
            most = max(most, resident_mb(service.pid))
            time.sleep(0.1)
        took = time.monotonic() - start
        return {"streams": count, "clicks": clicks, "idle_mb": idle, "most_mb": most, "drain_s": took,
                "drained_per_s": (clicks - before) / took} | tenants.books(streams)
