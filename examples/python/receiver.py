#!/usr/bin/env python3
"""A receiver of Clickstream's batches, of nothing but Python's standard library (3.9 or later).

    python3 receiver.py --port 9000 --secret whsec_... --out batches.ndjson

It checks signatures, drops batches that come again, and keeps each batch as one line of a file:
{"id": "<webhook-id>", "events": [event, ...]}. Give --secret twice while the secret is exchanged.
Put it behind what ends TLS.

Why nothing is lost and nothing doubled: a batch's id and its events are one line, written by one
write and synced to disk before the answer. There is no moment at which one is kept and the other is
not. A crash
- before the line is whole leaves half a line, which the next start cuts off: the sender got no
  answer, and sends the batch again;
- after that, but before the answer, leaves the whole line: the batch comes again under the same id,
  which the next start has read from the file.
In a database it is the same with one transaction that inserts the id (unique) and the events.
"""

import argparse
import base64
import binascii
import collections
import hashlib
import hmac
import http.server
import json
import os
import re
import sys
import threading
import time
import zlib

TOLERANCE = 300  # seconds
LARGEST_BODY = 16 << 20
REMEMBERED_IDS = 100_000


class Refused(Exception):
    """Why a request is not taken: the status and a sentence."""


def keys(secrets):
    """The bytes behind secrets of the form whsec_ and base64."""
    if not all(s.startswith("whsec_") and len(s) > len("whsec_") for s in secrets):
        sys.exit("a secret is whsec_ and base64")
    try:
        return [base64.b64decode(s[len("whsec_") :], validate=True) for s in secrets]
    except binascii.Error:
        sys.exit("a secret is whsec_ and base64")


def verify(headers, body, keys, now):
    """Checks a request by Standard Webhooks 1.0, and returns the batch's id."""

    def header(name):
        values = headers.get_all(name, [])
        if len(values) != 1:
            raise Refused(401, f"{name} has to be there once")
        return values[0]

    batch, timestamp = header("webhook-id"), header("webhook-timestamp")
    # No dot: what is signed must not be read in two ways.
    if not re.fullmatch(r"[\x21-\x2d\x2f-\x7e]{1,256}", batch):
        raise Refused(401, "webhook-id can't be read")
    if not re.fullmatch(r"[0-9]{1,18}", timestamp) or abs(now - int(timestamp)) > TOLERANCE:
        raise Refused(401, "webhook-timestamp is not of the last five minutes")
    signed = f"{batch}.{timestamp}.".encode() + body
    wanted = [
        b"v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()) for key in keys
    ]
    sent = header("webhook-signature").encode().split(b" ")
    if not any([hmac.compare_digest(w, s) for w in wanted for s in sent]):
        raise Refused(401, "the signature is wrong")
    return batch


def plain(body, encoding):
    """A body as it was before it was compressed, which is what is signed."""
    if encoding == "":
        return body
    if encoding != "gzip":
        raise Refused(415, "only gzip is known")
    try:
        stream = zlib.decompressobj(31)
        body = stream.decompress(body, LARGEST_BODY)
    except zlib.error:
        raise Refused(400, "the body is not gzip")
    if not stream.eof:
        raise Refused(413, "the body is too large, or cut off")
    return body


def events(body):
    """The events of a body: of the envelope's data, or of a bare array (cloudevents)."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused(400, "the body is not JSON")
    if isinstance(content, dict):
        content = content.get("data")
    if not isinstance(content, list) or not all(isinstance(event, dict) for event in content):
        raise Refused(400, "the body has no list of events")
    return content


class BatchFile:
    """Batches, one a line, and the ids of those that came last."""

    def __init__(self, path):
        self.lock = threading.Lock()
        self.ids = collections.OrderedDict()
        self.file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self.end = self.read(path)
        os.ftruncate(self.file, self.end)

    def read(self, path):
        """Reads the ids; returns where the last whole line ends."""
        end = 0
        with open(path, "rb") as lines:
            for line in lines:
                if not line.endswith(b"\n"):
                    break
                self.remember(json.loads(line)["id"])
                end += len(line)
        return end

    def remember(self, batch):
        self.ids[batch] = None
        if len(self.ids) > REMEMBERED_IDS:
            self.ids.popitem(last=False)

    def keep(self, batch, events):
        """Returns when the batch is on disk; false if it came before."""
        record = json.dumps({"id": batch, "events": events}, separators=(",", ":"))
        line = record.encode() + b"\n"
        # One at a time: two copies of a batch may be on their way at once.
        with self.lock:
            if batch in self.ids:
                return False
            try:
                rest = memoryview(line)
                while rest:
                    rest = rest[os.write(self.file, rest) :]
                os.fsync(self.file)
            except OSError:
                os.ftruncate(self.file, self.end)
                raise
            self.end += len(line)
            self.remember(batch)
            return True


class Receiver(http.server.BaseHTTPRequestHandler):
    """Answers one connection's requests."""

    protocol_version = "HTTP/1.1"
    timeout = 30
    disable_nagle_algorithm = True
    keys: list
    batches: BatchFile

    def do_POST(self):
        try:
            self.answer(200, self.take())
        except Refused as refused:
            self.answer(*refused.args)
        except OSError as error:
            self.answer(500, "the batch can't be kept")
            self.log_error("%s", error)

    do_PUT = do_POST

    def take(self):
        """Takes a request's batch; returns what became of it."""
        length = self.headers.get("content-length", "")
        # What isn't read would be taken for the next request.
        self.close_connection = True
        if not re.fullmatch(r"[0-9]{1,9}", length):
            raise Refused(411, "content-length is missing")
        if int(length) > LARGEST_BODY:
            raise Refused(413, "the body is too large")
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise Refused(400, "the body was cut off")
        self.close_connection = self.headers.get("connection", "").lower() == "close"
        body = plain(body, self.headers.get("content-encoding", "").lower())
        batch = verify(self.headers, body, self.keys, time.time())
        found = events(body)
        # The set-up's test has a sample event: it is no click.
        if self.headers.get("webhook-test") == "true":
            return "test"
        return "kept" if self.batches.keep(batch, found) else "repeated"

    def answer(self, status, text):
        self.send_response(status)
        self.send_header("content-type", "text/plain; charset=utf-8")
        self.send_header("content-length", str(len(text.encode())))
        if self.close_connection:
            self.send_header("connection", "close")
        self.end_headers()
        self.wfile.write(text.encode())


def main():
    options = argparse.ArgumentParser(description="Receives Clickstream's batches.")
    options.add_argument("--port", type=int, default=9000)
    options.add_argument("--secret", action="append", required=True)
    options.add_argument("--out", required=True, help="the file that batches are appended to")
    options = options.parse_args()
    Receiver.keys = keys(options.secret)
    Receiver.batches = BatchFile(options.out)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", options.port), Receiver)
    server.daemon_threads = True
    print(f"listening on http://127.0.0.1:{options.port}/", file=sys.stderr)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
