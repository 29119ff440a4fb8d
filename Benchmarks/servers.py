"""The servers that are measured: each is started in a folder of its own on the server's core, and stopped by its process id."""
import contextlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import time
import urllib.request

from machine import SERVER_CORE

HERE = os.path.dirname(os.path.abspath(__file__))
DOMAIN = "go.bench.test"
DESTINATION = "https://www.example.com/landing/{n}?utm_source=bench&utm_medium=cpc"
BULK = 25


def free_port():
    """A port that nobody listens on, below those that outgoing connections and others' `bind` to 0 take."""
    while True:
        port = random.randrange(15_000, 32_000)
        with contextlib.suppress(OSError), socket.socket() as s:
            s.bind(("127.0.0.1", port))
            return port


class Server:
    """A process and those it started, pinned to a core."""

    def __init__(self, folder, command, core=SERVER_CORE, env=None, output=subprocess.DEVNULL):
        self.folder = folder
        self.process = subprocess.Popen(["taskset", "-c", core, *command], env=env, stdout=output, cwd=folder,
                                        stderr=open(os.path.join(folder, "log"), "ab"))

    @property
    def pid(self):
        return self.process.pid

    @property
    def pids(self):
        children = subprocess.run(["pgrep", "-P", str(self.pid)], capture_output=True, text=True).stdout.split()
        return [self.pid, *map(int, children)]

    def wait_for(self, port, seconds=60):
        """Waits until the port is listened on; ends the run when the server has ended instead."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                return
            time.sleep(0.02)
        self.stop()
        with open(os.path.join(self.folder, "log"), errors="replace") as f:
            raise SystemExit(f"{type(self).__name__} does not listen on port {port}: {f.read()[-500:]}")

    def stop(self, seconds=30):
        pids = self.pids if self.process.poll() is None else []
        if not pids:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def made(*parts):
    """A folder, made if it isn't there."""
    path = os.path.join(*parts)
    os.makedirs(path, exist_ok=True)
    return path


def filled(folder, name, **values):
    """A file of Benchmarks/peers with its @NAMES@ filled in, put into the folder."""
    with open(os.path.join(HERE, "peers", name)) as f:
        text = f.read()
    for _ in range(2):
        for key, value in values.items():
            text = text.replace(f"@{key}@", str(value))
    path = os.path.join(folder, name)
    with open(path, "w") as f:
        f.write(text)
    return path


class Nginx(Server):
    """nginx with one worker: `return 302`, and a JSON access log where `log` says how."""

    LOGGED = "access_log @FOLDER@/access.log clicks buffer=64k;"
    SILENT = "access_log off;"

    def __init__(self, folder, name, log=LOGGED, more="", load_modules=""):
        folder = made(folder, name)
        self.port = free_port()
        self.log = os.path.join(folder, "access.log")
        path = filled(folder, "nginx.conf", MODULES=load_modules, SERVER=f"{log} {more}\n        location / {{ return 302 "
                      f"{DESTINATION.format(n=1)}; }}", FOLDER=folder, PORT=self.port)
        super().__init__(folder, ["nginx", "-p", folder, "-c", path])
        self.wait_for(self.port)
        time.sleep(0.2)


class Haproxy(Server):
    """haproxy with one thread, a line of JSON for each request to a file."""

    @staticmethod
    def is_installed():
        return shutil.which("haproxy")

    def __init__(self, folder):
        folder = made(folder, "haproxy")
        self.port = free_port()
        path = filled(folder, "haproxy.cfg", PORT=self.port, DESTINATION=DESTINATION.format(n=1))
        self.log = open(os.path.join(folder, "access.log"), "wb")
        super().__init__(folder, ["haproxy", "-db", "-f", path], output=self.log)
        self.wait_for(self.port)


class Caddy(Server):
    """caddy, with its JSON access log."""

    @staticmethod
    def is_installed():
        return shutil.which("caddy")

    def __init__(self, folder):
        folder = made(folder, "caddy")
        self.port = free_port()
        path = filled(folder, "Caddyfile", PORT=self.port, FOLDER=folder, DESTINATION=DESTINATION.format(n=1))
        super().__init__(folder, ["caddy", "run", "--config", path, "--adapter", "caddyfile"], env=os.environ | {"HOME": folder})
        self.wait_for(self.port)


class SyslogNg(Server):
    """syslog-ng, which takes nginx's log lines (`how`: it tails the file, or listens on a socket) and delivers them in batches."""

    @staticmethod
    def is_installed():
        return shutil.which("syslog-ng")

    def __init__(self, folder, how, url):
        self.home = made(folder, f"syslog-ng-{how}")
        self.how, self.url = how, url
        socket_path = os.path.join(self.home, "socket")
        if how == "socket":
            self.nginx_log = f"access_log syslog:server=unix:{socket_path},nohostname,tag=n clicks;"
            self.source = f'unix-dgram("{socket_path}" so-rcvbuf(8388608) log-fetch-limit(5000) log-iw-size(100000));'
            self._start()
        else:
            self.nginx_log = "access_log @FOLDER@/access.log clicks buffer=64k flush=1s;"

    def follow(self, nginx):
        """Begins to tail nginx's log, where that is how."""
        if self.how == "tail":
            self.source = f'file("{nginx.log}" flags(no-parse) follow-freq(0.1) log-fetch-limit(5000) log-iw-size(100000));'
            self._start()

    def _start(self):
        path = filled(self.home, "syslog-ng.conf", SOURCE=self.source, URL=self.url, FOLDER=self.home)
        at = lambda name: os.path.join(self.home, name)
        super().__init__(self.home, ["syslog-ng", "--foreground", "--no-caps", "--worker-threads=1", "-f", path, "-R", at("persist"),
                                     "-p", at("pid"), "-c", at("control")])
        deadline = time.monotonic() + 20
        while not os.path.exists(at("control")):
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise SystemExit("syslog-ng did not start: see " + os.path.join(self.home, "log"))
            time.sleep(0.05)
        time.sleep(0.3)


class Service(Server):
    """clickstream, with a domain and links. Settings are configuration keys: `capture_durability="buffered"`."""

    def __init__(self, binary, folder, name, links=1000, port=None, core=SERVER_CORE, bare=False, **settings):
        self.data = made(folder, name)
        self.port, self.control = port or free_port(), free_port()
        settings = {
            "edge_host": "127.0.0.1", "edge_port": self.port, "edge_trusted_proxies": "127.0.0.1/32", "control_port": self.control,
            "control_rate_limit": 0, "data_directory": self.data, "admin_key": "bench", "delivery_allowed_networks": "127.0.0.0/8",
        } | settings
        env = {key: value for key, value in os.environ.items() if not key.startswith("CLICKSTREAM_")}
        env |= {f"CLICKSTREAM_{key.upper()}": str(value) for key, value in settings.items()}
        started = time.monotonic()
        super().__init__(self.data, [os.path.abspath(binary), "serve"], core=core, env=env)
        self.wait_for(self.control, 120)
        self.wait_for(self.port)
        self.started_in = time.monotonic() - started
        if bare:
            return
        if not self.api("GET", "/v1/domains"):
            self.api("POST", "/v1/domains", {"fullName": DOMAIN})
        for first in range(0, links, BULK):
            self.api("PUT", "/v1/links", [
                {"slashtag": f"l{n}", "domain": {"fullName": DOMAIN}, "destination": DESTINATION.format(n=n)}
                for n in range(first, min(first + BULK, links))])

    def api(self, method, path, body=None):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.control}{path}", method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"apikey": "bench", "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text.strip() else None

    def stream(self, endpoint, workspace=None, **more):
        """Orders a stream; waits until it is active; returns its id."""
        where = f"?workspace={workspace}" if workspace else ""
        id = self.api("POST", f"/v1/streams{where}", {
            "endpoint": endpoint, "method": "POST", "authentication": {"header": "X-Key", "value": "bench"}} | more)["id"]
        return id

    def state(self, stream, workspace=None):
        return self.api("GET", f"/v1/streams/{stream}" + (f"?workspace={workspace}" if workspace else ""))

    def wait_active(self, stream, workspace=None, seconds=60):
        deadline = time.monotonic() + seconds
        while (state := self.state(stream, workspace))["status"] not in ("active", "failing"):
            if time.monotonic() > deadline:
                raise SystemExit(f"not active: {state}")
            time.sleep(0.1)

    def wait_drained(self, stream, seconds=120, every=0.02):
        """Waits until nothing is pending; returns the stream's accounting."""
        deadline = time.monotonic() + seconds
        while True:
            state = self.state(stream)
            books = state["accounting"]
            if state["status"] == "active" and books["in"] > 0 and books["pending"] == 0:
                return books
            if time.monotonic() > deadline:
                raise SystemExit(f"the stream was not drained: {state}")
            time.sleep(every)

    def metric(self, name):
        """The sum of a metric over its labels."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.control}/metrics", timeout=30) as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.split("{")[0].split(" ")[0] == name)

    @property
    def recorded(self):
        return int(self.metric("clickstream_clicks_recorded_total"))

    @property
    def shed(self):
        return int(self.metric("clickstream_clicks_shed_total"))

    @property
    def log_bytes(self):
        """What the log takes on disk: every file of it, but for the write-ahead log's fixed size."""
        names = [name for name in os.listdir(self.data) if name.startswith(("log.db", "journal", "log."))]
        paths = [os.path.join(self.data, name) for name in names if not name.endswith(("-wal", "-shm"))]
        return sum(os.path.getsize(path) for path in paths)
