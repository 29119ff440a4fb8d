"""Visitors and a customer's endpoint: both are `bench-load` (Benchmarks/Load), on the load's core."""
import contextlib
import http.client
import json
import os
import random
import subprocess

from machine import LOAD_CORE, Cpu
from servers import DOMAIN, free_port

HERE = os.path.dirname(os.path.abspath(__file__))
FIXTURE = "fixtures/realworld/weighted.jsonl"
LANGUAGES = [("en-US,en;q=0.9", 38), ("pt-BR,pt;q=0.9,en;q=0.8", 12), ("es-ES,es;q=0.9", 9), ("de-DE,de;q=0.9,en;q=0.7", 8),
             ("en-GB,en;q=0.9", 8), ("fr-FR,fr;q=0.9,en-US;q=0.8", 7), ("it-IT,it;q=0.9", 5), ("ja", 4), ("zh-CN,zh;q=0.9", 4),
             ("nl-NL,nl;q=0.9,en;q=0.8", 3), ("pl-PL,pl;q=0.9", 2)]
REFERRERS = [(None, 45), ("https://m.facebook.com/", 14), ("https://www.google.com/", 12), ("https://l.instagram.com/", 10),
             ("https://t.co/", 6), ("https://www.linkedin.com/", 4), ("https://www.youtube.com/", 3), ("https://www.bing.com/", 2),
             ("https://duckduckgo.com/", 1), ("https://news.example.org/2026/{n}/story-{n}.html", 3)]
QUERIES = [(None, 70), ("?fbclid=IwAR{x}", 12), ("?utm_source=newsletter&utm_campaign=c{n}", 10), ("?gclid={x}", 5), ("?ref=qr&id={n}", 3)]


def binary():
    """Where `bench-load` is: beside the build's other products, or where BENCH_LOAD says."""
    return os.environ.get("BENCH_LOAD") or os.path.join(HERE, "../.build/release/bench-load")


def user_agents():
    """Real visitors' user agents, and how often each comes."""
    path = os.path.join(os.environ.get("CONFORMANCE") or os.path.join(HERE, "../../shared"), FIXTURE)
    if not os.path.exists(path):
        with open(os.path.join(HERE, "user_agents.txt"), encoding="utf-8") as f:
            return [(line, 1) for line in f.read().splitlines()]
    with open(path, encoding="utf-8") as f:
        rows = [json.loads(line) for line in f]
    return [(row["input"], float(row.get("percent") or row["original"].get("percent") or 1)) for row in rows]


class Traffic:
    """Requests that differ as those of many visitors do, in a file that `bench-load` sends one after the other.

    Each comes from an address of its own. `domains` asks for `l0` of so many domains instead of `links` of one.
    """

    def __init__(self, folder, links=1000, count=16_384, method="GET", domains=0, even=False, seed=1):
        self.path = os.path.join(folder, f"{method.lower()}-{links}-{domains}-{count}-{even}-{seed}.requests")
        if os.path.exists(self.path):
            return
        chance = random.Random(seed)

        def pick(weighted):
            values, weights = zip(*weighted)
            return chance.choices(values, weights, k=count)

        agents, languages, referrers, queries = (pick(kind) for kind in (user_agents(), LANGUAGES, REFERRERS, QUERIES))
        with open(self.path, "w", encoding="latin-1", errors="replace", newline="") as f:
            for agent, language, referrer, query in zip(agents, languages, referrers, queries):
                facts = {"n": chance.randrange(100_000), "x": f"{chance.getrandbits(160):040x}"}
                # Some links are asked for far more often than others, unless `even`.
                link = int(links * chance.random() ** (1 if even else 3))
                address = ".".join(str(chance.randrange(1, 224 if place == 0 else 255)) for place in range(4))
                host = f"d{chance.randrange(domains)}.bench.test" if domains else DOMAIN
                f.write(f"{method} /l{0 if domains else link}{(query or '').format(**facts)} HTTP/1.1\r\nHost: {host}\r\n"
                        f"User-Agent: {agent}\r\nAccept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
                        f"Accept-Language: {language}\r\nAccept-Encoding: gzip, deflate, br\r\n")
                if referrer:
                    f.write(f"Referer: {referrer.format(**facts)}\r\n")
                f.write(f"X-Forwarded-For: {address}\r\n\r\n")


def _start(*arguments):
    return subprocess.Popen(["taskset", "-c", LOAD_CORE, binary(), *map(str, arguments)],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


class Load:
    """One run of `bench-load send`, which may go on beside other things: between `begin` and `end` it is counted."""

    def __init__(self, port, traffic, connections=64, seconds=1.0, rate=0, warm=0.0, per_connection=0):
        self.process = _start(
            "send", "--port", port, "--requests", traffic.path, "--connections", connections, "--seconds", seconds,
            "--rate", rate, "--warm", warm, "--per-connection", per_connection)

    def begin(self):
        """Waits until it is connected and warm, and begins to count."""
        assert self.process.stdout.readline() == "ready\n", "the load could not connect"

    def end(self):
        """What came of it; its connections are still open."""
        return json.loads(self.process.stdout.readline())

    def close(self):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None and _[0]:
            self.process.kill()
        self.close()


def click(port, traffic, **options):
    """One whole run, of which only the result matters."""
    with Load(port, traffic, **options) as load:
        load.begin()
        return load.end()


def errors(result):
    """How many requests did not get their redirect."""
    return int(sum(result[name] for name in ("wrong", "closed", "refused", "unanswered")))


class Receiver:
    """An endpoint that takes batches and counts their events; see Benchmarks/Load/Receiver.swift."""

    def __init__(self):
        self.port = free_port()
        self.process = _start("receive", "--port", self.port)
        assert self.process.stdout.readline() == "ready\n"
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        self.cpu = Cpu([self.process.pid])

    def url(self, path="/ok"):
        return f"http://127.0.0.1:{self.port}{path}"

    def tell(self, verb):
        """Tells it to `clear`, `shut`, `open`, ...; returns what it has counted."""
        self.connection.request("POST", f"/control/{verb}")
        return json.loads(self.connection.getresponse().read())

    def stats(self):
        return self.tell("stats")

    def stop(self):
        self.process.terminate()
        self.process.wait(10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
