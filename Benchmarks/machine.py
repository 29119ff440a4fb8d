"""What /proc tells: the CPU time of processes by thread, what else ran meanwhile, memory, descriptors."""
import os
import platform
import re
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")
# The server under test has the first core to itself, load and receiver share the second.
SERVER_CORE, LOAD_CORE = "0", "1"
# Threads of the edge's event loops, by their names' beginnings.
LOOPS = ("NIO-ELT-", "edge-")
# Of both cores' time: more than this by others, or taken by the hypervisor, and a round was disturbed.
OTHERS, STEAL = 0.05, 0.01
# A round that is to keep a side busy was disturbed when neither side got this share of its core.
FULL_LOAD = 0.85


def threads(pid):
    """Nanoseconds of CPU by thread: {(pid, thread): (name, nanoseconds)}."""
    found = {}
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            folder = f"/proc/{pid}/task/{thread}"
            try:
                with open(f"{folder}/comm") as f:
                    name = f.read().strip()
                with open(f"{folder}/schedstat") as f:
                    found[pid, thread] = name, int(f.read().split()[0])
            except OSError:
                continue  # It has just ended.
    except FileNotFoundError:
        pass
    return found


def process_seconds(pid):
    """Seconds of CPU by a process, its ended threads included, in hundredths."""
    try:
        with open(f"/proc/{pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


def everyone():
    """Seconds of CPU by process, and whether it is one of the kernel's own threads: {pid: (of the kernel, seconds)}.

    With those of its children that have ended: a build is many short ones.
    """
    found = {}
    for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
        try:
            with open(f"/proc/{pid}/stat") as f:
                fields = f.read().rsplit(")", 1)[1].split()
        except OSError:
            continue  # It has just ended.
        ended = (int(fields[13]) + int(fields[14])) / TICKS
        found[pid] = "2" in (fields[1], str(pid)), ended + sum(spent for _, spent in threads(pid).values()) / 1e9
    return found


def settle(pids, seconds=5.0):
    """Waits until these processes rest, so far as they do within the time: what they put off is theirs, and must not fall on the next."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        cpu = Cpu(pids, alone=False)
        time.sleep(0.1)
        if cpu.used()["total"] < 0.005:
            return


def stolen_ticks():
    """Ticks that the hypervisor took, and all of them, of all cores together."""
    with open("/proc/stat") as f:
        fields = [int(value) for value in f.readline().split()[1:9]]
    return fields[7], sum(fields)


class Cpu:
    """CPU time that processes use from now on; with `alone` what others use beside them, too."""

    def __init__(self, pids, alone=True):
        self.pids = list(pids)
        self.everyone = everyone() if alone else {}
        self.seconds = {pid: process_seconds(pid) for pid in self.pids}
        self.before = self._threads()
        self.ticks, self.since = stolen_ticks(), time.monotonic()

    def _threads(self):
        return {key: value for pid in self.pids for key, value in threads(pid).items()}

    def used(self):
        """Seconds: all of it, that of event loops, that of the rest, and by process."""
        loops, by_pid = 0, dict.fromkeys(self.pids, 0.0)
        for (pid, thread), (name, after) in self._threads().items():
            spent = (after - self.before.get((pid, thread), (name, 0))[1]) / 1e9
            by_pid[pid] += spent
            loops += spent if name.startswith(LOOPS) else 0
        for pid in self.pids:
            # A thread that has ended took its nanoseconds with it; the process's own sum has them, to two ticks.
            by_pid[pid] = max(by_pid[pid], process_seconds(pid) - self.seconds[pid] - 2 / TICKS)
        total = sum(by_pid.values())
        return {"total": total, "loops": loops, "rest": total - loops, "by_pid": by_pid}

    def beside(self, known=()):
        """Shares of the cores' time: what the hypervisor took, what others used beside these processes; and the kernel's seconds.

        By the processes' own clocks: ticks of a core count interrupts as anybody's. What begins and ends meanwhile shows in its parent, if
        that waits for it.
        """
        stolen, all_of_it = (after - before for after, before in zip(stolen_ticks(), self.ticks))
        kernel = others = 0.0
        for pid, (is_kernel, after) in everyone().items():
            # Threads that have ended took what was theirs with them.
            spent = max(0.0, after - self.everyone.get(pid, (is_kernel, 0.0))[1])
            if is_kernel:
                kernel += spent
            elif pid not in {*self.pids, *known, os.getpid()}:
                others += spent
        return stolen / max(all_of_it, 1), others / ((time.monotonic() - self.since) * os.cpu_count()), kernel


def status(pid, name):
    """A number of /proc/PID/status: kilobytes of VmRSS, say."""
    with open(f"/proc/{pid}/status") as f:
        return int(re.search(name + r":\s+(\d+)", f.read()).group(1))


def resident_mb(pid):
    return status(pid, "VmRSS") / 1024


def memory(pid):
    """Resident megabytes: all of them, the process's own, and those of files it has mapped, which the system can take back."""
    return {name: status(pid, field) / 1024 for name, field in (("all_mb", "VmRSS"), ("own_mb", "RssAnon"), ("files_mb", "RssFile"))}


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def size(*paths):
    """Bytes that these files take on disk."""
    return sum(os.stat(path).st_blocks * 512 for path in paths if os.path.exists(path))


def describe():
    """The machine in a line."""
    with open("/proc/cpuinfo") as f:
        model = re.search(r"model name\s*: (.*)", f.read())
    return f"{os.cpu_count()} x {model.group(1) if model else '?'}, Linux {platform.release()}"


def versions():
    """Versions of Debian's packages that are measured or measure, as far as they are installed."""
    names = ["nginx-light", "libnginx-mod-http-headers-more-filter", "syslog-ng-core", "syslog-ng-mod-http", "caddy", "haproxy",
             "wrk", "libsqlite3-0", "libzstd1", "libc6"]
    found = subprocess.run(["dpkg-query", "--show", "--showformat", "${Package} ${Version} ${db:Status-Abbrev}\n", *names],
                           capture_output=True, text=True).stdout
    return {line.split()[0]: line.split()[1] for line in found.splitlines() if line.split()[-1] == "ii"}
