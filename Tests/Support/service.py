"""A service of one's own for a check: on free ports, in a folder that goes with it."""
import contextlib
import pathlib
import re
import subprocess
import sys
import tempfile
import time

LISTENS = re.compile(r"port=(\d+)[^\n]*the control port listens|the control port listens[^\n]*port=(\d+)")


@contextlib.contextmanager
def running(binary, *options):
    """Runs `serve`; gives the API's address, the admin key and the folder. A service that ends badly ends the check."""
    with tempfile.TemporaryDirectory() as folder:
        log = pathlib.Path(folder, "service.log")
        with log.open("w") as output:
            process = subprocess.Popen(
                [binary, "serve", "--data-directory", f"{folder}/data", "--edge-port", "0", "--control-port", "0",
                 *options],
                stdout=output, stderr=output)
        try:
            port = wait(process, log)
            key = pathlib.Path(folder, "data", "admin.key").read_text().strip()
            yield f"http://127.0.0.1:{port}", key, folder
        finally:
            process.terminate()
            try:
                code = process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                code = process.wait()
        if code != 0:
            sys.exit(f"the service ended with {code}:\n{log.read_text()[-4000:]}")


def wait(process, log):
    """The control port, once it listens."""
    for _ in range(600):
        found = LISTENS.search(log.read_text())
        if found:
            return found[1] or found[2]
        if process.poll() is not None:
            break
        time.sleep(0.1)
    process.kill()
    sys.exit(f"the service did not start:\n{log.read_text()}")
