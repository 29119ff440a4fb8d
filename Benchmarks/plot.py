#!/usr/bin/env python3
"""Draws docs/performance.svg from a kept result: what a click costs by server, and how that grows.

    Benchmarks/plot.py .data/bench.json docs/performance.svg

The same result gives the same bytes. Needs matplotlib (scripts/setup --bench).
"""
import json
import sys

import matplotlib

matplotlib.use("svg")
# Text stays text: smaller, and it can be searched. Names of parts within the file don't change from run to run.
matplotlib.rcParams |= {"svg.hashsalt": "clickstream", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 9,
                        "axes.spines.top": False, "axes.spines.right": False}
import matplotlib.pyplot as plt  # noqa: E402

# Told apart by those who don't see all colours, too (Okabe and Ito's palette), and by their lightness.
OURS, OTHERS, REST = "#0072B2", "#999999", "#56B4E9"


def label(row):
    return f"{row['server'].removesuffix(', one stream')}, {row['connections']}" if "connections" in row else row["server"]


def bars(axis, title, rows):
    """CPU per click by server, with the spread over the rounds; our event loops' part darker."""
    for place, row in enumerate(reversed(rows)):
        least, most = row["spread"]["cpu_us"]
        loops = row.get("loops_us") or 0
        isOurs = row["server"].startswith("clickstream")
        axis.barh(place, row["cpu_us"], color=REST if isOurs else OTHERS,
                  xerr=[[row["cpu_us"] - least], [most - row["cpu_us"]]], error_kw={"ecolor": "#444444", "elinewidth": 0.8, "capsize": 2})
        if isOurs:
            axis.barh(place, loops, color=OURS)
        axis.text(0.15, place, f"{row['cpu_us']:.1f}", va="center", color="white" if loops else "black", fontsize=8)
    axis.set_yticks(range(len(rows)), [label(row) for row in reversed(rows)])
    axis.set_title(title, loc="left", fontsize=9, fontweight="bold")


def line(axis, title, rows, x, y="cpu_us", xlabel=None, ylabel="CPU, us"):
    axis.plot([row[x] for row in rows], [row[y] for row in rows], marker="o", markersize=3.5, color=OURS, linewidth=1.3)
    axis.set_xscale("log")
    axis.minorticks_off()
    axis.set_ylim(0, 1.1 * max(row[y] for row in rows))
    axis.set_title(title, loc="left", fontsize=9, fontweight="bold")
    axis.set_xlabel(xlabel or x, fontsize=8)
    axis.set_ylabel(ylabel, fontsize=8)


def main():
    with open(sys.argv[1]) as f:
        parts = {name: part["measured"] for name, part in json.load(f)["parts"].items()}
    panels = []
    if "head" in parts:
        panels.append(lambda a: bars(a, "redirect alone, CPU us a request (dark: event loops)", parts["head"]))
    if "redirect" in parts:
        panels.append(lambda a: bars(a, "redirect and record, by connections: us", parts["redirect"]["rows"]))
    if "pipeline" in parts:
        rows = [row for row in parts["pipeline"] if "fast" in row["load_kind"]]
        panels.append(lambda a: bars(a, "from request to delivered batch: us a click", rows))
    if "growth-rates" in parts:
        # Below this a click pays for a commit of its own, and the curve would show nothing else.
        busy = [row for row in parts["growth-rates"] if row["rate"] >= 1000]
        panels.append(lambda a: line(a, "by rate: CPU per click", busy, "rate", xlabel="clicks/s"))
    if "growth-connections" in parts:
        panels.append(lambda a: line(a, "by busy connections: CPU per click", parts["growth-connections"]["rows"], "connections"))
    if "growth-links" in parts:
        panels.append(lambda a: line(a, "by links: CPU per look-up (HEAD)", parts["growth-links"], "links"))
    if "growth-streams" in parts:
        panels.append(lambda a: line(a, "by streams, 2,000 clicks/s: CPU per click", parts["growth-streams"], "streams"))
    if "growth-rates" in parts:
        panels.append(lambda a: line(a, "by rate: bytes of log per event", parts["growth-rates"], "rate", "log_bytes_per_event", "clicks/s", "bytes"))
    if not panels:
        raise SystemExit("nothing to draw: run make bench first")
    count = (len(panels) + 1) // 2
    figure, axes = plt.subplots(count, 2, figsize=(11, 2.6 * count), layout="constrained")
    for axis, panel in zip(axes.flat, panels):
        panel(axis)
    for axis in axes.flat[len(panels):]:
        axis.remove()
    figure.savefig(sys.argv[2], metadata={"Date": None, "Creator": None})
    print(f"{sys.argv[2]}: drawn from {sys.argv[1]}")


if __name__ == "__main__":
    main()
