"""Bytes of a journal that no segment's hash covers: a SQLite file is made anew from its segments, and compared byte by byte.

Segments are only ever appended, one a transaction, so the same segments give the same file, page by page; what may differ
stands in the header: two counters, which are equal to each other, and the version of SQLite that wrote last. Where a kill
has left a log beside the file (WAL), its frames are checked by their own sums and laid over the file first.
"""

from __future__ import annotations

import sqlite3
import struct
from contextlib import closing
from pathlib import Path

from negotiate_rt.journal.chain import VERSION
from negotiate_rt.journal.reading import Damage, OnDamage
from negotiate_rt.journal.store import APPLICATION, SCHEMA

WAL_MARKS = slice(18, 20)
COUNTERS = slice(24, 28), slice(92, 96)
WRITER = slice(96, 100)
CHUNK = 1 << 16
LOG_HEADER, FRAME_HEADER = 32, 24
LITTLE = 0x377F0682  # a log's first word where its sums are little-endian; one more: big-endian
WHOLE = 0xFFFFFFFF


def check_layout(path: Path, sqlite_version: str, on_damage: OnDamage) -> bool:
    """Tell of every byte of a SQLite journal that is not as its segments say; False where that cannot be compared.

    `sqlite_version`: of the SQLite that wrote it, as the journal says; only the same one lays out the same pages. A journal
    that is being written meanwhile is not compared. Costs some times the journal's size in memory. Raises sqlite3.Error.
    """
    before = stamp(path)
    found = bytearray(path.read_bytes())
    log = beside(path)
    lay_over(found, log.read_bytes() if log.exists() else b"", on_damage)
    if sqlite_version != sqlite3.sqlite_version or stamp(path) != before:
        return False
    check_header(found, sqlite_version, on_damage)
    expected = rebuilt(found)
    for part in (WAL_MARKS, *COUNTERS, WRITER):
        expected[part] = found[part] = bytes(len(found[part]))
    if found == expected:
        return True
    if len(found) != len(expected):
        on_damage(Damage("file", f"is {len(found)} bytes long; its segments make {len(expected)}"))
    for start in range(0, min(len(found), len(expected)), CHUNK):
        one, other = found[start : start + CHUNK], expected[start : start + CHUNK]
        if one != other:
            place = start + next((k for k, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), 0)
            on_damage(Damage(f"byte {place}", f"is {found[place]:#04x}; its segments make it {expected[place]:#04x}"))
            break
    return True


def beside(path: Path) -> Path:
    """Return where SQLite keeps the log of a database."""
    return path.with_name(f"{path.name}-wal")


def stamp(path: Path) -> tuple[tuple[int, int], ...]:
    """Return sizes and times of a journal's files, which change when it is written."""
    return tuple((one.stat().st_size, one.stat().st_mtime_ns) for one in (path, beside(path)) if one.exists())


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


def rebuilt(image: bytearray) -> bytearray:
    """Return the file that the segments in this one make. Raises sqlite3.Error."""
    plain = bytearray(image)
    plain[WAL_MARKS] = b"\x01\x01"  # in memory there is no log
    with (
        closing(sqlite3.connect(":memory:", isolation_level=None)) as source,
        closing(sqlite3.connect(":memory:", isolation_level=None)) as copy,
    ):
        source.deserialize(bytes(plain))
        copy.execute(f"PRAGMA page_size={int.from_bytes(image[16:18], 'big') or 4096}")
        copy.execute(f"PRAGMA application_id={APPLICATION}")
        copy.execute(f"PRAGMA user_version={VERSION}")
        copy.execute(SCHEMA)
        copy.execute("BEGIN")
        rows = source.execute("SELECT number, count, hash, body FROM segments ORDER BY number")
        copy.executemany("INSERT INTO segments VALUES (?, ?, ?, ?)", rows)
        copy.execute("COMMIT")
        return bytearray(copy.serialize())


# -- the log --------------------------------------------------------------------------------------------------------------


def lay_over(image: bytearray, log: bytes, on_damage: OnDamage) -> None:
    """Lay the committed pages of a log over a database. What a kill left half-written at its end is nothing."""
    if len(log) < LOG_HEADER:
        return
    magic, _, page, _, salt_one, salt_two, sum_one, sum_two = struct.unpack(">8I", log[:LOG_HEADER])
    order = "<" if magic == LITTLE else ">"
    if magic not in (LITTLE, LITTLE + 1) or sums(log[:24], (0, 0), order) != (sum_one, sum_two):
        on_damage(Damage("log, byte 0", "its header is not as SQLite wrote it"))
        return
    running, pending, place = (sum_one, sum_two), dict[int, bytes](), LOG_HEADER
    size = FRAME_HEADER + page
    while place + size <= len(log):
        number, pages, one, two, *told = struct.unpack(">6I", log[place : place + FRAME_HEADER])
        body = log[place + FRAME_HEADER : place + size]
        running = sums(body, sums(log[place : place + 8], running, order), order)
        if (one, two) != (salt_one, salt_two) or running != tuple(told):
            if later(log, place + size, size, (salt_one, salt_two)):
                on_damage(Damage(f"log, byte {place}", "a frame's sum does not fit, and others follow: they are lost"))
            return
        pending[number] = body
        if pages:  # a commit
            for at, content in pending.items():
                image[(at - 1) * page : at * page] = content
            del image[pages * page :]
            pending = {}
        place += size


def sums(data: bytes, before: tuple[int, int], order: str) -> tuple[int, int]:
    """Return SQLite's running sums over some bytes."""
    one, two = before
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for k in range(0, len(words), 2):
        one = (one + words[k] + two) & WHOLE
        two = (two + words[k + 1] + one) & WHOLE
    return one, two


def later(log: bytes, place: int, size: int, salts: tuple[int, int]) -> bool:
    """Whether frames of this log, and not of one before it, follow."""
    return any(struct.unpack(">2I", log[at + 8 : at + 16]) == salts for at in range(place, len(log) - size + 1, size))
