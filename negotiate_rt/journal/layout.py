"""Bytes of a journal that no segment's hash covers: a SQLite file is made anew from its segments, and compared byte by byte.

Segments are only ever appended, one a transaction, so the same segments give the same file, page by page; what may differ
stands in the header: two counters, which are equal to each other, and the version of SQLite that wrote last.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from negotiate_rt.journal.chain import VERSION
from negotiate_rt.journal.reading import Damage, OnDamage, connected
from negotiate_rt.journal.store import APPLICATION, SCHEMA

WAL_MARKS = slice(18, 20)
COUNTERS = slice(24, 28), slice(92, 96)
WRITER = slice(96, 100)
CHUNK = 1 << 16


def check_layout(path: Path, sqlite_version: str, on_damage: OnDamage) -> bool:
    """Tell of every byte of a closed SQLite journal that is not as its segments say; False where that cannot be compared.

    `sqlite_version`: of the SQLite that wrote it, as the journal says; only the same one lays out the same pages. Costs
    the journal's size in memory.
    """
    log = path.with_name(f"{path.name}-wal")
    if sqlite_version != sqlite3.sqlite_version or (log.exists() and log.stat().st_size):
        return False
    found = bytearray(path.read_bytes())
    check_header(found, sqlite_version, on_damage)
    expected = bytearray(rebuilt(path, int.from_bytes(found[16:18], "big") or 4096))
    for part in (WAL_MARKS, *COUNTERS, WRITER):
        expected[part] = found[part] = bytes(len(found[part]))
    if found == expected:
        return True
    if len(found) != len(expected):
        on_damage(Damage("file", f"is {len(found)} bytes long; its segments make {len(expected)}"))
    for start in range(0, min(len(found), len(expected)), CHUNK):
        one, other = found[start : start + CHUNK], expected[start : start + CHUNK]
        if one != other:
            place = start + next(k for k in range(len(one)) if one[k : k + 1] != other[k : k + 1])
            on_damage(Damage(f"byte {place}", f"is {found[place]:#04x}; its segments make it {expected[place]:#04x}"))
            break
    return True


def check_header(found: bytearray, sqlite_version: str, on_damage: OnDamage) -> None:
    """Tell of what is wrong in those bytes of the header that may differ."""
    if found[WAL_MARKS] != b"\x02\x02":
        on_damage(Damage("byte 18", f"expected 0x02 0x02, a database with a log, got {found[WAL_MARKS].hex(' ')}"))
    if found[COUNTERS[0]] != found[COUNTERS[1]]:
        on_damage(Damage("byte 24", "its two change counters (bytes 24 and 92) differ"))
    major, minor, patch = (int(one) for one in sqlite_version.split("."))
    number = int.from_bytes(found[WRITER], "big")
    if number != major * 1_000_000 + minor * 1000 + patch:
        on_damage(Damage("byte 96", f"says that SQLite {number} wrote it; the journal says {sqlite_version}"))


def rebuilt(path: Path, page_size: int) -> bytes:
    """Return the file that a journal's segments make."""
    with closing(connected(path)) as source, closing(sqlite3.connect(":memory:", isolation_level=None)) as copy:
        copy.execute(f"PRAGMA page_size={page_size}")
        copy.execute(f"PRAGMA application_id={APPLICATION}")
        copy.execute(f"PRAGMA user_version={VERSION}")
        copy.execute(SCHEMA)
        copy.execute("BEGIN")
        rows = source.execute("SELECT number, count, hash, body FROM segments ORDER BY number")
        copy.executemany("INSERT INTO segments VALUES (?, ?, ?, ?)", rows)
        copy.execute("COMMIT")
        return copy.serialize()
