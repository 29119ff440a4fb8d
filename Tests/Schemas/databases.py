"""Runs the table definitions of docs/schema, and compares every row with the event it came from."""
import json, os, pwd, re, shutil, signal, subprocess, tempfile, time
from datetime import datetime, timezone
from glob import glob
from pathlib import Path

BATCH = 200


class Differs(Exception):
    """A row that isn't its event's."""


def bodies(events):
    """Batches as they are delivered: `key` says which."""
    for start in range(0, len(events), BATCH):
        yield '{"data":[' + ",".join(line.decode() for line in events[start:start + BATCH]) + f'],"key":"batch-{start}"}}'


def time_of(text):
    """A time in any of the databases' spellings."""
    text = str(text).replace(" ", "T").replace("Z", "+00:00")
    at = datetime.fromisoformat(text if re.search(r"[+-]\d\d(:\d\d)?$", text) else text + "+00:00")
    return at.astimezone(timezone.utc)


def without_nuls(value):
    """A value with U+FFFD for U+0000, which jsonb can't hold."""
    if isinstance(value, str): return value.replace("\0", "\ufffd")
    if isinstance(value, dict): return {without_nuls(name): without_nuls(member) for name, member in value.items()}
    return [without_nuls(member) for member in value] if isinstance(value, list) else value


def compare(rows, events, columns, empty=None, without_nul=False):
    """Every event is there once, and every column says what the event says.

    `empty`: what stands for null where a column can't be, by column. `without_nul`: whether U+0000 became U+FFFD.
    """
    rows = {row["id"]: row for row in rows}
    if len(rows) != len(events): raise Differs(f"{len(rows)} rows of {len(events)} events")
    for line in events:
        event = json.loads(line)
        row = rows[event["id"]]
        for path, column in columns.items():
            expected = event
            for name in path.split("."): expected = expected[name]
            found = row[column]
            if expected is None and empty and column in empty: expected = empty[column]
            if without_nul: expected = without_nuls(expected)
            if path in ("timestamp", "client.session.started", "details.link.createdAt") and expected is not None and found is not None:
                expected, found = time_of(expected), time_of(found)
            if isinstance(expected, float) and found is not None: expected, found = round(expected, 3), round(found, 3)
            if found != expected: raise Differs(f"{column} of {event['id']} is {found!r:.300}, and {path} is {expected!r:.300}")
    return len(events)


# MARK: - PostgreSQL

class PostgreSQL:
    """A server of its own, on a socket in a temporary folder, as a normal user."""

    def __init__(self):
        # Debian keeps it out of the path.
        program = shutil.which("initdb") or max(glob("/usr/lib/postgresql/*/bin/initdb"), default=None)
        self.bin = Path(program).resolve().parent if program else None

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="clicks-")
        # PostgreSQL refuses to run as root.
        names = [user.pw_name for user in pwd.getpwall()]
        user = pwd.getpwnam("postgres" if "postgres" in names else "nobody") if os.geteuid() == 0 else None
        if user: os.chown(self.folder, user.pw_uid, user.pw_gid)
        self.identity = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
        data = f"{self.folder}/data"
        subprocess.run([self.bin / "initdb", "-D", data, "-U", "clicks", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
                       check=True, capture_output=True, cwd=self.folder, **self.identity)
        self.log = open(f"{self.folder}/log", "wb")
        self.server = subprocess.Popen([self.bin / "postgres", "-D", data, "-k", self.folder, "-c", "listen_addresses=", "-c", "fsync=off"],
                                       cwd=self.folder, stdout=self.log, stderr=self.log, **self.identity)
        for _ in range(200):
            if subprocess.run([*self.psql, "-c", "select 1"], capture_output=True).returncode == 0: return self
            time.sleep(0.05)
        said = Path(self.log.name).read_text()[-1000:]
        self.__exit__()
        raise Differs("PostgreSQL didn't start: " + said)

    def __exit__(self, *_):
        self.server.send_signal(signal.SIGINT)
        self.server.wait(30)
        self.log.close()
        shutil.rmtree(self.folder)

    @property
    def psql(self):
        return [self.bin / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", self.folder, "-U", "clicks", "-d", "postgres"]

    def run(self, text):
        done = subprocess.run(self.psql, input=text.encode(), capture_output=True)
        if done.returncode != 0: raise Differs("psql: " + done.stderr.decode()[:1000])
        return done.stdout.decode().splitlines()

    def land(self, events):
        """SQL that lands events as batches; a body is a literal."""
        return "\n".join("select clicks_land('" + body.replace("'", "''") + "');" for body in bodies(events))


def postgresql(schema, rows):
    server = PostgreSQL()
    if not server.bin: return "skipped: there is no initdb on this machine"
    extended, columns = rows["extended"], rows["columns"]
    with server:
        definition = (schema / "postgresql.sql").read_text()
        version, = server.run("show server_version")
        server.run(definition)
        # As several receivers may, at once and repeatedly: the days are made once, and no event twice.
        sql = server.land(extended).encode()
        racers = [subprocess.Popen(server.psql, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(4)]
        for racer in racers: racer.stdin.write(sql); racer.stdin.close(); racer.stdin = None
        answers = [racer.communicate() for racer in racers]
        if any(racer.returncode for racer in racers): raise Differs("four at once: " + str([err.decode()[:500] for _, err in answers]))
        landed = sum(int(line) for out, _ in answers for line in out.splitlines())
        if landed != len(extended): raise Differs(f"four at once landed {landed} of {len(extended)}")
        read = "select to_jsonb(c) from clicks c"
        count = compare(map(json.loads, server.run(read)), extended, columns, without_nul=True)
        keys = server.run("select count(distinct batch_key) from clicks")[0]
        if int(keys) != -(-len(extended) // BATCH): raise Differs(f"{keys} keys")

        # An export, by the lines that the definition tells; twice, and then beside what the batches brought.
        copy = next(line for line in definition.splitlines() if "\\copy" in line).removeprefix("--").strip()
        with tempfile.NamedTemporaryFile(suffix=".ndjson") as file:
            file.write(b"\n".join(extended) + b"\n")
            file.flush()
            load = copy.replace("clicks.ndjson", file.name) + "\nselect clicks_land_lines(true);"
            if server.run(load) != ["0"]: raise Differs("an export of what is there brought something")
            server.run("truncate clicks")
            if [server.run(load), server.run(load)] != [[str(count)], ["0"]]: raise Differs("an export wasn't loaded once")
        compare(map(json.loads, server.run(read)), extended, columns, without_nul=True)
        if server.run("select count(*) from clicks where raw ->> 'id' <> id::text or raw is null") != ["0"]: raise Differs("raw is another event")

        # The format rebrandly has no ids.
        server.run("truncate clicks")
        twice = server.land(rows["plain"])
        counts = [sum(map(int, server.run(twice))) for _ in range(2)]
        if counts != [len(rows["plain"]), 0]: raise Differs(f"rebrandly: {counts} of {len(rows['plain'])}")
        days = server.run("select count(*) from pg_inherits where inhparent = 'clicks'::regclass")[0]
        none = server.run("select count(*) from only clicks")[0]
        if none != "0": raise Differs("rows outside of days")
    return f"PostgreSQL {version.split()[0]}: {count} extended events landed by four at once, and as an export, each once, every column right; {counts[0]} rebrandly ones too; {days} days"


# MARK: - ClickHouse

def statements(text):
    return [part for part in re.sub(r"(?m)--.*$", "", text).split(";") if part.strip()]


def clickhouse(schema, rows):
    from chdb import session
    extended, columns = rows["extended"], rows["columns"]
    empty = {"params_query": {}, "link_tags": []}
    with tempfile.TemporaryDirectory() as folder:
        server = session.Session(f"{folder}/data")

        def read():
            out = server.query("SELECT * FROM clicks FINAL SETTINGS output_format_json_quote_64bit_integers = 0", "JSONEachRow").bytes()
            return [json.loads(line) for line in out.splitlines()]

        def insert(file, lines):
            Path(f"{folder}/{file}").write_bytes(b"\n".join(lines) + b"\n")
            server.query(f"INSERT INTO clicks_landing SELECT line FROM file('{folder}/{file}', 'JSONAsString', 'line String')")

        for statement in statements((schema / "clickhouse.sql").read_text()): server.query(statement)
        version = server.query("SELECT version()").bytes().decode().strip().strip('"')
        for _ in range(2): insert("batches", [body.encode() for body in bodies(extended)])
        count = compare(read(), extended, columns, empty)
        keys = len({row["batch_key"] for row in read()})
        if keys != -(-len(extended) // BATCH): raise Differs(f"{keys} keys")
        server.query("TRUNCATE TABLE clicks")
        for _ in range(2): insert("clicks.ndjson", extended)
        compare(read(), extended, columns, empty)
        server.query("TRUNCATE TABLE clicks")
        for _ in range(2): insert("plain", [body.encode() for body in bodies(rows["plain"])])
        plain = len(read())
        if plain != len(rows["plain"]): raise Differs(f"rebrandly: {plain} of {len(rows['plain'])}")
        days = server.query("SELECT uniqExact(partition) FROM system.parts WHERE table = 'clicks' AND active").bytes().decode().strip()
        server.close()
    return f"ClickHouse {version}: {count} extended events as batches and as an export, twice, each once after merging, every column right; {plain} rebrandly ones too; {days} days"


# MARK: - BigQuery

def bigquery(schema, rows):
    """There is no BigQuery to run: it is parsed as its dialect, and run in DuckDB's."""
    import duckdb, sqlglot
    from sqlglot import exp
    extended, columns = rows["extended"], rows["columns"]
    parsed = [tree for tree in sqlglot.parse((schema / "bigquery.sql").read_text(), read="bigquery") if tree]
    kinds = [type(tree).__name__ for tree in parsed]
    if kinds != ["Create", "Create", "Insert", "Merge"]: raise Differs(f"statements: {kinds}")
    loose = [node.sql() for tree in parsed for node in tree.find_all(exp.Command, exp.Anonymous)]
    if loose: raise Differs(f"not understood: {loose}")
    clicks, landing, insert, merge = parsed
    names = [column.name for column in clicks.find_all(exp.ColumnDef)]
    selected = merge.args["using"].this.named_selects
    if names != selected: raise Differs("INSERT ROW takes columns in order, and they differ", [pair for pair in zip(names, selected) if len(set(pair)) > 1])
    fields = json.loads((schema / "bigquery.json").read_text())
    table = [(column.name, column.kind.sql("bigquery"), bool(column.find(exp.NotNullColumnConstraint))) for column in landing.find_all(exp.ColumnDef)]
    if [(field["name"], field["type"].replace("INTEGER", "INT64"), field["mode"] == "REQUIRED") for field in fields] != table:
        raise Differs("bigquery.json and the landing table differ")

    database = duckdb.connect()
    database.execute("set timezone = 'UTC'; create schema clickstream")
    database.execute("create table clickstream.clicks_landing (timestamp timestamptz, client json, referral json, route json, id varchar, \"offset\" bigint,"
                     " details json, batch_key varchar, _partitiontime timestamptz default now())")
    # DuckDB spells the types of JSON in capitals.
    select = merge.args["using"].this.sql("duckdb").replace("= 'object'", "= 'OBJECT'")

    def read():
        result = database.execute(select)
        found = [column[0] for column in result.description]
        for row in result.fetchall():
            row = dict(zip(found, row))
            yield row | {"params_query": row["params_query"] and json.loads(row["params_query"])}

    for _ in range(2):
        for body in bodies(extended): database.execute(insert.sql("duckdb"), {"body": body})
    count = compare(read(), extended, columns)
    return f"BigQuery: 4 statements parse as its dialect; in DuckDB's, {count} extended events inserted twice as batches are selected by the MERGE once each, every column right"


ALL = {"postgresql": postgresql, "clickhouse": clickhouse, "bigquery": bigquery}
