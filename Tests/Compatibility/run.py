#!/usr/bin/env python3
"""Runs both clients, ours and others', against a service of their own: `run.py BINARY`."""
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "Support"))
from service import running  # noqa: E402


# Documented for the other API, and different here on purpose: docs/decisions/0011 says why.
DIFFERENT = {
    "key-in-query": "a key in a URL ends up in logs: headers only",
    "key-in-body": "headers only",
    "workspace-in-body": "header or query only",
    "destination-missing-or-long": "destinations may be longer",
    "slashtag-invalid": "slashtags may be longer and in any script",
    "title-long": "titles may be longer",
    "links-by-slashtag": "a slashtag may be asked for in all domains",
}


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with running(sys.argv[1]) as (base, key, _):
        client = HERE / "rebrandly_client.py"
        listed = subprocess.run([sys.executable, client, "--list"], capture_output=True, text=True, check=True).stdout
        names = [line.split(":")[0] for line in listed.splitlines()]
        for name, reason in DIFFERENT.items():
            assert name in names, f"there is no check {name}"
            print(f"left out {name}: {reason}", flush=True)
        ours = subprocess.run([sys.executable, client, base, key] + [name for name in names if name not in DIFFERENT])
        others = subprocess.run([sys.executable, HERE / "independent.py", base, key])
        codes = [ours.returncode, others.returncode]
    sys.exit(1 if any(codes) else 0)


if __name__ == "__main__":
    main()
