"""Enrichment alone: the command over pipes, and user agents against ua-parser."""
import json
import os
import random
import subprocess
import tempfile
import time

from load import HERE, user_agents
from machine import SERVER_CORE

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


def enrich(bench, count=200_000):
    """`clickstream enrich` over pipes: parse a raw request, enrich, encode."""
    agents = [agent for agent, _ in user_agents()]
    lines = "".join(
        json.dumps({
            "timestamp": "2026-11-23T10:00:00Z", "url": "https://go.acme.com/spring", "ip": f"8.8.{n % 251}.{n % 241}",
            "headers": {"user-agent": agents[n % len(agents)], "accept-language": "pt-BR,pt;q=0.9",
                        "referer": "https://m.facebook.com/"},
            "route": {"id": "a", "slashtag": "spring", "destination": "https://www.example.com/?a=b"}}) + "\n"
        for n in range(count))
    start = time.monotonic()
    done = subprocess.run(["taskset", "-c", SERVER_CORE, bench.binary, "enrich"], input=lines.encode(), capture_output=True)
    took = time.monotonic() - start
    out = done.stdout.count(b"\n")
    if done.returncode != 0 or out != count:
        raise SystemExit(f"enrich gave {out} of {count} events: {done.stderr[:300]!r}")
    return {"events": count, "seconds": took, "events_per_s": count / took}


def agents(bench):
    """User agents understood, ours against ua-parser with its engine in Rust, over the same lines on the same core."""
    weighted = user_agents()
    names, weights = zip(*weighted)
    visits = random.Random(1).choices(names, weights, k=50_000) + list(names)
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8", dir=bench.folder) as lines:
        lines.write("".join(visit + "\n" for visit in visits))
        lines.flush()
        run = lambda *command: json.loads(subprocess.run(
            ["taskset", "-c", SERVER_CORE, *command], capture_output=True, check=True, text=True).stdout)
        tables, program = (os.path.join(HERE, "..", path) for path in (".data/tables", ".build/release/enrichment-benchmark"))
        ours = [run(program, tables, lines.name) for _ in range(3)]
        peer = [run(os.path.join(HERE, "../.data/venv/bin/python"), "-c", PEER, lines.name) for _ in range(3)]
    middle = lambda runs, key: sorted(run[key] for run in runs)[1]
    result = {key: middle(ours, key) for key in ours[0]}
    result["peerUncachedPerSecond"] = middle(peer, "per_second")
    result["agents"] = peer[0]["agents"]
    result["uncachedRatio"] = result["uncachedPerSecond"] / result["peerUncachedPerSecond"]
    return result
