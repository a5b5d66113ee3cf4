"""Reading a journal: segment by segment, the chain checked on the way, and each flaw told with its place."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from negotiate_rt.errors import JournalError
from negotiate_rt.journal.chain import MAGIC, VERSION, chained, origin
from negotiate_rt.journal.rows import FIELDS, KINDS, Row
from negotiate_rt.journal.store import check_version, form_of, header, seal

SEAL = b'{"segment":'
TAIL = 1 << 16  # bytes at the end of a file of lines, among which its last row is looked for
CODES = {name: code for code, name in enumerate(KINDS)}


class Damage(msgspec.Struct, frozen=True):
    """What is wrong with a journal's bytes, and where: a segment, lines, or a place in the file."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


class Segment(msgspec.Struct, frozen=True):
    """Rows that were written together. `where` is how to find them in the file, `hash` what the chain holds of them."""

    number: int
    rows: list[Row]
    where: str
    hash: str


OnDamage = Callable[[Damage], None]


def raising(path: Path) -> OnDamage:
    """Return what to do about damage where nobody wants to go on."""

    def refuse(damage: Damage) -> None:
        raise JournalError(
            f"journal {path}: {damage.where}: {damage.what}; `negotiate-rt replay` tells all that is wrong"
        )

    return refuse


def segments(path: str | Path, on_damage: OnDamage | None = None) -> Iterator[Segment]:
    """Yield a journal's segments in order, each checked against the chain.

    `on_damage` hears of every flaw, and reading goes on where that makes sense; without it the first flaw is a
    JournalError. Raises JournalError where the path is no journal, or one of another version. Cost: O(bytes).
    """
    path = Path(path)
    if not path.is_file():
        raise JournalError(f"journal {path}: there is no such file")
    read = read_database if form_of(path) == "sqlite" else read_lines
    try:
        yield from read(path, on_damage or raising(path))
    except (OSError, sqlite3.Error) as error:
        raise JournalError(f"journal {path}: cannot be read: {error}") from None


# -- SQLite ---------------------------------------------------------------------------------------------------------------


def connected(path: Path) -> sqlite3.Connection:
    """Return a connection that only reads, checked to be a journal of this version."""
    log = path.with_name(f"{path.name}-wal")
    how = "mode=ro" if log.exists() and log.stat().st_size else "immutable=1"  # the latter leaves no files beside it
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?{how}", uri=True, timeout=5.0, isolation_level=None)
    try:
        pragma = connection.execute
        check_version(pragma("PRAGMA application_id").fetchone()[0], pragma("PRAGMA user_version").fetchone()[0])
    except BaseException as error:
        connection.close()
        if isinstance(error, JournalError):
            raise JournalError(f"journal {path}: {error}") from None
        raise
    return connection


def read_database(path: Path, on_damage: OnDamage) -> Iterator[Segment]:
    """Yield the segments of a SQLite journal."""
    connection = connected(path)
    number, head = 0, origin("sqlite")
    try:
        for found, count, digest, body in stepping(connection, on_damage):
            where = f"segment {found}"
            if found != number + 1:
                on_damage(Damage(where, f"expected segment {number + 1}: some were taken out"))
            whole = isinstance(body, bytes) and isinstance(count, int) and isinstance(digest, bytes)
            if not whole or chained(head, found, count, body) != digest:
                on_damage(Damage(where, "its hash does not fit: it, or what stands before it, was changed"))
            number, head = found, digest if isinstance(digest, bytes) else b""
            rows = unpacked(body if isinstance(body, bytes) else b"", count, where, on_damage)
            if rows is not None:
                yield Segment(found, rows, where, head.hex())
    finally:
        connection.close()


def stepping(connection: sqlite3.Connection, on_damage: OnDamage) -> Iterator[tuple[Any, Any, Any, Any]]:
    """Yield the table's rows; damage to the database itself ends them."""
    number = 0
    try:
        for row in connection.execute("SELECT number, count, hash, body FROM segments ORDER BY number"):
            yield row
            number = row[0]
    except sqlite3.Error as error:
        on_damage(Damage(f"after segment {number}", f"the database cannot be read on: {error}"))


def unpacked(body: bytes, count: int, where: str, on_damage: OnDamage) -> list[Row] | None:
    """Return the rows of a body."""
    try:
        rows = msgspec.msgpack.decode(body, type=list[tuple[Any, ...]])
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        on_damage(Damage(where, f"its rows cannot be read: {error}"))
        return None
    if len(rows) != count:
        on_damage(Damage(where, f"holds {len(rows)} rows, and says {count}"))
    return [row for row in rows if sound(row, where, on_damage)]


def sound(row: Row, where: str, on_damage: OnDamage) -> bool:
    """Whether a row has a known kind and as many values as this kind."""
    kind = row[0] if row else None
    if isinstance(kind, int) and 0 <= kind < len(KINDS) and len(row) <= 2 + len(FIELDS[kind]):
        return True
    on_damage(Damage(where, f"holds a row of unknown kind or shape: {str(row)[:80]}"))
    return False


# -- lines ----------------------------------------------------------------------------------------------------------------


def read_lines(path: Path, on_damage: OnDamage) -> Iterator[Segment]:
    """Yield the segments of a journal of lines."""
    with path.open("rb") as file:
        check_header(path, next(file, b""), on_damage)
        number, head, body, first, place = 0, origin("jsonl"), [], 2, 1
        for place, line in enumerate(file, 2):
            if not line.startswith(SEAL):
                body.append(line)
                continue
            where = f"segment {number + 1}, lines {first} to {place}"
            whole = b"".join(body)
            expected = chained(head, number + 1, len(body), whole)
            if line != seal(number + 1, len(body), expected):
                on_damage(Damage(where, "its hash does not fit: it, or what stands before it, was changed"))
            number, head = number + 1, hash_in(line, expected)
            yield Segment(number, rows_of(body, first, on_damage), where, head.hex())
            body, first = [], place + 1
        if body:
            on_damage(
                Damage(
                    f"lines {first} to {place}", "no seal closes them: the writer was killed, or the end was cut off"
                )
            )


def check_header(path: Path, line: bytes, on_damage: OnDamage) -> None:
    """Raise JournalError unless a file begins as a journal of this version does."""
    if line == header():
        return
    try:
        told = msgspec.json.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        told = None
    if not isinstance(told, dict) or "journal" not in told:
        if b"journal" in line:
            on_damage(Damage("line 1", f"expected {header().decode().strip()}, got {line[:80]!r}"))
            return
        raise JournalError(f"journal {path}: is no journal of negotiate_rt: it begins with {line[:40]!r}")
    version = told.get("version")
    if told["journal"] == MAGIC and isinstance(version, int) and version != VERSION:
        raise JournalError(
            f"journal {path}: is a journal of version {version}; this negotiate_rt reads and writes version {VERSION}: "
            "use the negotiate_rt that wrote it, or name another file"
        )
    on_damage(Damage("line 1", f"expected {header().decode().strip()}, got {line[:80]!r}"))


def hash_in(line: bytes, expected: bytes) -> bytes:
    """Return the hash that a seal tells, so that one flaw is not told of each segment after it."""
    try:
        return bytes.fromhex(msgspec.json.decode(line)["hash"])
    except Exception:  # noqa: BLE001  # a damaged line: whatever is wrong with it has been told
        return expected


def rows_of(lines: list[bytes], first: int, on_damage: OnDamage) -> list[Row]:
    """Return the rows that lines stand for."""
    rows = []
    for place, line in enumerate(lines, first):
        try:
            told = msgspec.json.decode(line)
            code = CODES[told["kind"]]
            rows.append((code, told["at"], *(told.get(name) for name in FIELDS[code])))
        except (msgspec.MsgspecError, UnicodeDecodeError, KeyError, TypeError) as error:
            on_damage(Damage(f"line {place}", f"is no row: {error}"))
    return rows


def last_seal(path: Path) -> tuple[int, bytes, int]:
    """Return number and hash of a file's last seal, and where in the file it ends. Raises JournalError for no journal."""
    with path.open("rb") as file:
        line = next(file, b"")
        check_header(path, line, raising(path))
        offset = sealed = len(line)
        number, head = 0, origin("jsonl")
        for line in file:
            offset += len(line)
            if line.startswith(SEAL) and line.endswith(b"\n"):
                told = msgspec.json.decode(line)
                number, head, sealed = told["segment"], bytes.fromhex(told["hash"]), offset
    return number, head, sealed


def last_row(path: Path) -> Row | None:
    """Return the very last row of a journal, None if that cannot be told at a glance. Cost: O(1)."""
    try:
        if form_of(path) == "sqlite":
            with closing(connected(path)) as connection:
                found = connection.execute("SELECT body FROM segments ORDER BY number DESC LIMIT 1").fetchone()
            rows: list[Row] = msgspec.msgpack.decode(found[0], type=list[tuple[Any, ...]]) if found else []
        else:
            with path.open("rb") as file:
                file.seek(max(0, path.stat().st_size - TAIL))
                lines = file.read().splitlines()
            sealed = len(lines) > 1 and lines[-1].startswith(SEAL)
            rows = rows_of(lines[-2:-1], 0, raising(path)) if sealed else []
    except (OSError, sqlite3.Error, msgspec.MsgspecError, JournalError):
        return None
    return rows[-1] if rows else None
