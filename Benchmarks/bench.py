#!/usr/bin/env python3
"""Measures the service against nginx with a buffered JSON access log, in one run, as ratios.

    Benchmarks/bench.py PATH-TO-clickstream [--rounds N] [--seconds S] [--only NAME] [--json FILE]

The server under test runs on one core, the load (wrk) on the other; rounds alternate between the
servers, and what is printed are medians over the rounds that were not disturbed. "CPU us" is the CPU time
of the server's process (user and system) divided by the answers it gave. Everything is on loopback, in a
temporary folder, and stopped at the end. Needs wrk and nginx (scripts/setup --bench).
"""
import argparse
import contextlib
import json
import os
import platform
import random
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

import delivery
import links as many_links

HERE = os.path.dirname(os.path.abspath(__file__))
DOMAIN = "go.bench.test"
LINKS = 1000
TICKS = os.sysconf("SC_CLK_TCK")
SERVER_CORE, LOAD_CORE = "0", "1"
PARTS = ["redirect", "drain", "live", "isolation", "scale", "links", "enrich", "agents"]
# A round in which either side got less than this share of its core was disturbed by something else.
FULL_LOAD = 0.85


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_mb(pid):
    with open(f"/proc/{pid}/status") as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1)) / 1024


def wait_for(port, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise SystemExit(f"nothing listens on port {port}")


class Nginx:
    """nginx on one core: `return 302` with a 64 KB buffered JSON access log, or a sink that accepts all."""

    def __init__(self, folder, name, core, body):
        self.folder = os.path.join(folder, name)
        os.makedirs(self.folder)
        self.port = free_port()
        with open(os.path.join(HERE, "nginx.conf")) as f:
            text = f.read().replace("@FOLDER@", self.folder).replace("@PORT@", str(self.port))
        path = os.path.join(self.folder, "nginx.conf")
        with open(path, "w") as f:
            f.write(text.replace("@SERVER@", body))
        self.process = subprocess.Popen(
            ["taskset", "-c", core, "nginx", "-p", self.folder, "-c", path],
            stderr=subprocess.DEVNULL)
        wait_for(self.port)
        time.sleep(0.2)
        children = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True)
        self.pid = int(children.stdout.split()[0])

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)


class Service:
    """clickstream on one core, with a workspace, a domain and links."""

    def __init__(self, binary, folder, name, core=SERVER_CORE, links=LINKS, **settings):
        self.data = os.path.join(folder, name)
        os.makedirs(self.data, exist_ok=True)
        self.port, self.control = free_port(), free_port()
        env = {k: v for k, v in os.environ.items() if not k.startswith("CLICKSTREAM_")}
        env |= {
            "CLICKSTREAM_EDGE_HOST": "127.0.0.1", "CLICKSTREAM_EDGE_PORT": str(self.port),
            "CLICKSTREAM_CONTROL_PORT": str(self.control), "CLICKSTREAM_DATA_DIRECTORY": self.data,
            "CLICKSTREAM_ADMIN_KEY": "bench", "CLICKSTREAM_EDGE_TRUSTED_PROXIES": "127.0.0.1/32",
            "CLICKSTREAM_DELIVERY_ALLOWED_NETWORKS": "127.0.0.0/8",
        } | settings
        self.process = subprocess.Popen(
            ["taskset", "-c", core, os.path.abspath(binary), "serve"], env=env,
            stdout=subprocess.DEVNULL, stderr=open(os.path.join(self.data, "log"), "wb"))
        self.pid = self.process.pid
        wait_for(self.control)
        wait_for(self.port)
        if not self.api("GET", "/v1/domains"):
            self.api("POST", "/v1/domains", {"fullName": DOMAIN})
        for n in range(links):
            self.api("POST", "/v1/links", {
                "slashtag": f"l{n}", "domain": {"fullName": DOMAIN},
                "destination": f"https://www.example.com/landing/{n}?utm_source=bench&utm_medium=cpc"})

    def api(self, method, path, body=None):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.control}{path}", method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"apikey": "bench", "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text.strip() else None

    def metric(self, name):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.control}/metrics", timeout=30) as answer:
            for line in answer.read().decode().splitlines():
                if line.startswith(name + " "):
                    return float(line.split()[1])
        return 0.0

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


def wrk(port, connections, seconds, delay_ms=0, domains=0):
    """One run of wrk; requests/s, latencies in ms, errors, and the share of its core that it used.

    With `domains`, link `l0` of so many domains instead of the links of one.
    """
    env = os.environ | {"DELAY_MS": str(delay_ms), "LINKS": str(1 if domains else LINKS), "DOMAIN": DOMAIN, "DOMAINS": str(domains)}
    before = os.times()
    done = subprocess.run(
        ["taskset", "-c", LOAD_CORE, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency",
         "-s", os.path.join(HERE, "clicks.lua"), f"http://127.0.0.1:{port}"],
        env=env, capture_output=True, text=True, check=True)
    after = os.times()
    used = (after.children_user + after.children_system) - (before.children_user + before.children_system)
    result = json.loads(done.stdout.rsplit("RESULT ", 1)[1])
    result["load"] = used / seconds
    return result


def measure(server, connections, seconds, delay_ms=0):
    cpu, start = cpu_seconds(server.pid), time.monotonic()
    result = wrk(server.port, connections, seconds, delay_ms)
    spent, took = cpu_seconds(server.pid) - cpu, time.monotonic() - start
    result["cpu_us"] = 1e6 * spent / max(result["requests"], 1)
    result["share"] = spent / took
    # With both sides waiting for the other, one of them should be busy; when neither is, something
    # else had the machine.
    result["disturbed"] = delay_ms == 0 and max(result["share"], result["load"]) < FULL_LOAD
    return result


def median(rounds, key):
    clean = [r[key] for r in rounds if not r["disturbed"]] or [r[key] for r in rounds]
    return statistics.median(clean)


def redirect_table(binary, folder, rounds, seconds):
    """Redirect and record: the service (synced, buffered) and nginx, alternating."""
    nginx = Nginx(folder, "nginx", SERVER_CORE, """
        access_log @FOLDER@/access.log clicks buffer=64k;
        location / { return 302 https://www.example.com/landing?utm_source=bench&utm_medium=cpc; }
    """.replace("@FOLDER@", os.path.join(folder, "nginx")))
    synced = Service(binary, folder, "synced")
    buffered = Service(binary, folder, "buffered", CLICKSTREAM_CAPTURE_DURABILITY="buffered")
    servers = {"nginx, JSON log buffered 64k": nginx, "clickstream, synced": synced,
               "clickstream, buffered": buffered}
    rows = []
    for connections in (64, 256):
        results = {name: [] for name in servers}
        for server in servers.values():
            wrk(server.port, connections, 1)  # Warm.
        for _ in range(rounds):
            for name, server in servers.items():
                results[name].append(measure(server, connections, seconds))
        base = results["nginx, JSON log buffered 64k"]
        for name, found in results.items():
            rows.append({
                "server": name, "connections": connections, "rounds": len(found),
                "clean": sum(not r["disturbed"] for r in found),
                "requests_per_s": median(found, "rate"), "p50_ms": median(found, "p50"),
                "p99_ms": median(found, "p99"), "cpu_us": median(found, "cpu_us"),
                "cpu_ratio": median(found, "cpu_us") / median(base, "cpu_us"),
                "rate_ratio": median(found, "rate") / median(base, "rate"),
                "errors": sum(r["errors"] for r in found), "rss_mb": resident_mb(servers[name].pid)})
    peak = next(r for r in rows if r["server"] == "clickstream, synced" and r["connections"] == 256)
    # Half the peak: each of 256 connections asks, waits, and asks again; of the whole milliseconds
    # that wrk can wait, those that come nearest.
    longest = max(1, round(256 / (peak["requests_per_s"] / 2) * 1000))
    delay = min(range(1, longest + 1),
                key=lambda d: abs(wrk(synced.port, 256, 1, d)["rate"] - peak["requests_per_s"] / 2))
    half = [measure(synced, 256, seconds, delay) for _ in range(rounds)]
    rows.append({
        "server": f"clickstream, synced, at {median(half, 'rate') / peak['requests_per_s']:.0%} of its peak",
        "connections": 256, "rounds": rounds, "clean": rounds, "requests_per_s": median(half, "rate"),
        "p50_ms": median(half, "p50"), "p99_ms": median(half, "p99"), "cpu_us": median(half, "cpu_us"),
        "cpu_ratio": None, "rate_ratio": None, "errors": sum(r["errors"] for r in half),
        "rss_mb": resident_mb(synced.pid)})
    recorded, shed = synced.metric("clickstream_clicks_recorded_total"), sum(
        synced.metric(f'clickstream_clicks_shed_total{{reason="{r}"}}')
        for r in ("overload", "log-unavailable", "stopping"))
    size = sum(os.path.getsize(os.path.join(synced.data, f)) for f in os.listdir(synced.data)
               if f == "log.db")
    for server in servers.values():
        server.stop()
    return rows, {"clicks_recorded": recorded, "clicks_shed": shed,
                  "log_bytes_per_event": size / max(recorded, 1)}


def drain(binary, folder, seconds):
    """A backlog made by real clicks, then delivered to a local receiver by one stream."""
    sink = Nginx(folder, "sink", LOAD_CORE, "access_log off; location / { return 200; }")
    service = Service(binary, folder, "drain")
    began = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 1))
    clicks = wrk(service.port, 256, seconds)["requests"]
    time.sleep(1)
    cpu, start = cpu_seconds(service.pid), time.monotonic()
    stream = service.api("POST", "/v1/streams", {
        "endpoint": f"http://127.0.0.1:{sink.port}/", "method": "POST",
        "authentication": {"header": "X-Key", "value": "bench"}, "startFrom": began})
    while True:
        state = service.api("GET", f"/v1/streams/{stream['id']}")
        accounting = state["accounting"]
        if state["status"] == "active" and accounting["delivered"] > 0 and accounting["pending"] == 0:
            break
        if time.monotonic() - start > 120:
            raise SystemExit(f"the backlog was not drained: {state}")
        time.sleep(0.02)
    took, spent = time.monotonic() - start, cpu_seconds(service.pid) - cpu
    delivered = accounting["delivered"]
    memory = resident_mb(service.pid)
    service.stop()
    sink.stop()
    return {"clicks": clicks, "delivered": delivered, "seconds": took,
            "events_per_s": delivered / took, "cpu_us_per_event": 1e6 * spent / delivered, "rss_mb": memory}


def enrich(binary, count=200_000):
    """`clickstream enrich` over pipes: parse a raw request, enrich, encode."""
    with open(os.path.join(HERE, "user_agents.txt")) as f:
        agents = f.read().split("\n")[:-1]
    lines = "".join(
        json.dumps({
            "timestamp": "2026-11-23T10:00:00Z", "url": "https://go.acme.com/spring", "ip": f"8.8.{n % 251}.{n % 241}",
            "headers": {"user-agent": agents[n % len(agents)], "accept-language": "pt-BR,pt;q=0.9",
                        "referer": "https://m.facebook.com/"},
            "route": {"id": "a", "slashtag": "spring", "destination": "https://www.example.com/?a=b"}}) + "\n"
        for n in range(count))
    start = time.monotonic()
    done = subprocess.run(["taskset", "-c", SERVER_CORE, binary, "enrich"], input=lines.encode(), capture_output=True)
    took = time.monotonic() - start
    out = done.stdout.count(b"\n")
    if done.returncode != 0 or out != count:
        raise SystemExit(f"enrich gave {out} of {count} events: {done.stderr[:300]!r}")
    return {"events": count, "seconds": took, "events_per_s": count / took}


PEER = """
import json, sys, time
from ua_parser import Parser
from ua_parser.loaders import load_builtins
from ua_parser.regex import Resolver
parser = Parser(Resolver(load_builtins()))
agents = list(dict.fromkeys(open(sys.argv[1], encoding="utf-8").read().split("\\n")[:-1]))
rounds = []
for _ in range(6):
    start = time.perf_counter()
    for agent in agents:
        parser.parse(agent)
    rounds.append(time.perf_counter() - start)
print(json.dumps({"agents": len(agents), "per_second": len(agents) / min(rounds[1:])}))
"""


def agents(binary):
    """User agents understood, ours against ua-parser with its engine in Rust, over the same lines on the same core."""
    folder = os.path.dirname(os.path.abspath(binary))
    fixture = os.path.join(os.environ.get("CONFORMANCE") or os.path.join(HERE, "../../shared"), "fixtures/realworld/weighted.jsonl")
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as lines:
        if os.path.exists(fixture):
            with open(fixture, encoding="utf-8") as f:
                rows = [json.loads(line) for line in f]
            weights = [float(row.get("percent") or row["original"].get("percent") or 1) for row in rows]
            names = [row["input"] for row in rows]
            visits = random.Random(1).choices(names, weights, k=50_000) + names
        else:
            with open(os.path.join(HERE, "user_agents.txt"), encoding="utf-8") as f:
                visits = f.read().split("\n")[:-1] * 100
        lines.write("".join(visit + "\n" for visit in visits))
        lines.flush()
        run = lambda *command: json.loads(subprocess.run(
            ["taskset", "-c", SERVER_CORE, *command], capture_output=True, check=True, text=True).stdout)
        tables = os.path.join(HERE, "../.data/tables")
        ours = [run(os.path.join(folder, "enrichment-benchmark"), tables, lines.name) for _ in range(3)]
        peer = [run(os.path.join(HERE, "../.data/venv/bin/python"), "-c", PEER, lines.name) for _ in range(3)]
    middle = lambda runs, key: sorted(run[key] for run in runs)[1]
    result = {key: middle(ours, key) for key in ours[0]}
    result["peerUncachedPerSecond"] = middle(peer, "per_second")
    result["agents"] = peer[0]["agents"]
    result["uncachedRatio"] = result["uncachedPerSecond"] / result["peerUncachedPerSecond"]
    return result


def machine():
    with open("/proc/cpuinfo") as f:
        model = re.search(r"model name\s*: (.*)", f.read())
    return f"{os.cpu_count()} x {model.group(1) if model else '?'}, Linux {platform.release()}"


def text(report):
    lines = [f"Measured on {report['machine']}, {report['date']}.", ""]
    if "redirect" in report:
        lines += ["| server | connections | requests/s | of nginx | p50 ms | p99 ms | CPU us/request | of nginx | clean rounds | errors | RSS MB |",
                  "|---|---|---|---|---|---|---|---|---|---|---|"]
        ratio = lambda value: "" if value is None else f"{value:.2f}"
        for r in report["redirect"]:
            lines.append(
                f"| {r['server']} | {r['connections']} | {r['requests_per_s']:,.0f} | {ratio(r['rate_ratio'])} | {r['p50_ms']:.2f} | "
                f"{r['p99_ms']:.2f} | {r['cpu_us']:.2f} | {ratio(r['cpu_ratio'])} | {r['clean']}/{r['rounds']} | {r['errors']} | {r['rss_mb']:.0f} |")
        c = report["capture"]
        lines += ["", f"Clicks recorded in the synced series: {c['clicks_recorded']:,.0f}, shed: {c['clicks_shed']:,.0f}; "
                      f"log file: {c['log_bytes_per_event']:.0f} bytes per event.", ""]
    if "drain" in report:
        d = report["drain"]
        lines += [f"Backlog of {d['delivered']:,} events delivered in {d['seconds']:.2f} s (creation and test delivery included): "
                  f"{d['events_per_s']:,.0f} events/s, {d['cpu_us_per_event']:.2f} us CPU per event, {d['rss_mb']:.0f} MB resident.", ""]
    lines += [delivery.text(report), "", many_links.text(report)]
    if "enrich" in report:
        e = report["enrich"]
        lines += [f"`clickstream enrich` over pipes, one core: {e['events_per_s']:,.0f} events/s.", ""]
    if "agents" in report:
        a = report["agents"]
        lines += [
            f"{a['agents']:,} different user agents, each for the first time: {a['uncachedPerSecond']:,.0f}/s; "
            f"ua-parser with ua-parser-rs {a['peerUncachedPerSecond']:,.0f}/s: {a['uncachedRatio']:.1f}x. "
            f"By their frequency, with the cache: {a['cachedPerSecond']:,.0f}/s. "
            f"Enriched and encoded, sessions included: {1e6 / a['encodedPerSecond']:.2f} us a click. "
            f"Tables loaded in {a['startSeconds']:.2f} s.", ""]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--only", choices=PARTS, action="append")
    parser.add_argument("--json", help="keep the result, machine-readable, in this file")
    options = parser.parse_args()
    for tool in ("wrk", "nginx", "taskset"):
        if not shutil.which(tool) and not os.path.exists(f"/usr/sbin/{tool}"):
            raise SystemExit(f"{tool} is missing: run scripts/setup --bench")
    os.environ["PATH"] += ":/usr/sbin"
    wanted = options.only or PARTS
    report = {"machine": machine(), "date": time.strftime("%Y-%m-%d")}
    folder = tempfile.mkdtemp(prefix="clickstream-bench-")
    try:
        if "redirect" in wanted:
            report["redirect"], report["capture"] = redirect_table(
                options.binary, folder, options.rounds, options.seconds)
        if "drain" in wanted:
            report["drain"] = drain(options.binary, folder, 20)
        make = lambda name: Service(options.binary, folder, name, links=0)
        if "live" in wanted:
            report["live"] = delivery.live(make, wrk, LOAD_CORE, 4 * options.seconds)
        if "isolation" in wanted:
            report["isolation"] = delivery.isolation(make, wrk, LOAD_CORE, 5 * options.seconds, resident_mb)
        if "scale" in wanted:
            report["scale"] = delivery.scale(make, wrk, LOAD_CORE, resident_mb)
        if "links" in wanted:
            alone = lambda name, **settings: Service(
                options.binary, folder, name, links=0, CLICKSTREAM_CONTROL_RATE_LIMIT="0", **settings)
            report["links"] = many_links.run(alone, LOAD_CORE, DOMAIN, options.seconds, cpu_seconds, resident_mb)
        if "enrich" in wanted:
            report["enrich"] = enrich(options.binary)
        if "agents" in wanted:
            report["agents"] = agents(options.binary)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(text(report))
    if options.json:
        with open(options.json, "w") as f:
            json.dump(report, f, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
