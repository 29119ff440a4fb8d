"""Rounds: alternating, disturbed ones told apart, counted and repeated; medians and spread of the rest."""
import statistics

from load import Load, errors
from machine import FULL_LOAD, OTHERS, STEAL, Cpu, settle

# So many more rounds may replace disturbed ones, as a share of those that were asked for.
REPEATED = 1.0


def disturbance(cpu, known):
    """What disturbed a round in which these processes were ours, too (`stolen`, `others` or None), and the figures that say so."""
    stolen, others, kernel = cpu.beside(known)
    return {"disturbed": "stolen" if stolen > STEAL else "others" if others > OTHERS else None,
            "stolen": stolen, "others": others, "kernel_s": kernel}


def measure(server, traffic, saturating=True, receiver=None, **options):
    """One run of the load against a server: its result with the server's CPU time for each answer.

    What the server puts off until the load is over is counted, too. A `receiver` that takes deliveries meanwhile counts from the same
    moment. The round was disturbed when the hypervisor or others took CPU time, or, with `saturating`, when neither side was busy: then
    something unseen held both up.
    """
    with Load(server.port, traffic, **options) as load:
        load.begin()
        if receiver:
            receiver.tell("clear")
        cpu, beside = Cpu(server.pids), Cpu([receiver.process.pid] if receiver else [], alone=False)
        result = load.end()
        used, receiving = cpu.used()["total"], beside.used()["total"]
        found = disturbance(cpu, [load.process.pid, *beside.pids])
        settle(server.pids)
        all_of_it = cpu.used()
    each = 1e6 / max(result["requests"], 1)
    result |= found | {
        "cpu_us": all_of_it["total"] * each, "loops_us": all_of_it["loops"] * each, "rest_us": all_of_it["rest"] * each,
        "later_us": (all_of_it["total"] - used) * each, "kernel_us": found["kernel_s"] * each,
        "share": used / result["seconds"], "receiver_share": receiving / result["seconds"], "errors": errors(result)}
    if saturating and max(result["share"], result["load"]) < FULL_LOAD:
        result["disturbed"] = result["disturbed"] or "throttled"
    return result


class Series:
    """The rounds of one contender."""

    def __init__(self, name):
        self.name = name
        self.rounds = []

    @property
    def clean(self):
        return [result for result in self.rounds if not result["disturbed"]]

    @property
    def used(self):
        """The rounds that figures come from: all of them if none was left alone."""
        return self.clean or self.rounds

    def median(self, key):
        return statistics.median(result[key] for result in self.used)

    def spread(self, key):
        values = [result[key] for result in self.used]
        return min(values), max(values)

    def row(self):
        """What a report keeps: medians, the spread of the cost, how many rounds there were, and every round."""
        keys = [key for key, value in self.used[0].items() if isinstance(value, (int, float)) and not isinstance(value, bool)]
        return {"server": self.name, "clean": len(self.clean), "disturbed": len(self.rounds) - len(self.clean),
                **{key: self.median(key) for key in keys}, "errors": sum(result["errors"] for result in self.rounds),
                "spread": {key: self.spread(key) for key in ("cpu_us", "rate", "p99_ms") if key in keys}, "rounds": self.rounds}


def alternate(contenders, rounds):
    """Runs the contenders in turn, so many rounds and as many more as were disturbed, up to a bound.

    A round is disturbed as a whole, so that ratios compare what ran beside each other. Returns a `Series` by name.
    """
    series = {name: Series(name) for name in contenders}
    done = extra = 0
    while done < rounds:
        found = {name: run() for name, run in contenders.items()}
        reason = next((result["disturbed"] for result in found.values() if result["disturbed"]), None)
        for name, result in found.items():
            series[name].rounds.append(result | {"disturbed": reason, "own_disturbance": result["disturbed"]})
        if reason and extra < rounds * REPEATED:
            extra += 1
            continue
        done += 1
    return series


def ratio(series, base, key):
    """The median over the rounds of one contender's figure to another's in the same round, and its spread."""
    both = [pair for pair in zip(series.rounds, base.rounds) if not pair[0]["disturbed"]] or list(zip(series.rounds, base.rounds))
    values = sorted(one[key] / other[key] for one, other in both if other[key])
    return {"median": statistics.median(values), "least": values[0], "most": values[-1]} if values else None
