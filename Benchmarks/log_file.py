"""What is known here of the log's format (docs/log-format.md), and nowhere else: how much it holds, and how to make it long quickly."""
import contextlib
import os
import sqlite3
import time


@contextlib.contextmanager
def _opened(folder, mode="rw"):
    path = os.path.join(folder, "log.db")
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode={mode}", uri=True)) as db:
        yield db


def stored(folder):
    """Of a stopped service's log: bytes of the pages in use, how many blocks and events they hold, and bytes of files whose size is fixed."""
    with _opened(folder) as db:
        number = lambda query: db.execute(query).fetchone()[0] or 0
        pages = number("PRAGMA page_count") - number("PRAGMA freelist_count")
        journal = os.path.join(folder, "log.journal")
        return {"bytes": pages * number("PRAGMA page_size"), "blocks": number("SELECT count(*) FROM blocks"),
                "events": number("SELECT sum(count) FROM blocks"), "fixed_bytes": os.path.getsize(journal) if os.path.exists(journal) else 0}


def middle(folder):
    """When the block in the log's middle was written, as a stream's `startFrom`."""
    with _opened(folder, "ro") as db:
        first, last = db.execute("SELECT min(first), max(first) FROM blocks").fetchone()
        moment, = db.execute("SELECT earliest FROM blocks WHERE first >= ? ORDER BY first LIMIT 1", ((first + last) // 2,)).fetchone()
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment / 1e6))


def _numbers(stored):
    """The LEB128 numbers of a tally."""
    numbers, value, shift = [], 0, 0
    for byte in stored:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            numbers.append(value)
            value, shift = 0, 0
    return numbers


def _leb128(number):
    parts = []
    while number >= 0x80:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(parts + [number])


def _note_totals(db):
    """The snapshot that the service itself would have written on the way: what each workspace had before the log's end, which it returns."""
    before, tally = db.execute("SELECT before, tally FROM totals ORDER BY before DESC LIMIT 1").fetchone() or (0, b"")
    counts = {}
    for stored in [tally] + [row[0] for row in db.execute("SELECT tally FROM blocks WHERE first >= ?", (before,))]:
        numbers = _numbers(stored)
        for workspace, count in zip(numbers[::2], numbers[1::2]):
            counts[workspace] = counts.get(workspace, 0) + count
    end, = db.execute("SELECT max(first + count) FROM blocks").fetchone()
    with db:
        db.execute("INSERT OR REPLACE INTO totals (before, tally) VALUES (?, ?)",
                   (end, b"".join(_leb128(workspace) + _leb128(counts[workspace]) for workspace in sorted(counts))))
    return end


def grow(folder, wanted, most=20e9):
    """Doubles a stopped service's log until it has the wanted size: its blocks again, behind those that are there, and later.

    An event's offset is not within its block, so a copy differs in the key and the times of its row alone. The first call moves all of
    it into the past, so far that the last copy of a log of `most` bytes is not in the future.
    """
    path = os.path.join(folder, "log.db")
    with _opened(folder) as db:
        # Each page is written once, and nobody waits for the disk; the service makes a log with a write-ahead log of it again.
        for setting in ("locking_mode = EXCLUSIVE", "journal_mode = OFF", "synchronous = OFF"):
            db.execute(f"PRAGMA {setting}").fetchall()
        times = ("earliest", "latest", "arrived")
        others = [row[1] for row in db.execute("PRAGMA table_info(blocks)") if row[1] not in ("first", *times)]
        bounds = lambda: db.execute(
            "SELECT min(first), max(first + count), min(earliest), max(latest) FROM blocks").fetchone()
        if os.path.getsize(path) < wanted:
            start, end, earliest, latest = bounds()
            if latest > (time.time() - 600) * 1e6:
                back = int((latest - earliest) * most / os.path.getsize(path)) + 600_000_000
                with db:
                    db.execute(f"UPDATE blocks SET {', '.join(f'{name} = {name} - {back}' for name in times)}")
        while (size := os.path.getsize(path)) < wanted:
            start, end, earliest, latest = bounds()
            until = start + int((end - start) * min(1.0, wanted / size - 1)) + 1
            with db:
                db.execute(
                    f"INSERT INTO blocks (first, {', '.join(times)}, {', '.join(others)}) "
                    f"SELECT first + ?, {', '.join(f'{name} + ?' for name in times)}, {', '.join(others)} FROM blocks WHERE first < ? ORDER BY first",
                    (end - start, *[latest - earliest] * 3, until))
        end = _note_totals(db)
    # Nobody clicked on links that often: they are not to be counted from the log beside what is measured.
    with contextlib.closing(sqlite3.connect(os.path.join(folder, "catalog.db"))) as db, db:
        db.execute("UPDATE countedEvents SET offset = ?", (end,))
