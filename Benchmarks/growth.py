"""How cost grows: with links, streams, the log, connections, the rate; and what retention costs."""
import contextlib
import json
import os
import resource
import subprocess
import sys
import time

import links as many_links
import log_file
from delivery import Tenants
from load import HERE, Receiver, Traffic, click
from machine import SERVER_CORE, Cpu, resident_mb
from memory import idle_connections
from rounds import alternate, measure, ratio
from servers import DOMAIN, Service

MANY = dict(count=65_536)
# Small blocks are merged a minute after they came.
MERGED_AFTER = 65


def links(bench):
    """CPU of a HEAD by how many links there are, asked for at random, in alternating rounds; memory; the time to start."""
    counts = (10, 1000, 100_000, 1_000_000, 10_000_000) if bench.long else (10, 1000, 100_000, 1_000_000)
    with contextlib.ExitStack() as running:
        services, contenders = {}, {}
        for count in counts:
            with Service(bench.binary, bench.folder, f"links-{count}", links=0) as service:
                pass
            many_links.fill(service.data, DOMAIN, 0, count)
            service = running.enter_context(Service(bench.binary, bench.folder, f"links-{count}", bare=True))
            services[count] = service
            contenders[count] = lambda service=service, count=count: many_links.lookups(bench, service, count, warm=0.5)
        series = alternate(contenders, max(5, bench.rounds))
        return [found.row() | {"links": count, "ratio": ratio(found, series[10], "cpu_us"), "rss_mb": resident_mb(services[count].pid),
                               "started_s": services[count].started_in} for count, found in series.items()]


def streams(bench, rate=2000):
    """CPU per click from request to delivery by how many streams share the clicks, each of its own workspace."""
    rows = []
    for count in (1, 10, 100, 1000) if bench.long else (1, 10, 100):
        with Receiver() as receiver, Service(bench.binary, bench.folder, f"streams-{count}", links=0) as service:
            Tenants(service, count).streams(lambda n: receiver.url("/timed"), batch={"seconds": 1})
            traffic = Traffic(bench.folder, domains=count)
            click(service.port, traffic, connections=32, seconds=2, rate=rate)
            time.sleep(2)
            receiver.tell("clear")
            cpu, seconds = Cpu(service.pids), 3 * bench.seconds
            result = click(service.port, traffic, connections=32, seconds=seconds, rate=rate)
            time.sleep(2)
            found = receiver.stats()
            rows.append({"streams": count, "clicks_per_s": result["rate"], "cpu_us": 1e6 * cpu.used()["total"] / result["answered_ever"],
                         "p50_ms": found["p50_ms"], "p99_ms": found["p99_ms"], "lost": int(result["answered_ever"] - found["events"]),
                         "rss_mb": resident_mb(service.pid)})
    return rows


def connections(bench):
    """CPU per click by connections that are all busy, and the memory that idle ones take."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        with Service(bench.binary, bench.folder, "connections") as service:
            traffic, rows = Traffic(bench.folder), []
            before = resident_mb(service.pid)
            idle = idle_connections(service)["all_mb"] - before
            for count in (64, 256, 1024, 4096, 10_000):
                rounds = [measure(service, traffic, connections=count, seconds=bench.seconds, warm=0.3) for _ in range(3)]
                rows.append({"connections": count} | {key: _middle(rounds, key) for key in ("rate", "cpu_us", "loops_us", "p50_ms", "p99_ms")}
                            | {"errors": sum(r["errors"] for r in rounds), "rss_mb": resident_mb(service.pid)})
            return {"rows": rows, "idle_10000_mb": idle}
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def rates(bench):
    """CPU per click, latency and the log's bytes per event by the rate of clicks, on traffic as varied as it can be made.

    Bytes are those of a log whose small blocks have been merged: where clicks are few, a minute later.
    """
    rows, traffic = [], Traffic(bench.folder, **MANY)
    with Service(bench.binary, bench.folder, "rate-none") as service:
        pass
    empty = log_file.stored(service.data)["bytes"]
    for rate in (100, 1000, 5000, 20_000, 50_000, 0):
        with Service(bench.binary, bench.folder, f"rate-{rate}") as service:
            # Few events make a figure of the file's granularity.
            seconds = max(3 * bench.seconds, 5000 / rate if rate else 0)
            result = measure(service, traffic, connections=256, seconds=seconds, rate=rate, saturating=False)
            recorded = service.recorded
            time.sleep(MERGED_AFTER)
        # Once it is stopped everything is in its place.
        stored = log_file.stored(service.data)
        rows.append(result | {
            "rate": rate or result["rate"], "isLimit": rate == 0, "recorded": recorded, "missing": recorded - stored["events"],
            "log_bytes_per_event": (stored["bytes"] - empty) / max(stored["events"], 1), "stored": stored})
    return rows


def retention(bench, megabytes=100):
    """Throughput with retention by size at work, and without: alternating rounds, 256 connections."""
    traffic = Traffic(bench.folder, **MANY)
    with Service(bench.binary, bench.folder, "kept") as kept, \
            Service(bench.binary, bench.folder, "trimmed", log_retention_bytes=f"{megabytes}MB") as trimmed:
        for service in (kept, trimmed):
            end = time.monotonic() + 60
            while service.log_bytes < megabytes * 1.05e6 and time.monotonic() < end:
                click(service.port, traffic, connections=256, seconds=2)
        series = alternate({
            name: lambda service=service: measure(service, traffic, connections=256, seconds=2 * bench.seconds)
            for name, service in (("kept", kept), ("trimmed", trimmed))}, max(5, bench.rounds))
        return {"megabytes": megabytes, "log_mb": trimmed.log_bytes / 1e6, "rate_ratio": ratio(series["trimmed"], series["kept"], "rate"),
                "cpu_ratio": ratio(series["trimmed"], series["kept"], "cpu_us"), "rows": [found.row() for found in series.values()]}


def log(bench):
    """A log of so many GB: the time to open it, events read back a second, a drain's rate from its middle."""
    rows, first = [], True
    for gigabytes in (1, 5, 20) if bench.long else (1,):
        name = "big-log"
        if first:
            with Service(bench.binary, bench.folder, name) as service:
                click(service.port, Traffic(bench.folder, **MANY), connections=256, seconds=30)
            first = False
        log_file.grow(service.data, gigabytes * 1e9)
        # As streams read it: from its beginning, on one core, without anything else.
        read = json.loads(subprocess.run(
            ["taskset", "-c", SERVER_CORE, os.path.join(HERE, "../.build/release/log-benchmark"), f"{service.data}/log.db", "3000000"],
            capture_output=True, check=True, text=True).stdout)
        with Receiver() as receiver, Service(bench.binary, bench.folder, name, bare=True) as service:
            opened = service.started_in
            middle = log_file.middle(service.data)
            cpu, start = Cpu(service.pids), time.monotonic()
            stream = service.stream(receiver.url(), startFrom=middle, batch={"events": 10_000, "bytes": 8 << 20})
            service.wait_active(stream)
            # A fixed part of it, so that a long log takes no longer than a short one.
            while receiver.stats()["events"] < 5_000_000 and time.monotonic() < start + 20:
                if (books := service.state(stream)["accounting"])["pending"] == 0 and books["in"] > 0:
                    break
                time.sleep(0.1)
            events, took, used = receiver.stats()["events"], time.monotonic() - start, cpu.used()["total"]
            rows.append({"gigabytes": service.log_bytes / 1e9, "opened_s": opened, "log_opened_s": read["openSeconds"],
                         "read_per_s": read["readPerSecond"], "drained": events, "drained_per_s": events / took,
                         "drain_cpu_us": 1e6 * used / max(events, 1), "rss_mb": resident_mb(service.pid)})
            service.api("DELETE", f"/v1/streams/{stream}")
        print(rows[-1], file=sys.stderr)
    return rows


def _middle(rounds, key):
    clean = [r for r in rounds if not r["disturbed"]] or rounds
    return sorted(r[key] for r in clean)[len(clean) // 2]
