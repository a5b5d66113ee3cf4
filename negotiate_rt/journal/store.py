"""Where segments go: a SQLite database in WAL mode, or a file of JSON lines, each segment closed by a line with its hash.

A store belongs to one writer at a time, which SQLite itself (a write transaction that is always open) or a lock on the file
sees to; readers may look on. Every method may raise OSError or sqlite3.Error; `open_store` turns these into JournalError.
"""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path
from typing import Protocol

import msgspec

from negotiate_rt.errors import JournalError
from negotiate_rt.journal.chain import MAGIC, VERSION, chained, origin

FORMS = ("sqlite", "jsonl")
APPLICATION = 0x6E727431  # "nrt1", SQLite's mark of whose file it is
PATIENCE = 5.0  # seconds to wait for a file that a dying writer still holds
SQLITE_MARK = b"SQLite format 3\x00"
SCHEMA = (
    "CREATE TABLE segments (number INTEGER PRIMARY KEY, count INTEGER NOT NULL, hash BLOB NOT NULL, body BLOB NOT NULL)"
)


class Store(Protocol):
    """One open journal file. `number`: how many segments it holds; `head`: the hash of the last."""

    number: int
    head: bytes

    def append(self, body: bytes, count: int) -> None:
        """Write one segment and commit it."""

    def close(self) -> None:
        """Leave the file complete and let it go."""


class SqliteStore:
    """Segments as rows of one table. `durable`: each commit survives a power failure, and not only a kill."""

    def __init__(self, path: Path, durable: bool) -> None:
        self.connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
        try:
            self._open(durable)
        except BaseException:
            self.connection.close()
            raise

    def _open(self, durable: bool) -> None:
        run = self.connection.execute
        run("PRAGMA journal_mode=WAL")
        run(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
        run("BEGIN IMMEDIATE")
        if not run("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            run(f"PRAGMA application_id={APPLICATION}")
            run(f"PRAGMA user_version={VERSION}")
            run(SCHEMA)
            run("COMMIT")
            run("BEGIN IMMEDIATE")
        check_version(run("PRAGMA application_id").fetchone()[0], run("PRAGMA user_version").fetchone()[0])
        last = run("SELECT number, hash FROM segments ORDER BY number DESC LIMIT 1").fetchone()
        self.number: int = last[0] if last else 0
        self.head: bytes = last[1] if last else origin("sqlite")

    def append(self, body: bytes, count: int) -> None:
        """Write one segment and commit it; go on holding the file."""
        run = self.connection.execute
        number = self.number + 1
        head = chained(self.head, number, count, body)
        run("INSERT INTO segments VALUES (?, ?, ?, ?)", (number, count, head, body))
        run("COMMIT")
        run("BEGIN IMMEDIATE")
        self.number, self.head = number, head

    def close(self) -> None:
        """Move everything from the log into the database, and let it go."""
        try:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
        finally:
            self.connection.close()


class LinesStore:
    """Segments as lines, closed by a seal: `{"segment":1,"count":12,"hash":"..."}`. What a crash left unsealed is cut off."""

    def __init__(self, path: Path, durable: bool) -> None:
        self.durable = durable
        self.file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            self._lock()
            self.number, self.head = self._resume(path)
        except BaseException:
            os.close(self.file)
            raise

    def _lock(self) -> None:
        import fcntl  # late: where there is none (Windows), only SQLite journals can be kept

        until = time.monotonic() + PATIENCE
        while True:
            try:
                fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() > until:
                    raise BlockingIOError(0, "database is locked") from None
                time.sleep(0.01)  # noqa: TID251  # before anything runs: the writer before us is about to end

    def _resume(self, path: Path) -> tuple[int, bytes]:
        if not os.fstat(self.file).st_size:
            self._write(header())
            return 0, origin("jsonl")
        from negotiate_rt.journal.reading import last_seal  # late: only a journal that goes on is read

        number, head, sealed = last_seal(path)
        os.ftruncate(self.file, sealed)
        os.lseek(self.file, 0, os.SEEK_END)
        return number, head

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self.file, view) :]

    def append(self, body: bytes, count: int) -> None:
        """Write one segment with its seal; `durable`: to the disk itself."""
        number = self.number + 1
        head = chained(self.head, number, count, body)
        start = os.lseek(self.file, 0, os.SEEK_CUR)
        try:
            self._write(body + seal(number, count, head))
        except OSError:
            os.ftruncate(self.file, start)  # half a segment is none
            raise
        if self.durable:
            os.fsync(self.file)
        self.number, self.head = number, head

    def close(self) -> None:
        """Let the file go."""
        os.close(self.file)


def header() -> bytes:
    """Return the first line of a file of lines."""
    return msgspec.json.encode({"journal": MAGIC, "version": VERSION}) + b"\n"


def seal(number: int, count: int, head: bytes) -> bytes:
    """Return the line that closes a segment."""
    return msgspec.json.encode({"segment": number, "count": count, "hash": head.hex()}) + b"\n"


def check_version(application: int, version: int) -> None:
    """Raise JournalError unless a database is a journal of ours, of this version."""
    if application != APPLICATION:
        raise JournalError("is a SQLite database, but no journal of negotiate_rt")
    if version != VERSION:
        raise JournalError(
            f"is a journal of version {version}; this negotiate_rt reads and writes version {VERSION}: "
            "use the negotiate_rt that wrote it, or name another file"
        )


def form_of(path: Path) -> str:
    """Return how a journal is kept: as its first bytes say, or, where there is none yet, its suffix (.jsonl: lines)."""
    try:
        with path.open("rb") as file:
            start = file.read(16)
    except FileNotFoundError:
        start = b""
    if start:
        return "sqlite" if start == SQLITE_MARK else "jsonl"
    return "jsonl" if path.suffix in (".jsonl", ".ndjson", ".json") else "sqlite"


def open_store(path: Path, durable: bool) -> Store:
    """Return the store at a path, made if it is not there. Raises JournalError, which names the path and the cause."""
    try:
        kind: type[SqliteStore] | type[LinesStore] = SqliteStore if form_of(path) == "sqlite" else LinesStore
        return kind(path, durable)
    except JournalError as error:
        raise JournalError(f"journal {path}: {error}") from None
    except (OSError, sqlite3.Error) as error:
        raise JournalError(f"journal {path}: {told(error, path)}") from None


def told(error: BaseException, path: Path) -> str:
    """Return in words why a journal cannot be written."""
    text = getattr(error, "strerror", None) or str(error)
    if "locked" in text:
        return "is being written by another society or process; name another file, or wait until it has ended"
    if "unable to open" in text and not path.parent.is_dir():
        return f"cannot be written: there is no folder {path.parent}"
    if "not a database" in text:
        return "is no journal: SQLite says it is damaged or not a database"
    return f"cannot be written: {text}"
