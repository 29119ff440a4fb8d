#!/usr/bin/env python3
"""Checks docs/schema against the events that `clickstream enrich` makes, and the other way round.

    check.py PATH-TO-clickstream [--count N] [--postgresql] [--clickhouse] [--bigquery]

It needs requirements.txt, and for --clickhouse and --bigquery requirements-databases.txt. --postgresql starts a
PostgreSQL of its own on a socket in a temporary folder, and skips where there is none. Exit status 1 if something is wrong.
"""
import argparse, copy, json, re, subprocess, sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

try:
    from jsonschema import Draft202012Validator
except ImportError:
    sys.exit("jsonschema is missing: see requirements.txt beside this file")
import corpus, databases

DOCS = Path(__file__).resolve().parents[2] / "docs"
SCHEMA = json.loads((DOCS / "schema/event.schema.json").read_text())
# What `enrich` can't know: there is no catalog, no log, and the bundled database has countries only.
NEVER_KNOWN = {"offset", *(f"details.location.{name}" for name in ("region", "city", "latitude", "longitude", "timezone")),
               *(f"details.link.{name}" for name in ("title", "tags", "createdAt", "rule", "variant"))}


class Wrong(Exception):
    """A promise that doesn't hold."""


def require(holds, *facts):
    if not holds: raise Wrong(" ".join(str(fact) for fact in facts))


def validator(name):
    return Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": SCHEMA["$defs"]})


# MARK: - Walking

def resolved(schema):
    return SCHEMA["$defs"][schema["$ref"].split("/")[-1]] | schema if "$ref" in schema else schema


def members(schema, path=""):
    """Every member below a schema: its path and its schema; the names in a query are data, and no members."""
    for name, member in resolved(schema).get("properties", {}).items():
        here = f"{path}.{name}" if path else name
        yield here, resolved(member)
        yield from members(member, here)


def leaves(schema):
    return [path for path, member in members(schema) if "properties" not in member]


def value_at(event, path):
    for name in path.split("."): event = event[name]
    return event


def changed(event, path, value=None, remove=False):
    """A copy with another value at a path, or without it."""
    event = copy.deepcopy(event)
    *parents, name = path.split(".")
    parent = value_at(event, ".".join(parents)) if parents else event
    if remove: del parent[name]
    else: parent[name] = value
    return event


def shape(value, path=""):
    """Names in their order, without those in a query."""
    if not isinstance(value, dict) or path.endswith("params.query"): return None
    return [(name, shape(member, f"{path}.{name}")) for name, member in value.items()]


# MARK: - The schema and what is written beside it

def check_schema():
    Draft202012Validator.check_schema(SCHEMA)
    count = 0
    for name in ("rebrandly", "extended", "batch", "cloudevent"):
        for path, member in members({"$ref": f"#/$defs/{name}"}):
            count += 1
            require(member.get("title") and member.get("description"), f"{name}: {path} has no title or no description")
            for example in member.get("examples", []):
                inside = member | {"$defs": SCHEMA["$defs"]}
                require(Draft202012Validator(inside).is_valid(example), f"{name}: {path}: its example {example} doesn't fit")
    return f"the schema is one of draft 2020-12; {count} members have a title and a description, and their examples fit"


def check_reference():
    text = (DOCS / "events.md").read_text()
    paths = leaves({"$ref": "#/$defs/extended"})
    missing = [path for path in paths if f"`{path}`" not in text]
    require(not missing, "docs/events.md doesn't name", ", ".join(missing))
    return f"docs/events.md names all {len(paths)} members that hold values"


def column(path):
    """The last two names of a path: client.agent.browser.name is browser_name."""
    if path == "offset": return "log_offset"
    return "_".join(re.sub("([A-Z])", lambda letter: "_" + letter[1].lower(), name) for name in path.split(".")[-2:])


def check_columns():
    expected = [column(path) for path in leaves({"$ref": "#/$defs/extended"})]
    require(len(set(expected)) == len(expected), "two members have one column")
    for file in ("postgresql.sql", "clickhouse.sql", "bigquery.sql"):
        text = (DOCS / "schema" / file).read_text()
        table = re.search(r"(?is)create table (?:if not exists )?(?:clickstream\.)?clicks\s*\((.*?)\n\)", text)[1]
        found = re.findall(r"(?m)^    (?!primary key)([a-z_]+) +\S", table)
        extra = {"batch_key", "raw", "landed_at"}
        require(set(found) == set(expected) | extra, file, "has other columns:", set(found) ^ (set(expected) | extra))
    return f"the three tables have a column for each of the {len(expected)} members, and batch_key, raw, landed_at"


# MARK: - Events

def enrich(binary, lines, form):
    done = subprocess.run([binary, "enrich", "--format", form], input=b"\n".join(lines) + b"\n", capture_output=True, timeout=300)
    return done.returncode, done.stdout.splitlines(), done.stderr.splitlines()


def check_golden(binary):
    line = json.dumps(corpus.golden()).encode()
    _, out, err = enrich(binary, [line], "rebrandly")
    require(out == [corpus.GOLDEN_EVENT.encode()], "the golden event differs:", out, err)
    return "the golden case of the contract comes out to the byte"


def check_refusals(binary):
    lines = [b"no json", b'{"method":"HEAD"}', b"{}", b'{"ip":"nowhere"}', b'{"headers":{"user-agent":7}}', b"\xff\xfe"]
    status, out, err = enrich(binary, lines, "extended")
    numbers = [json.loads(line)["line"] for line in err if line.startswith(b"{")]
    require((status, len(out), numbers) == (1, 2, [1, 2, 4, 6]), "refusals:", status, len(out), err)
    for line in out: validator("extended").validate(json.loads(line))
    return "4 lines that are no clicks make no event, and the 2 among them do"


def check_events(lines, form):
    """Every line fits the schema, has its members in order, and keeps what a schema can't say."""
    fits, order = validator(form), None
    seen_null, seen_value, seen = set(), set(), {}
    paths = leaves({"$ref": f"#/$defs/{form}"})
    for number, line in enumerate(lines, 1):
        event = json.loads(line)
        for error in fits.iter_errors(event):
            raise Wrong(f"{form}, line {number}: {error.json_path}: {error.message[:300]}\n{line.decode()[:2000]}")
        order = order or shape(event)
        require(shape(event) == order, f"{form}, line {number}: members in another order")
        session = event["client"]["session"]
        require(session["first"] == (session["started"] == event["timestamp"]), f"{form}, line {number}: session", session)
        require(session["started"] <= event["timestamp"], f"{form}, line {number}: session", session)
        for path in paths:
            value = value_at(event, path)
            (seen_null if value is None else seen_value).add(path)
            if isinstance(value, (str, bool)): seen.setdefault(path, set()).add(value)
    check_variety(form, paths, seen_null, seen_value, seen)
    return f"{form}: {len(lines)} events fit the schema, members in order; every member was seen with a value and, if it may be, as null"


def check_variety(form, paths, seen_null, seen_value, seen):
    """The corpus has to show what the schema allows: else a wrong schema would pass."""
    schemas = dict(members({"$ref": f"#/$defs/{form}"}))
    for path in paths:
        inside = schemas[path] | {"$defs": SCHEMA["$defs"]}
        if path not in NEVER_KNOWN: require(path in seen_value, f"{form}: {path} was never seen with a value")
        if Draft202012Validator(inside).is_valid(None): require(path in seen_null, f"{form}: {path} was never seen as null")
        for word in inside.get("enum", []):
            require(word is None or word in seen.get(path, ()), f"{form}: {path} was never seen as {word}")


def check_pairs(plain, extended):
    """An extended event less its tail is the rebrandly event; its id is a UUID 7 of its time, and its own."""
    ids = set()
    for number, (short, long) in enumerate(zip(plain, extended, strict=True), 1):
        event = json.loads(long)
        tail = f',"id":"{event["id"]}","offset":'.encode()
        require(long[:long.rindex(tail)] + b"}" == short, f"line {number}: the extended event doesn't begin as the rebrandly one")
        at = datetime.fromisoformat(event["timestamp"].replace("Z", "+00:00"))
        milliseconds = (at - datetime(1970, 1, 1, tzinfo=timezone.utc)) // timedelta(milliseconds=1)
        require(int(event["id"].replace("-", "")[:12], 16) == milliseconds, f"line {number}: the id is of another time")
        ids.add(event["id"])
    require(len(ids) == len(extended), "ids repeat")
    return f"{len(ids)} extended events less their tails are the rebrandly ones to the byte; ids are all different, and of their times"


# MARK: - Other forms

def batch(events, key="k" * 32):
    return {"data": events, "key": key}


def cloudevent(event):
    plain = {name: value for name, value in event.items() if name in ("timestamp", "client", "referral", "route")}
    made = {"specversion": "1.0", "type": "com.clickstream.click.v1", "source": f"//{event['route']['domain']['raw'] or ''}", "id": event["id"],
            "time": event["timestamp"], "subject": event["route"]["slashtag"], "datacontenttype": "application/json", "data": plain}
    return made if made["subject"] else {name: value for name, value in made.items() if name != "subject"}


def check_forms(plain, extended):
    long = [json.loads(line) for line in extended[:500]]
    validator("batch").validate(batch([json.loads(line) for line in plain[:500]]))
    validator("batch").validate(batch(long))
    validator("cloudeventBatch").validate([cloudevent(event) for event in long])
    return "batches of either format and of CloudEvents, 500 events each, fit"


# MARK: - What has to be refused

WRONG = [1, -1.5, True, "", "No Slug!", [], ["x"], {}, {"x": 1}]
NO_PARAMETERS = [{"a": "1"}, {"a": []}, {"a": [1]}, {"a": [None]}, [], "a=1"]
WRONG_WORDS = {
    "timestamp": ["2019-07-02T14:07:06Z", "2019-07-02T14:07:06.981Z", "2019-07-02T14:07:06.981094+00:00", "2019-13-02T14:07:06.981094Z", "2019-07-02 14:07:06.981094Z"],
    "client.language": ["PT", "pt-BR", "unknown", "p"],
    "client.location.country": ["BR", "bra", "unknown", "b1"],
    "client.agent.type": ["Human", "crawler", None],
    "client.agent.device.name": ["phone", "unknown", "Smartphone"],
    "client.agent.browser.name": ["Facebook App", "facebook_app", "-app", "chrome--mobile"],
    "client.agent.os.version": ["Android 9.0 (Pie)", "android-9.0-"],
    "client.session.started": ["now", None],
    "client.session.first": ["true", None, 1],
    "referral.hostname": ["M.Facebook.com", "bücher.example", "a b"],
    "referral.protocol": ["http:", "ftp"],
    "referral.path": ["", "x"],
    "referral.origin.type": ["internal", "Social", None],
    "referral.origin.name": ["", "Facebook", None],
    "route.destination.protocol": ["https:", "HTTPS"],
    "route.destination.hostname": ["WWW.example.com"],
    "route.destination.path": ["", "x"],
    "id": ["016BB2E0-8485-7000-8000-000000000000", "016bb2e0-8485-4000-8000-000000000000", "016bb2e084857000800000000000", None],
    "offset": [-1, 1.5, "41207"],
    "details.location.latitude": [91, "-22.9"],
    "details.location.longitude": [-181],
    "details.link.createdAt": ["2019-06-30", 1561881600],
    "details.privacy.gpc": ["1", 1],
}
# What one member says of another.
CONTRADICTIONS = [
    {"referral.hostname": None}, {"referral.protocol": None}, {"referral.origin.type": "direct"},
    {"referral.hostname": None, "referral.protocol": None, "referral.path": None},
    {"route.destination.raw": None}, {"route.destination.protocol": None}, {"route.destination.params.query": None},
    {"client.agent.os.name": None}, {"client.agent.os.version": None},
]


def mutations(event, form):
    """Events that aren't any, each with what is wrong with it."""
    schema = {"$ref": f"#/$defs/{form}"}
    for path, member in members(schema):
        yield f"without {path}", changed(event, path, remove=True)
        if "properties" in member:
            for value in (None, [], "x", 1, {}): yield f"{path}: {value}", changed(event, path, value)
            if not path.startswith("details"): yield f"another member in {path}", changed(event, path, value_at(event, path) | {"more": None})
        else:
            for value in wrong_values(member, value_at(event, path)): yield f"{path}: {value!r}", changed(event, path, value)
    yield "another member", event | {"more": None}
    for path, values in WRONG_WORDS.items():
        if path in dict(members(schema)):
            for value in values: yield f"{path}: {value!r}", changed(event, path, value)
    for facts in CONTRADICTIONS:
        wrong = event
        for path, value in facts.items(): wrong = changed(wrong, path, value)
        yield f"{facts}", wrong


def wrong_values(member, right):
    """Values of other types than a member's."""
    if "additionalProperties" in member: return NO_PARAMETERS
    types = {bool: (bool,), str: (str,), int: (int, float), float: (int, float), list: (list,)}[type(right)]
    return [value for value in WRONG if type(value) not in types]


def check_mutations():
    full = corpus.full_event()
    plain = {name: full[name] for name in ("timestamp", "client", "referral", "route")}
    validator("rebrandly").validate(plain)
    validator("extended").validate(full)
    count = 0
    for form, event in (("rebrandly", plain), ("extended", full)):
        for what, wrong in mutations(event, form):
            count += 1
            require(not validator(form).is_valid(wrong), f"{form}: the schema takes an event with {what}")
    wrong_bodies = [
        {"data": [plain]}, {"key": "k"}, batch([]), batch(plain), batch([plain], None), batch([plain], 7), batch([plain]) | {"more": 1}, batch([plain, full]),
        batch([None]), [plain], batch([changed(plain, "client.agent.type", remove=True)]), batch([cloudevent(full)]),
    ]
    for body in wrong_bodies: require(not validator("batch").is_valid(body), "the schema takes a batch that is none:", str(body)[:200])
    right = cloudevent(full)
    wrong_clouds = [[], right, [right | {"data": full}], [right | {"subject": None}], [right | {"subject": ""}], [right | {"type": "click"}], [right | {"more": 1}],
                    *([changed(right, name, remove=True)] for name in right if name != "subject")]
    for body in wrong_clouds: require(not validator("cloudeventBatch").is_valid(body), "the schema takes CloudEvents that are none:", str(body)[:200])
    either = Draft202012Validator(SCHEMA)
    require(either.is_valid(plain) and either.is_valid(full) and not either.is_valid(batch([plain])), "the root is an event of either format")
    for path in ("details", "details.location", "details.agent", "details.link", "details.privacy"):
        require(validator("extended").is_valid(changed(full, f"{path}.more", 1)), f"{path} can't gain members")
    return f"{count} mutated events, {len(wrong_bodies)} batches and {len(wrong_clouds)} CloudEvents are refused; details may gain members"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary", help="the built clickstream")
    parser.add_argument("--count", type=int, default=3000, help="how many raw requests (default: 3000)")
    for name in databases.ALL: parser.add_argument(f"--{name}", action="store_true", help=f"run docs/schema/{name}.sql")
    options = parser.parse_args()
    failed = 0

    def run(check, *arguments):
        nonlocal failed
        try:
            print("ok    ", check(*arguments), flush=True)
        except Exception as error:
            failed += 1
            name = "" if isinstance(error, Wrong) else f"{type(error).__name__}: "
            print("WRONG ", f"{check.__name__}: {name}{error}", flush=True)

    lines = [json.dumps(request, ensure_ascii=number % 2 == 0).encode() for number, request in enumerate(corpus.raw_requests(options.count))]
    made = {form: enrich(options.binary, lines, form) for form in ("rebrandly", "extended")}
    for form, (status, out, err) in made.items():
        if status != 0 or len(out) != len(lines): sys.exit(f"enrich made {len(out)} events of {len(lines)} requests: {err[:5]}")
    plain, extended = (made[form][1] for form in ("rebrandly", "extended"))
    print(f"{len(lines)} raw requests, seed {corpus.SEED}")

    run(check_schema)
    run(check_reference)
    run(check_columns)
    run(check_golden, options.binary)
    run(check_refusals, options.binary)
    run(check_events, plain, "rebrandly")
    run(check_events, extended, "extended")
    run(check_pairs, plain, extended)
    run(check_forms, plain, extended)
    run(check_mutations)
    rows = {"columns": {path: column(path) for path in leaves({"$ref": "#/$defs/extended"})}, "plain": plain,
            "extended": extended + [json.dumps(corpus.full_event(), ensure_ascii=False, separators=(",", ":")).encode()]}
    for name, check in databases.ALL.items():
        if getattr(options, name): run(check, DOCS / "schema", rows)
    print(f"{failed} of the checks failed" if failed else "every check passed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
