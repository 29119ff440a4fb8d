"""Overload and attacks: what healthy visitors feel meanwhile, and what is left of it afterwards."""
import contextlib
import resource
import socket
import threading
import time

from load import Load, Traffic, click, errors
from machine import Cpu, descriptors, resident_mb
from servers import Service

HEALTHY_RATE = 2000


def run(bench):
    """Every part with a service of its own; `healthy` visitors ask at a fixed rate, open loop, before, during and after."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    traffic = Traffic(bench.folder)
    try:
        return {
            "flood": flood(bench, traffic), "limit": limit(bench, traffic),
            "slow": _attack(bench, traffic, "slow", SlowLoris), "half_open": _attack(bench, traffic, "half-open", HalfOpen),
            "storm": _attack(bench, traffic, "storm", Storm)}
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def _healthy(service, traffic, seconds):
    result = click(service.port, traffic, connections=32, seconds=seconds, rate=HEALTHY_RATE, warm=0.5)
    return {key: result[key] for key in ("rate", "p50_ms", "p99_ms", "p999_ms", "max_ms", "late_p99_ms")} | {"errors": errors(result)}


def _state(service):
    return {"rss_mb": resident_mb(service.pid), "descriptors": descriptors(service.pid)}


def flood(bench, traffic):
    """Twice the capacity offered, open loop: memory, clicks shed, latency before and after. Synced and buffered."""
    found = {}
    for durability in ("synced", "buffered"):
        with Service(bench.binary, bench.folder, f"flood-{durability}", capture_durability=durability) as service:
            peak = click(service.port, traffic, connections=1024, seconds=bench.seconds, warm=1)["rate"]
            before, state = _healthy(service, traffic, bench.seconds), _state(service)
            most = 0
            with Load(service.port, traffic, connections=2048, seconds=3 * bench.seconds, rate=2 * peak) as load:
                load.begin()
                end = time.monotonic() + 3 * bench.seconds
                while time.monotonic() < end - 0.2:
                    most = max(most, resident_mb(service.pid))
                    time.sleep(0.1)
                result = load.end()
            # At once: the first second after it.
            after = _healthy(service, traffic, 1)
            time.sleep(1)
            found[durability] = {
                "offered_per_s": 2 * peak, "answered_per_s": result["rate"], "p50_ms": result["p50_ms"], "p99_ms": result["p99_ms"],
                "unsent": result["unsent"], "errors": errors(result), "shed": service.shed, "recorded": service.recorded,
                "before": before, "after": after, "state_before": state, "rss_most_mb": most, "state_after": _state(service)}
    return found


def limit(bench, traffic, most=500, extra=500):
    """More connections than `edge.maxConnections`: how fast those beyond are closed, and how the others fare."""
    with Service(bench.binary, bench.folder, "limit", edge_max_connections=most) as service:
        before = _healthy(service, traffic, bench.seconds)
        state = _state(service)
        held = [socket.create_connection(("127.0.0.1", service.port), 5) for _ in range(most - 64)]
        times, refused = [], 0
        with Load(service.port, traffic, connections=32, seconds=2 * bench.seconds, rate=HEALTHY_RATE, warm=0.2) as load:
            load.begin()
            spare = [socket.create_connection(("127.0.0.1", service.port), 5) for _ in range(32)]
            for _ in range(extra):
                start = time.perf_counter()
                with contextlib.suppress(ConnectionError), socket.create_connection(("127.0.0.1", service.port), 5) as one:
                    one.settimeout(5)
                    refused += one.recv(1) == b""
                times.append(1e3 * (time.perf_counter() - start))
            during = load.end()
        for one in held + spare:
            one.close()
        time.sleep(1)
        times.sort()
        return {"limit": most, "tried_beyond": extra, "refused": refused, "refused_p50_ms": times[len(times) // 2],
                "refused_p99_ms": times[len(times) * 99 // 100], "before": before,
                "during": {key: during[key] for key in ("rate", "p50_ms", "p99_ms", "p999_ms", "max_ms")} | {"errors": errors(during)},
                "after": _healthy(service, traffic, bench.seconds), "state_before": state, "state_after": _state(service)}


def _attack(bench, traffic, name, attack):
    """Healthy visitors before, during and after an attack; what the service holds then."""
    with Service(bench.binary, bench.folder, f"overload-{name}") as service:
        before, state = _healthy(service, traffic, bench.seconds), _state(service)
        # Longer than the ten seconds that a request's head may take.
        seconds = max(12, 3 * bench.seconds)
        with attack(service.port, traffic) as attacker:
            time.sleep(1)
            cpu = Cpu(service.pids)
            during, meanwhile = _healthy(service, traffic, seconds), _state(service)
            share = cpu.used()["total"] / (seconds + 0.5)
        told = attacker.told
        time.sleep(1)
        after = _healthy(service, traffic, bench.seconds)
        return {"told": told, "before": before, "during": during, "after": after, "share": share,
                "state_before": state, "state_during": meanwhile, "state_after": _state(service)}


class Storm:
    """Visitors who connect, ask once and close, thousands a second, in a process of their own."""

    def __init__(self, port, traffic, rate=3000):
        self.load = Load(port, traffic, connections=256, seconds=600, rate=rate, per_connection=1)
        self.rate = rate

    def __enter__(self):
        self.load.begin()
        return self

    def __exit__(self, *_):
        self.load.process.kill()
        self.load.close()

    @property
    def told(self):
        return f"{self.rate:,} connections a second, each for one click"


class HalfOpen:
    """Peers that connect and never say anything."""

    def __init__(self, port, _, count=4000):
        self.sockets = [socket.create_connection(("127.0.0.1", port), 5) for _ in range(count)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for one in self.sockets:
            one.close()

    @property
    def told(self):
        return f"{len(self.sockets):,} connections that say nothing"


class SlowLoris(HalfOpen):
    """Clients that send a byte of their request's head a second."""

    HEAD = b"GET /l1 HTTP/1.1\r\nHost: go.bench.test\r\nUser-Agent: slow\r\nX-Long: " + b"a" * 4000

    def __init__(self, port, traffic, count=4000):
        super().__init__(port, traffic, count)
        self.closed = 0
        self.isOver = threading.Event()
        for one in self.sockets:
            one.setblocking(False)
        self.thread = threading.Thread(target=self._drip, daemon=True)
        self.thread.start()

    def _drip(self):
        at, alive = 0, list(self.sockets)
        while not self.isOver.is_set():
            began, still = time.monotonic(), []
            for number, one in enumerate(alive):
                try:
                    one.send(self.HEAD[at:at + 1])
                    still.append(one)
                except BlockingIOError:
                    still.append(one)
                except OSError:
                    self.closed += 1
                # Spread over the second, as they would be.
                if number % 100 == 99:
                    self.isOver.wait(max(0, began + number / len(alive) - time.monotonic()))
            alive, at = still, (at + 1) % len(self.HEAD)
            self.isOver.wait(max(0.01, began + 1 - time.monotonic()))

    def __exit__(self, *_):
        self.isOver.set()
        self.thread.join(5)
        super().__exit__(*_)

    @property
    def told(self):
        return f"{len(self.sockets):,} clients that send a byte a second; {self.closed:,} of them were closed"
