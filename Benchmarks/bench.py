#!/usr/bin/env python3
"""Measures the service beside its peers, in one run, as ratios.

    Benchmarks/bench.py PATH-TO-clickstream [--rounds N] [--seconds S] [--only NAME ...] [--long] [--json FILE]

The server under test runs on one core, load and receiver (`bench-load`) on the other. Rounds alternate between the contenders; rounds that
something else disturbed are told apart, counted and repeated; figures are medians, with the least and the most in parentheses. "CPU us" is the CPU
time of the server's processes divided by their answers. Everything is on loopback, in a temporary folder, and stopped at the end.

Without --only every part runs but `scale` and `links`, some twenty-five minutes; --long adds those, and what takes long of the others: ten
million links, a thousand streams, logs of 5 and 20 GB. Needs nginx, syslog-ng, haproxy and caddy (scripts/setup --bench).
"""
import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import time

import delivery
import enrichment
import growth
import links
import machine
import memory
import overload
import pipeline
import redirect
import report

PARTS = {
    "head": redirect.head, "redirect": redirect.capture, "peers": redirect.peers, "pipeline": pipeline.cost, "latency": pipeline.latency,
    "drain": delivery.drain, "isolation": delivery.isolation, "scale": delivery.scale, "links": links.run,
    "growth-links": growth.links, "growth-streams": growth.streams, "growth-connections": growth.connections, "growth-rates": growth.rates,
    "growth-log": growth.log, "retention": growth.retention, "memory": memory.run, "overload": overload.run,
    "enrich": enrichment.enrich, "agents": enrichment.agents,
}
LONG = {"scale", "links"}


class Bench:
    """What the parts are told: the binary, a folder of their own, how many rounds of how many seconds."""

    def __init__(self, options, folder):
        self.binary = os.path.abspath(options.binary)
        self.rounds, self.seconds, self.long = options.rounds, options.seconds, options.long
        self.root, self.folder = folder, folder

    def enter(self, part):
        self.folder = os.path.join(self.root, part)
        os.makedirs(self.folder)

    def leave(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--only", choices=PARTS, action="extend", nargs="+")
    parser.add_argument("--long", action="store_true", help="what takes long, too: see above")
    parser.add_argument("--json", help="keep the result, machine-readable, in this file; parts that did not run stay as they were in it")
    options = parser.parse_args()
    os.environ["PATH"] += ":/usr/sbin"
    wanted = options.only or [name for name in PARTS if options.long or name not in LONG]
    missing = [tool for tool in ("nginx", "taskset", "pgrep") if not shutil.which(tool)]
    if missing:
        raise SystemExit(f"{', '.join(missing)}: not there; run scripts/setup --bench")
    kept = {}
    if options.json and os.path.exists(options.json):
        with open(options.json) as f:
            kept = json.load(f)
    parts = kept.get("parts", {})
    print(f"Measured on {machine.describe()}, {time.strftime('%Y-%m-%d')}.\n", flush=True)
    # What was started is stopped then, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # Not beside the server that is measured.
    os.sched_setaffinity(0, {int(machine.LOAD_CORE)})
    folder = tempfile.mkdtemp(prefix="clickstream-bench-")
    # nginx started by root works as nobody, and has to reach a socket in it.
    os.chmod(folder, 0o755)
    bench = Bench(options, folder)
    try:
        for name in wanted:
            bench.enter(name)
            started = time.monotonic()
            measured = PARTS[name](bench)
            parts[name] = {
                "date": time.strftime("%Y-%m-%d"), "machine": machine.describe(), "versions": machine.versions(),
                "rounds": options.rounds, "seconds": options.seconds, "took_s": round(time.monotonic() - started, 1), "measured": measured}
            bench.leave()
            print(report.text(name, measured), flush=True)
            if options.json:
                with open(options.json + ".new", "w") as f:
                    json.dump({"parts": parts}, f, indent=1)
                os.replace(options.json + ".new", options.json)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
