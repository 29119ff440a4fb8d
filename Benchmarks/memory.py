"""Resident memory of the service: idle, with tables, links, streams and connections."""
import json
import os
import resource
import socket
import subprocess
import time

import links
import machine
from delivery import Tenants
from load import HERE, Receiver
from servers import DOMAIN, Service, made


def run(bench):
    report = {}
    with Service(bench.binary, bench.folder, "memory-bare", bare=True, tables_directory=empty_tables(bench.folder)) as service:
        report["idle, tables empty"] = _settled(service)
    with Service(bench.binary, bench.folder, "memory", links=0) as service:
        report["idle, with tables"] = _settled(service)
        report["10,000 idle connections"] = idle_connections(service)
    for count in (10_000, 1_000_000):
        with Service(bench.binary, bench.folder, f"memory-{count}", links=0) as service:
            pass
        links.fill(service.data, DOMAIN, 0, count)
        with Service(bench.binary, bench.folder, f"memory-{count}", bare=True) as service:
            report[f"{count:,} links"] = _settled(service)
    for count in (1, 100, 1000) if bench.long else (1, 100):
        with Receiver() as receiver, Service(bench.binary, bench.folder, f"memory-streams-{count}", links=0) as service:
            Tenants(service, count).streams(lambda n: receiver.url())
            report[f"{count:,} streams"] = _settled(service)
    return report


EMPTY_COUNTRIES = """
import sys
from mmdb_writer import MMDBWriter
from netaddr import IPSet
writer = MMDBWriter(6, "countries", ipv4_compatible=True)
writer.insert_network(IPSet(["192.0.2.0/24"]), {"country": {"iso_code": "US"}})
writer.to_db_file(sys.argv[1])
"""


def empty_tables(folder):
    """Tables with next to nothing in them: the service does not start without any."""
    tables = os.path.join(HERE, "../.data/tables")
    folder = made(folder, "empty-tables")
    at = lambda name: os.path.join(folder, name)
    with open(os.path.join(tables, "user-agents.json")) as f:
        patterns = {name: [] for name in json.load(f)}
    for name, text in (("user-agents.json", json.dumps(patterns)), ("crawlers.json", "[]"), ("public_suffix_list.dat", "com\n")):
        with open(at(name), "w") as f:
            f.write(text)
    subprocess.run([os.path.join(HERE, "../.data/venv/bin/python"), "-c", EMPTY_COUNTRIES, at("country.mmdb")], check=True)
    return folder


def _settled(service):
    time.sleep(1.5)
    return machine.memory(service.pid)


def idle_connections(service, count=10_000):
    """Memory with so many connections that have had an answer each and are kept."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    request = f"HEAD /l1 HTTP/1.1\r\nHost: {DOMAIN}\r\nUser-Agent: bench\r\n\r\n".encode()
    held = []
    try:
        for _ in range(count):
            one = socket.create_connection(("127.0.0.1", service.port), 10)
            one.sendall(request)
            one.recv(4096)
            held.append(one)
        return _settled(service)
    finally:
        for one in held:
            one.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
