// A receiver of Clickstream's batches, for Node 18.3 or later, without dependencies.
//
//     node receiver.mjs --port 9000 --secret whsec_... --out batches.ndjson
//
// It checks signatures, drops batches that come again, and keeps each batch as one line of a file:
// {"id": "<webhook-id>", "events": [event, ...]}. Give --secret twice while the secret is exchanged.
// Put it behind what ends TLS.
//
// Why nothing is lost and nothing doubled: a batch's id and its events are one line, written by one
// write and synced to disk before the answer. There is no moment at which one is kept and the other
// is not. A crash
// - before the line is whole leaves half a line, which the next start cuts off: the sender got no
//   answer, and sends the batch again;
// - after that, but before the answer, leaves the whole line: the batch comes again under the same
//   id, which the next start has read from the file.
// In a database it is the same with one transaction that inserts the id (unique) and the events.

import { createHmac, timingSafeEqual } from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";

const tolerance = 300; // seconds
const largestBody = 16 << 20;
const rememberedIDs = 100_000;

/** Why a request is not taken. */
class Refused extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

/** The bytes behind a secret of the form whsec_ and base64. */
function keyOf(secret) {
  if (!/^whsec_[A-Za-z0-9+/]+={0,2}$/.test(secret)) throw new Error("a secret is whsec_ and base64");
  return Buffer.from(secret.slice("whsec_".length), "base64");
}

/** Checks a request by Standard Webhooks 1.0, and returns the batch's id. */
function verify(headers, body, keys, now) {
  const header = (name) => {
    if (headers[name] === undefined) throw new Refused(401, `${name} is missing`);
    return headers[name];
  };
  // Of a header that came twice Node makes one value with ", " in it, which neither of these takes.
  const id = header("webhook-id");
  const timestamp = header("webhook-timestamp");
  // No dot: what is signed must not be read in two ways.
  if (!/^[\x21-\x2d\x2f-\x7e]{1,256}$/.test(id)) throw new Refused(401, "webhook-id can't be read");
  if (!/^[0-9]{1,15}$/.test(timestamp) || Math.abs(now - Number(timestamp)) > tolerance) {
    throw new Refused(401, "webhook-timestamp is not of the last five minutes");
  }
  const sent = header("webhook-signature").split(" ").map((text) => Buffer.from(text));
  let isRight = false;
  for (const key of keys) {
    const code = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest("base64");
    const wanted = Buffer.from(`v1,${code}`);
    for (const one of sent) {
      if (one.length === wanted.length && timingSafeEqual(one, wanted)) isRight = true;
    }
  }
  if (!isRight) throw new Refused(401, "the signature is wrong");
  return id;
}

/** The events of a body: of the envelope's data, or of a bare array (cloudevents). */
function eventsOf(body) {
  let content;
  try {
    content = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    throw new Refused(400, "the body is not JSON");
  }
  const events = Array.isArray(content) ? content : content?.data;
  const isEvent = (event) => typeof event === "object" && event !== null && !Array.isArray(event);
  if (!Array.isArray(events) || !events.every(isEvent)) {
    throw new Refused(400, "the body has no list of events");
  }
  return events;
}

/** Batches, one a line, and the ids of those that came last. */
class BatchFile {
  #ids = new Set();
  #file;
  #end = 0;

  constructor(path) {
    this.#file = fs.openSync(path, "a+", 0o600);
    this.#read();
    fs.ftruncateSync(this.#file, this.#end);
  }

  /** Reads the ids, and finds where the last whole line ends. */
  #read() {
    let rest = Buffer.alloc(0);
    const piece = Buffer.alloc(1 << 20);
    for (let place = 0; ; ) {
      const count = fs.readSync(this.#file, piece, 0, piece.length, place);
      if (count === 0) return;
      place += count;
      rest = Buffer.concat([rest, piece.subarray(0, count)]);
      let start = 0;
      for (let end; (end = rest.indexOf(10, start)) >= 0; start = end + 1) {
        this.#remember(JSON.parse(rest.subarray(start, end)).id);
      }
      this.#end += start;
      rest = rest.subarray(start);
    }
  }

  #remember(id) {
    this.#ids.add(id);
    if (this.#ids.size > rememberedIDs) this.#ids.delete(this.#ids.values().next().value);
  }

  /** Returns when the batch is on disk; false if it came before. */
  keep(id, events) {
    // Nothing here waits for anything else, so two copies of a batch can't come in between.
    if (this.#ids.has(id)) return false;
    const line = Buffer.from(`${JSON.stringify({ id, events })}\n`);
    try {
      for (let done = 0; done < line.length; ) done += fs.writeSync(this.#file, line, done);
      fs.fsyncSync(this.#file);
    } catch (error) {
      fs.ftruncateSync(this.#file, this.#end);
      throw error;
    }
    this.#end += line.length;
    this.#remember(id);
    return true;
  }
}

/** A request's whole body. */
async function bodyOf(request) {
  const pieces = [];
  let length = 0;
  for await (const piece of request) {
    length += piece.length;
    if (length > largestBody) throw new Refused(413, "the body is too large");
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** A body as it was before it was compressed, which is what is signed. */
function plain(body, encoding = "") {
  if (encoding === "") return body;
  if (encoding.toLowerCase() !== "gzip") throw new Refused(415, "only gzip is known");
  try {
    return gunzipSync(body, { maxOutputLength: largestBody });
  } catch (error) {
    if (error.code === "ERR_BUFFER_TOO_LARGE") throw new Refused(413, "the body is too large");
    throw new Refused(400, "the body is not gzip");
  }
}

/** Takes a request's batch; returns what became of it. */
async function take(request, keys, batches) {
  if (!["POST", "PUT"].includes(request.method)) throw new Refused(405, "POST or PUT");
  const body = plain(await bodyOf(request), request.headers["content-encoding"]);
  const id = verify(request.headers, body, keys, Date.now() / 1000);
  const events = eventsOf(body);
  // The set-up's test has a sample event: it is no click.
  if (request.headers["webhook-test"] === "true") return "test";
  return batches.keep(id, events) ? "kept" : "repeated";
}

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "9000" },
    secret: { type: "string", multiple: true },
    out: { type: "string" },
  },
});
if (!values.secret || !values.out) {
  console.error("usage: node receiver.mjs --port 9000 --secret whsec_... --out batches.ndjson");
  process.exit(2);
}
let keys;
try {
  keys = values.secret.map(keyOf);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
const batches = new BatchFile(values.out);
const server = http.createServer(async (request, response) => {
  let status = 200;
  let text;
  try {
    text = await take(request, keys, batches);
  } catch (error) {
    status = error.status ?? 500;
    text = error.status ? error.message : "the batch can't be kept";
    if (!error.status) console.error(error);
  }
  // What wasn't read would be taken for the next request.
  if (!request.complete) response.setHeader("connection", "close");
  response.writeHead(status, {
    "content-type": "text/plain; charset=utf-8",
    "content-length": Buffer.byteLength(text),
  });
  response.end(text);
});
server.listen(Number(values.port), "127.0.0.1", () => {
  console.error(`listening on http://127.0.0.1:${values.port}/`);
});
