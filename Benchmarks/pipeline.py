"""The whole way of a click, from the request to the delivered batch: what it costs, and how long it takes at a fixed rate."""
import time

from load import Load, Receiver, Traffic, errors
from machine import Cpu, settle
from rounds import Series, alternate, disturbance, measure, ratio
from servers import Nginx, Service, SyslogNg

OURS = "clickstream, synced, one stream"
RATE = 20_000


class Pipeline:
    """A contender: who takes clicks, all processes that count, and what they deliver to."""

    def __init__(self, name, entrance, servers, receiver):
        self.name, self.entrance, self.servers, self.receiver = name, entrance, servers, receiver

    @property
    def pids(self):
        return [pid for server in self.servers for pid in server.pids]

    def round(self, traffic, seconds, connections, rate):
        """Sends clicks, waits until the last of them is delivered, and counts both ends."""
        self.receiver.tell("clear")
        cpu, beside = Cpu(self.pids), Cpu([self.receiver.process.pid], alone=False)
        with Load(self.entrance.port, traffic, connections=connections, seconds=seconds, rate=rate) as load:
            load.begin()
            start = time.monotonic()
            result = load.end()
            delivered = self._await(result["answered_ever"])
            took = time.monotonic() - start
            found = disturbance(cpu, [load.process.pid, self.receiver.process.pid])
            settle(self.pids)
        used, receiving = cpu.used(), beside.used()["total"]
        each = 1e6 / max(delivered, 1)
        return result | {
            "delivered": delivered, "lost": result["answered_ever"] - delivered, "drained_s": took - result["seconds"],
            "cpu_us": used["total"] * each, "loops_us": used["loops"] * each,
            "entrance_us": each * sum(used["by_pid"].get(pid, 0) for pid in self.entrance.pids),
            "receiver_share": receiving / took, "errors": errors(result),
            "delivered_per_s": delivered / took,
        } | found

    def _await(self, count, patience=4):
        """Until so many events are there, or nothing more has come for a while."""
        last, since = -1, time.monotonic()
        while True:
            events = int(self.receiver.stats()["events"])
            if events >= count:
                # One more would be one too many: it would come now.
                time.sleep(0.2)
                return int(self.receiver.stats()["events"])
            if events != last:
                last, since = events, time.monotonic()
            if time.monotonic() - since > patience:
                return events
            time.sleep(0.05)


def cost(bench):
    """CPU per click of all processes but load and receiver: at full speed, and at a fixed rate."""
    traffic, rows = Traffic(bench.folder), []
    with Receiver() as ours, Receiver() as theirs, Service(bench.binary, bench.folder, "pipeline") as service:
        service.wait_active(service.stream(ours.url()))
        pipelines = [Pipeline(OURS, service, [service], ours)]
        for name, how in (("nginx + syslog-ng, tailing the log", "tail"), ("nginx + syslog-ng, over a socket", "socket")):
            if not SyslogNg.is_installed():
                break
            collector = SyslogNg(bench.folder, how, theirs.url())
            nginx = Nginx(bench.folder, f"pipeline-{how}", log=collector.nginx_log)
            collector.follow(nginx)
            pipelines.append(Pipeline(name, nginx, [nginx, collector], theirs))
        try:
            for how, connections, rate in (("256 connections, as fast as it goes", 256, 0), (f"{RATE:,} clicks/s", 256, RATE)):
                # The socket loses what syslog-ng has no time for: it is shown at the fixed rate only.
                contenders = {
                    p.name: lambda p=p: p.round(traffic, bench.seconds, connections, rate)
                    for p in pipelines if rate or "socket" not in p.name}
                series = alternate(contenders, max(3, bench.rounds // 2))
                base = pipelines[1].name if len(pipelines) > 1 else OURS
                rows += [found.row() | {
                    "load_kind": how, "cpu_ratio": ratio(found, series[base], "cpu_us"), "lost": sum(r["lost"] for r in found.rounds),
                    "delivered": sum(r["delivered"] for r in found.rounds)} for found in series.values()]
        finally:
            for pipeline in pipelines[1:]:
                for server in pipeline.servers:
                    server.stop()
    return rows


def latency(bench):
    """At a fixed rate, open loop, one stream: how long a redirect takes, and how long until the click is delivered."""
    traffic, rows = Traffic(bench.folder), []
    for wait in (1, 0):
        with Receiver() as receiver, Service(bench.binary, bench.folder, f"latency-{wait}") as service:
            service.wait_active(service.stream(receiver.url("/timed"), batch={"seconds": wait}))
            series = Series(f"batches of {wait} s")
            for _ in range(max(3, bench.rounds // 2)):
                result = measure(service, traffic, saturating=False, receiver=receiver,
                                 connections=256, seconds=2 * bench.seconds, rate=RATE, warm=1)
                time.sleep(wait + 0.5)
                found = receiver.stats()
                series.rounds.append(result | {"timed": found["timed"]} | {
                    f"delivered_{name}": found[name] for name in ("p50_ms", "p99_ms", "p999_ms")})
            rows.append(series.row() | {"batch_seconds": wait, "recorded": service.recorded, "shed": service.shed})
    return rows
