#!/usr/bin/env python3
"""Runs docs/set-up-a-stream.md as it stands: its commands, in order, and what they say.

    walk.py PATH-TO-clickstream [--verbose]

A block ```sh is typed into one shell; ```sh service and ```sh receiver into terminals of their own, the later one
of a name after the former was stopped; ```sh fails has to fail. Every line of a block ```text has to come in what the
shell said last (```text receiver: the receiver), in this order; ... stands for anything. Only the ports and the folder
are others. Exit status 1 if something is otherwise.
"""
import argparse, os, re, signal, socket, subprocess, sys, tempfile, time
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs/set-up-a-stream.md"
PATIENCE = 10  # seconds


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return str(taken.getsockname()[1])


class Terminal:
    """A command that goes on, and the file of what it says."""

    def __init__(self, command, folder, environment, name):
        self.path = Path(folder) / f".{name}-said"
        self.file = open(self.path, "wb")
        self.process = subprocess.Popen(["bash", "-c", f"exec {command}"], cwd=folder, env=environment, stdout=self.file, stderr=subprocess.STDOUT)

    def said(self): return self.path.read_text(errors="replace")

    def stop(self):
        if self.process.poll() is None: self.process.send_signal(signal.SIGINT)
        self.process.wait(20)
        self.file.close()


def missing_line(expected, said):
    """The first expected line that doesn't come; None when all do."""
    lines, place = said.splitlines(), 0
    for line in expected.strip().splitlines():
        pattern = re.compile(" *".join(".*".join(map(re.escape, word.split("..."))) for word in re.split(" +", line.strip())))
        place = next((number + 1 for number in range(place, len(lines)) if pattern.match(lines[number].strip())), None)
        if place is None: return line
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary")
    parser.add_argument("--verbose", action="store_true", help="show what the commands say")
    options = parser.parse_args()
    ports = {port: free_port() for port in ("8080", "8081", "9000", "9001")}
    terminals, said, began, commands, waited = {}, "", time.monotonic(), 0, 0

    with tempfile.TemporaryDirectory(prefix="clicks-") as folder:
        programs = Path(folder) / ".bin"
        programs.mkdir()
        # By a script: the program finds its tables beside itself.
        (programs / "clickstream").write_text(f'#!/bin/sh\nexec "{Path(options.binary).resolve()}" "$@"\n')
        (programs / "clickstream").chmod(0o755)
        environment = os.environ | {"PATH": f"{programs}:{os.environ['PATH']}", "CLICKSTREAM_EDGE_PORT": ports["8080"],
                                    "CLICKSTREAM_CONTROL_PORT": ports["8081"], "CLICKSTREAM_URL": f"http://127.0.0.1:{ports['8081']}"}
        environment.pop("CLICKSTREAM_KEY", None)

        def fail(sentence):
            print(f"WRONG  {sentence}\n--- it said:\n{said}")
            for name, terminal in terminals.items(): print(f"--- {name}:\n{terminal.said()}")
            sys.exit(1)

        shell = ""  # What sets variables is typed again before the next block.
        try:
            for kind, words, text in re.findall(r"(?m)^```(sh|text)(.*)\n((?:.*\n)*?)```$", PAGE.read_text()):
                words = words.strip()
                for port, other in ports.items(): text = re.sub(rf"\b{port}\b", other, text)
                if kind == "sh" and words in ("service", "receiver"):
                    if words in terminals: terminals[words].stop()
                    terminals[words] = Terminal(text.strip(), folder, environment, words)
                    commands += 1
                    time.sleep(1)
                    if terminals[words].process.poll() is not None: fail(f"{words} ended: {text}")
                elif kind == "sh":
                    done = subprocess.run(["bash", "-c", shell + "set -eo pipefail\n" + text], cwd=folder, env=environment, capture_output=True, text=True, timeout=60)
                    shell += "".join(line + "\n" for line in text.splitlines() if re.match(r"[A-Z]+=", line))
                    said = done.stdout + "\n" + done.stderr
                    commands += len(text.strip().splitlines())
                    if options.verbose: print(f"$ {text}{said}")
                    if (done.returncode != 0) != (words == "fails"): fail(f"ended with {done.returncode}: {text}")
                else:
                    until = time.monotonic() + PATIENCE
                    while (line := missing_line(text, terminals[words].said() if words else said)) and words and time.monotonic() < until: time.sleep(0.1)
                    if line: fail(f"no such line: {line}")
        finally:
            for terminal in reversed(terminals.values()): terminal.stop()
        for name, terminal in terminals.items():
            if terminal.process.returncode != 0: fail(f"{name} ended with {terminal.process.returncode}")
    print(f"ok     {PAGE.name}: {commands} commands in {time.monotonic() - began:.1f} s, each as the page says")


if __name__ == "__main__":
    main()
