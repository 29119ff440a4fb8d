"""Names that lead outside when they are looked at and inside when they are called: does anybody connect?

    unshare --net --mount python3 rebind.py PATH-TO-clickstream [NETWORKS]

Runs in network and mount namespaces of its own, as root. A DNS server here gives a public address and an inward one by turns, or both;
listeners on the inward ones count who connects. NETWORKS become `delivery.allowedNetworks`: with `127.0.0.0/8` there have to be
connections, so the count is known to work. Prints one JSON object.
"""
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

PORT, CONTROL, EDGE = 7777, 18081, 18080
PUBLIC, INWARD = "93.184.216.34", ["127.0.0.1", "10.1.2.3", "169.254.169.254"]
counts = {"queries": 0, "inward": 0, "connections": 0}
lock = threading.Lock()


def dns():
    """Answers A queries: flip-N by turns public and inward, both-N with both, in-N inward; nothing else has an address."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))
    turns = {}
    while True:
        query, peer = server.recvfrom(4096)
        end, labels = 12, []
        while query[end]:
            labels.append(query[end + 1:end + 1 + query[end]].decode())
            end += 1 + query[end]
        question = query[12:end + 5]
        name, kind = ".".join(labels), struct.unpack(">H", query[end + 1:end + 3])[0]
        addresses = []
        if kind == 1 and name.endswith(".test"):
            turn = turns[name] = turns.get(name, 0) + 1
            inward = INWARD[turn // 2 % len(INWARD)]
            addresses = {"f": [PUBLIC] if turn % 2 else [inward], "b": [PUBLIC, inward], "i": [inward]}[name[0]]
            with lock:
                counts["queries"] += 1
                counts["inward"] += any(a != PUBLIC for a in addresses)
        answer = query[:2] + struct.pack(">HHHHH", 0x8180, 1, len(addresses), 0, 0) + question
        for address in addresses:
            answer += b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 0, 4) + socket.inet_aton(address)
        server.sendto(answer, peer)


def listen(address):
    server = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((address, PORT))
    server.listen(128)
    while True:
        connection, _ = server.accept()
        with lock:
            counts["connections"] += 1
        connection.close()


def api(method, path, body=None):
    request = urllib.request.Request(
        f"http://127.0.0.1:{CONTROL}{path}", method=method, headers={"apikey": "k"},
        data=None if body is None else json.dumps(body).encode())
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"null")


def main():
    binary, networks = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""
    folder = tempfile.mkdtemp()
    with open(f"{folder}/resolv.conf", "w") as f:
        f.write("nameserver 127.0.0.1\noptions timeout:1 attempts:2\n")
    for command in (["ip", "link", "set", "lo", "up"], ["ip", "addr", "add", "10.1.2.3/32", "dev", "lo"],
                    ["ip", "addr", "add", "169.254.169.254/32", "dev", "lo"], ["ip", "route", "add", "unreachable", "default"],
                    ["mount", "--bind", f"{folder}/resolv.conf", "/etc/resolv.conf"]):
        subprocess.run(command, check=True)
    threading.Thread(target=dns, daemon=True).start()
    for address in INWARD + ["::1"]:
        threading.Thread(target=listen, args=(address,), daemon=True).start()
    env = {k: v for k, v in os.environ.items() if not k.startswith("CLICKSTREAM_")} | {
        "CLICKSTREAM_EDGE_PORT": str(EDGE), "CLICKSTREAM_EDGE_HOST": "127.0.0.1", "CLICKSTREAM_CONTROL_PORT": str(CONTROL),
        "CLICKSTREAM_DATA_DIRECTORY": f"{folder}/data", "CLICKSTREAM_ADMIN_KEY": "k", "CLICKSTREAM_DELIVERY_ALLOWED_NETWORKS": networks}
    with open(f"{folder}/log", "wb") as log:
        service = subprocess.Popen([binary, "serve"], env=env, stdout=log, stderr=log)
    try:
        for _ in range(200):
            try:
                if api("GET", "/health/ready")[0] == 200:
                    break
            except OSError:
                time.sleep(0.1)
        refused, made = 0, []
        for n in range(60):
            for kind in ("flip", "both", "in"):
                status, answer = api("POST", "/v1/streams", {
                    "endpoint": f"http://{kind}-{n}.test:{PORT}/", "method": "POST", "authentication": {"header": "X", "value": "y"}})
                refused += status == 403 and answer["errors"][0]["code"] == "AddressRefused"
                if status == 200:
                    made.append(answer["id"])
        for _ in range(10):
            for id in made:
                api("POST", f"/v1/streams/{id}/verify")
            time.sleep(0.3)
        states = [api("GET", f"/v1/streams/{id}")[1] for id in made]
        reasons = sum("address refused" in (s["statusReason"] or "") for s in states)
        active = sum(s["status"] == "active" for s in states)
    finally:
        service.terminate()
        service.wait(20)
    print(json.dumps(counts | {"refused_at_saving": refused, "saved": len(made), "refused_at_the_attempt": reasons, "active": active}))


main()
