#!/usr/bin/env python3
"""Calls the API as its description says it may be called, and as it says it may not, and holds the answers against it.

    check.py BINARY [--calls N] [--seed N]

Starts a service of its own on free ports, makes one of everything, and lets schemathesis call every operation but the live
stream, which never ends: no answer may be a server's error, have a status, content type or body that the description doesn't
have, or come without a key. Ends with 1 when one does, or when there were fewer calls than asked for.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Support"))
from service import running  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,"
    "response_headers_conformance,ignored_auth"
)


def call(base, key, method, path, body=None):
    """The JSON of an answer."""
    request = urllib.request.Request(base + path, method=method, headers={"apikey": key})
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("content-type", "application/json")
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def fill(base, key, turn):
    """Makes several of everything anew, for what was called before may have removed it; ids by the words in paths."""
    ids = {}

    def make(kind, path, body):
        ids.setdefault(kind, []).append(call(base, key, "POST", path, body)["id"])

    for number in range(3):
        make("domains", "/v1/domains", {"fullName": f"go{turn}-{number}.example.com"})
        make("tags", "/v1/tags", {"name": f"tag {turn}-{number}"})
        make("scripts", "/v1/scripts", {"name": f"script {turn}-{number}", "value": "1"})
        make("apps", "/v1/apps", {"name": f"app {turn}-{number}", "ios": "app://{path}"})
        make("keys", "/v1/keys", {"name": f"key {turn}-{number}", "scope": "reader"})
        make("plans", "/v1/plans", {"name": f"Plan {turn}-{number}", "features": ["clickstream"]})
        make("workspaces", "/v1/workspaces", {"name": f"Workspace {turn}-{number}"})
        make("streams", "/v1/streams", {
            "endpoint": "http://127.0.0.1:9/", "method": "POST", "authentication": {"header": "X", "value": "y"}})
    for number in range(12):
        make("links", "/v1/links", {
            "destination": f"https://example.com/{number}", "tags": ["a", "b"], "domain": {"id": ids["domains"][2]}})
    condition = {"and": [{"property": "req.country", "operator": "in", "values": ["ie"]}]}
    for link in ids["links"]:
        make("rules", f"/v1/links/{link}/rules", {"destination": "https://example.ie/", "condition": condition})
    return ids


def main():
    options = argparse.ArgumentParser()
    options.add_argument("binary")
    options.add_argument("--calls", type=int, default=2000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--har", help="a file for the last run's calls and answers")
    options = options.parse_args()
    with running(options.binary, "--control-rate-limit", "0", "--delivery-allowed-networks", "127.0.0.0/8") as service:
        code = run(options, *service)
    sys.exit(code)


def run(options, base, key, folder):
    """Calls the service until there were calls enough; the exit code."""
    description = json.loads(urllib.request.urlopen(base + "/openapi.json", timeout=30).read())
    operations = sum(len(path) for path in description["paths"].values()) - 1
    made, seed = 0, options.seed
    while made < options.calls:
        ids = fill(base, key, seed)
        # Calls of the phase that tries limits are many whatever is asked for.
        examples = max(2, min(60, (options.calls - made) // operations // 2))
        done = subprocess.run(
            [pathlib.Path(sys.executable).with_name("schemathesis"), "run", base + "/openapi.json",
             "-H", f"apikey: {key}", "--checks", CHECKS, "--exclude-path", "/v1/events/live",
             "--phases", "examples,coverage,fuzzing", "--max-examples", str(examples), "--seed", str(seed),
             "--continue-on-failure", "--warnings", "off", "--suppress-health-check", "all",
             *(["--report", "har", "--report-har-path", options.har] if options.har else []), "--request-timeout", "60"],
            env={**os.environ, "SCHEMATHESIS_HOOKS": str(HERE / "hooks.py"), "CLICKSTREAM_IDS": json.dumps(ids),
                 "CLICKSTREAM_SEED": str(seed),
                 "COLUMNS": "160", "NO_COLOR": "1"},
            cwd=folder, capture_output=True, text=True,
        )
        calls = count(done.stdout)
        made, seed = made + calls, seed + 1
        if done.returncode != 0 or calls == 0:
            print(done.stdout[-20000:], done.stderr[-4000:])
            return 1
    print(f"ok: {made} calls of {operations} operations, no server's error, nothing beside the description")
    return 0


def count(output):
    """How many calls a run made, as its summary says."""
    found = re.search(r"Test cases:\s*\n?\s*(\d[\d,]*) generated", output) or re.search(r"(\d[\d,]*) generated", output)
    return int(found[1].replace(",", "")) if found else 0


if __name__ == "__main__":
    main()
