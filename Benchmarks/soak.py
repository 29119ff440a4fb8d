#!/usr/bin/env python3
"""Hours at half the measured peak, as `make soak-steady`: memory and descriptors stay level, and nothing is lost.

    Benchmarks/soak.py PATH-TO-clickstream [--seconds N] [--retention 5GB] [--json FILE]

One stream delivers to a local receiver meanwhile, and retention by size is at work once the log is full. Ends with 1, and says why,
when resident memory rises by 1 % an hour or more, descriptors are not level, or what was answered, recorded and delivered is not the same.
"""
import argparse
import json
import os
import shutil
import signal
import statistics
import sys
import tempfile
import time

import machine
from load import Load, Receiver, Traffic, click, errors
from servers import Service

# This much of the time, at its beginning, is for caches and sessions to fill.
WARM_UP = 1 / 3
EVERY = 5


def slope(samples, key):
    """How much a figure rises an hour by least squares, as a share of its mean."""
    times, values = [s["second"] for s in samples], [s[key] for s in samples]
    rise = statistics.linear_regression(times, values).slope if len(samples) > 2 else 0
    return 3600 * rise / statistics.fmean(values)


def run(binary, folder, seconds, retention):
    samples = []
    with Receiver() as receiver, Service(binary, folder, "soak", log_retention_bytes=retention) as service:
        stream = service.stream(receiver.url("/timed"), batch={"seconds": 1})
        service.wait_active(stream)
        traffic = Traffic(folder, count=65_536)
        found = click(service.port, traffic, connections=256, seconds=5, warm=1)
        peak, before = found["rate"], found["answered_ever"]
        service.wait_drained(stream)
        receiver.tell("clear")
        with Load(service.port, traffic, connections=256, seconds=seconds, rate=peak / 2) as load:
            load.begin()
            start = time.monotonic()
            cpu, since = machine.Cpu(service.pids), start
            while (second := time.monotonic() - start) < seconds:
                samples.append({
                    "second": second, "rss_mb": machine.resident_mb(service.pid), "descriptors": machine.descriptors(service.pid),
                    "log_bytes": service.log_bytes, "pending": service.state(stream)["accounting"]["pending"], "recorded": service.recorded,
                    "share": cpu.used()["total"] / max(time.monotonic() - since, 0.01), "stolen": cpu.beside()[0]})
                cpu, since = machine.Cpu(service.pids), time.monotonic()
                time.sleep(max(0, min(EVERY, seconds - second)))
            result = load.end()
        books = service.wait_drained(stream, 600, every=0.2)
        received = receiver.stats()
        answered = int(before + result["answered_ever"])
        steady = [s for s in samples if s["second"] >= seconds * WARM_UP]
        return {
            "date": time.strftime("%Y-%m-%d"), "machine": machine.describe(), "seconds": seconds, "retention": retention,
            "peak_per_s": peak, "rate": result["rate"], "load": result, "errors": errors(result), "answered": answered,
            "recorded": service.recorded, "shed": service.shed, "books": books, "received": int(before + received["events"]),
            "delivered_p50_ms": received["p50_ms"], "delivered_p99_ms": received["p99_ms"],
            "rss_slope_per_hour": slope(steady, "rss_mb"), "rss_mb": [steady[0]["rss_mb"], steady[-1]["rss_mb"]],
            "descriptors": [min(s["descriptors"] for s in steady), max(s["descriptors"] for s in steady)],
            "descriptors_slope_per_hour": slope(steady, "descriptors"), "log_most_bytes": max(s["log_bytes"] for s in samples),
            "pending_most": max(s["pending"] for s in samples), "samples": samples}


def problems(r):
    """What did not hold, in sentences."""
    books = r["books"]
    claims = [
        (r["rss_slope_per_hour"] < 0.01, f"resident memory rises by {r['rss_slope_per_hour']:.2%} an hour"),
        (r["descriptors"][1] - r["descriptors"][0] <= 4, f"descriptors went from {r['descriptors'][0]} to {r['descriptors'][1]}"),
        (r["answered"] == r["recorded"], f"{r['answered']:,} clicks were answered, {r['recorded']:,} recorded"),
        (r["recorded"] == books["in"], f"{r['recorded']:,} clicks were recorded, {books['in']:,} came to the stream"),
        (books["in"] == books["delivered"], f"of {books['in']:,} events {books['delivered']:,} were delivered: {books}"),
        (r["received"] >= books["delivered"], f"{books['delivered']:,} events were delivered, {r['received']:,} received"),
        (r["shed"] == 0, f"{r['shed']:,} clicks were shed"),
        (r["load"]["unsent"] < 0.001 * r["load"]["requests"],
         f"{r['load']['unsent']:,.0f} requests found no connection in time: this was not half the peak (the samples' `share` and `stolen` tell "
         "whether the service or the machine was slow)"),
        (r["errors"] == 0, f"{r['errors']:,} requests got no redirect"),
    ]
    return [sentence for holds, sentence in claims if not holds]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--retention", default="5GB")
    parser.add_argument("--json")
    options = parser.parse_args()
    # What was started is stopped then, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # Not beside the server that is measured.
    os.sched_setaffinity(0, {int(machine.LOAD_CORE)})
    folder = tempfile.mkdtemp(prefix="clickstream-soak-")
    try:
        r = run(os.path.abspath(options.binary), folder, options.seconds, options.retention)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    r["problems"] = problems(r)
    if options.json:
        with open(options.json, "w") as f:
            json.dump(r, f, indent=1)
    print(f"{r['seconds']:,.0f} s at {r['rate']:,.0f} clicks/s (peak {r['peak_per_s']:,.0f}): resident {r['rss_mb'][0]:.0f} -> {r['rss_mb'][1]:.0f} MB "
          f"({r['rss_slope_per_hour']:+.2%}/h), descriptors {r['descriptors'][0]} to {r['descriptors'][1]}, log {r['log_most_bytes'] / 1e9:.2f} GB at most; "
          f"redirect p99 {r['load']['p99_ms']:.2f} ms, click to delivered p99 {r['delivered_p99_ms']:.0f} ms; "
          f"answered {r['answered']:,} = recorded {r['recorded']:,} = in {r['books']['in']:,} = delivered {r['books']['delivered']:,}; "
          f"received {r['received']:,}, shed {r['shed']:,}, at most {r['pending_most']:,} pending.")
    for sentence in r["problems"]:
        print(f"FAILED: {sentence}")
    return 1 if r["problems"] else 0


if __name__ == "__main__":
    sys.exit(main())
